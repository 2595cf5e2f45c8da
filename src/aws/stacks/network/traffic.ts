import { ports } from '../../naming.js';

/** A kind of host that has a security group of its own. */
export const hosts = [
  'balancer',
  'dev',
  'prod',
  'operations',
  'functions',
  'primary',
  'replicas',
  'dev-files',
  'media-files',
] as const;
export type Host = (typeof hosts)[number];

export const hostDescriptions: Readonly<Record<Host, string>> = {
  balancer: 'The balancer: the only thing that the internet reaches',
  dev: 'Web instances of dev',
  prod: 'Web instances of prod',
  operations: 'The operations host',
  functions: 'Functions that keep the gates and ask the replicas',
  primary: 'The master database',
  replicas: 'The read replicas of prod',
  'dev-files': 'Dev document root',
  'media-files': 'Media of prod',
};

/** Who may open which port to whom. `internet` is everybody; only the balancer may be opened by it. */
export interface Opening {
  readonly from: Host | 'internet';
  readonly to: Host | 'internet';
  readonly port: number;
  /** Letters, digits, spaces and simple punctuation: it becomes the description of a rule. */
  readonly why: string;
}

/**
 * All of it: what does not stand here is closed. Prod's instances have no way to the master, and dev's none to the
 * replicas, so a wrong configuration cannot mix the two.
 */
export const openings: readonly Opening[] = [
  { from: 'internet', to: 'balancer', port: ports.https, why: 'visitors' },
  { from: 'internet', to: 'balancer', port: ports.http, why: 'visitors, who are sent to https' },
  { from: 'balancer', to: 'dev', port: ports.web, why: 'requests for dev' },
  { from: 'balancer', to: 'prod', port: ports.web, why: 'requests for prod' },
  { from: 'dev', to: 'primary', port: ports.database, why: 'WordPress in dev' },
  { from: 'prod', to: 'replicas', port: ports.database, why: 'WordPress in prod' },
  { from: 'dev', to: 'dev-files', port: ports.files, why: 'the document root' },
  { from: 'prod', to: 'media-files', port: ports.files, why: 'uploads' },
  { from: 'operations', to: 'primary', port: ports.database, why: 'plans and positions' },
  { from: 'operations', to: 'replicas', port: ports.database, why: 'the gates' },
  { from: 'functions', to: 'primary', port: ports.database, why: 'whether dev accepts writes' },
  { from: 'functions', to: 'replicas', port: ports.database, why: 'gates and heartbeats' },
  { from: 'operations', to: 'dev-files', port: ports.files, why: 'making releases' },
  { from: 'operations', to: 'media-files', port: ports.files, why: 'promoting media' },
  { from: 'operations', to: 'dev', port: ports.web, why: 'checks' },
  { from: 'operations', to: 'prod', port: ports.web, why: 'checks' },
  { from: 'operations', to: 'prod', port: ports.preview, why: 'warming an edition before the switch' },
  { from: 'dev', to: 'internet', port: ports.https, why: 'AWS, and plugins and updates from outside' },
  { from: 'dev', to: 'internet', port: ports.http, why: 'plugins that fetch over http' },
  { from: 'prod', to: 'internet', port: ports.https, why: 'AWS, and plugins that call services' },
  { from: 'functions', to: 'internet', port: ports.https, why: 'AWS' },
  { from: 'operations', to: 'internet', port: ports.https, why: 'AWS, and WordPress itself' },
];
