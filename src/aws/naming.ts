import type { EnvironmentName } from '../site/schema.js';

/**
 * Every name that two parts of the program have to agree on: the stacks that make a thing, the instance that uses it,
 * and the commands that look for it. Names of resources that nobody looks up are left to CloudFormation.
 */

export const stackParts = ['network', 'image', 'data', 'edge', 'dev', 'prod', 'operations'] as const;
/** `image` builds the machine image and is deployed by `aws image` alone; `dev` and `prod` are the web stacks. */
export type StackPart = (typeof stackParts)[number];

export function stackName(siteName: string, part: StackPart): string {
  return `understudy-${siteName}-${part}`;
}

/** What a stack loses when it goes. The data stack is never removed without being asked for by name. */
export const statefulPart: StackPart = 'data';

/**
 * The accounts of the database, as locally, without `replication`: RDS replicates with an account of its own.
 * `administrator` is RDS's master user, which makes the others and is used for nothing else.
 */
export const databaseAccounts = ['administrator', 'dev', 'prod', 'operator', 'monitor'] as const;
export type DatabaseAccount = (typeof databaseAccounts)[number];

/** What the data stack calls the ARN of the release bucket for other stacks. */
export function releaseBucketExport(siteName: string): string {
  return `${stackName(siteName, 'data')}-release-bucket-arn`;
}

/** In Secrets Manager: `{ "username", "password" }`. */
export function databaseSecretName(siteName: string, account: DatabaseAccount): string {
  return `understudy/${siteName}/database/${account}`;
}

/** In Secrets Manager: `{ "seed" }`, which WordPress's eight salts are made from, the same in dev and prod. */
export function saltsSecretName(siteName: string): string {
  return `understudy/${siteName}/salts`;
}

/** In Secrets Manager: `{ "constants", "options" }` of the definition, which may hold keys and are in no template. */
export function settingsSecretName(siteName: string, environment: EnvironmentName): string {
  return `understudy/${siteName}/${environment}/settings`;
}

/** In Secrets Manager: `{ "password" }` of WordPress's first administrator. */
export function siteAdminSecretName(siteName: string): string {
  return `understudy/${siteName}/site-administrator`;
}

export const primaryId = 'primary';
export const replicaIds = ['replica-1', 'replica-2'] as const;
export type ReplicaId = (typeof replicaIds)[number];

/** The private zone, in which the servers keep their names when they are replaced. */
export function privateZoneName(siteName: string): string {
  return `${siteName}.understudy.internal`;
}

/** The name that weighted records spread over the replicas. */
export const replicasName = 'replicas';

export function serverName(siteName: string, server: typeof primaryId | ReplicaId | typeof replicasName): string {
  return `${server}.${privateZoneName(siteName)}`;
}

/** CloudWatch metrics of our own. */
export const metrics = {
  namespace: 'Understudy',
  /** 1 for each minute in which a replica answered a SELECT; dimensions Site and Replica. Feeds the health checks. */
  replicaAnswers: 'ReplicaAnswers',
} as const;

/**
 * Keys in the release bucket. `releases/`: packs and manifests; `editions/`: which is current, and which have been;
 * `orders/`: what the operations host wants of instances; `reports/`: what each instance says. Prod's instances may read
 * releases and the current edition; all instances may read their orders and write their reports.
 */
export const releaseKeys = {
  releases: 'releases/',
  editions: 'editions/',
  orders: 'orders/',
  reports: 'reports/',
} as const;

/** Keys in the release bucket that the operations host and the operator's command share. */
export const operationKeys = {
  /** The definition as it was last deployed, without what may be a secret. */
  definition: 'operations/definition.json',
  /** The SHA-256 of the program that the operations host runs: the name of its object below `programs`. */
  program: 'operations/program',
  programs: 'operations/programs/',
  /** Who is changing prod now. */
  lease: 'operations/lease.json',
  /** What was asked for, how it went, and certificates, below the id of each. */
  promotions: 'promotions/',
  jobs: 'jobs/',
} as const;

/** Keys below which the operations host and commands tell each other things. */
export const sharedKeys = ['operations/', operationKeys.promotions, operationKeys.jobs] as const;

/** Outputs of the data stack. */
export const dataOutputs = { releaseBucket: 'ReleaseBucket', logBucket: 'LogBucket' } as const;

/** The document of Systems Manager that lets an operator ask the operations host for one of a few things. */
export function operateDocumentName(siteName: string): string {
  return `understudy-${siteName}-operate`;
}

/** On every resource that can have tags: whose it is, and what an instance is for. */
export const tags = {
  site: 'understudy:site',
  role: 'understudy:role',
  environment: 'understudy:environment',
} as const;

/** Accounts of the image, by number, because the file systems know numbers only. */
export const imageAccounts = {
  dev: { name: 'understudy-dev', id: 2001 },
  prod: { name: 'understudy-prod', id: 2002 },
  operations: { name: 'understudy-operations', id: 2003 },
} as const;

export const ports = { web: 8080, preview: 8081, database: 3306, files: 2049, ssh: 22, http: 80, https: 443 } as const;

/** CloudWatch's names are unique in an account and region. */
export function alarmName(siteName: string, name: string): string {
  return `understudy-${siteName}-${name}`;
}

export function dashboardName(siteName: string): string {
  return `understudy-${siteName}`;
}
