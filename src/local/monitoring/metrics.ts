import { Gauge, Registry } from 'prom-client';
import type { DatabaseState, GateState } from '../../platform/databases.js';
import type { ServerId } from '../../platform/edition.js';
import type { EnvironmentName } from '../../site/schema.js';

/** What the control plane knows and nobody else can tell, at one moment. */
export interface MetricFacts {
  /** Every server that is to run. */
  readonly servers: readonly {
    readonly name: string;
    readonly kind: string;
    readonly up: boolean;
    /** When it last died without being stopped, in ms since 1970; undefined if it has not. */
    readonly diedAt: number | undefined;
    /** Undefined while it does not run. */
    readonly cpuSeconds: number | undefined;
  }[];
  readonly instances: readonly {
    readonly id: string;
    readonly environment: EnvironmentName;
    readonly healthy: boolean;
    /** Whether it gets requests and serves another edition than the current one. */
    readonly editionLate: boolean;
    /** What PHP says of itself; undefined if it does not answer. */
    readonly php:
      | { readonly listenQueue: number; readonly activeProcesses: number; readonly opcacheFull: boolean }
      | undefined;
    /** Undefined if nginx does not answer. */
    readonly nginxConnections: number | undefined;
  }[];
  readonly instancesWanted: Readonly<Record<EnvironmentName, number>>;
  /** Undefined for a site without a database. */
  readonly database:
    | {
        readonly state: DatabaseState;
        readonly primary: ServerId;
        readonly servers: readonly { readonly id: ServerId; readonly role: string; readonly answers: boolean }[];
        readonly replicas: readonly {
          readonly id: ServerId;
          readonly gate: GateState | 'unreachable';
          readonly leaked: boolean;
          readonly behindTransactions: number | null;
        }[];
      }
    | undefined;
  /** Undefined before the first promotion. */
  readonly edition:
    | {
        readonly id: number;
        readonly replicas: number;
        /** How long prod has stood at its position; undefined while it follows dev, and without a database. */
        readonly positionAgeSeconds: number | undefined;
      }
    | undefined;
  /** What is going on. */
  readonly work: Readonly<Record<'promotion' | 'drill', boolean>>;
  readonly disk: { readonly freeBytes: number; readonly sizeBytes: number };
  /** When the certificate ends, in ms since 1970. */
  readonly certificateEndsAt: number | undefined;
  /** Undefined for a site without scheduled jobs. */
  readonly cron: { readonly startedAt: number; readonly runners: number } | undefined;
  readonly processors: number;
}

const databaseStates: readonly DatabaseState[] = ['redundant', 'solo', 'failing-over', 'down'];
const gates: readonly (GateState | 'unreachable')[] = ['closed', 'advancing', 'open', 'broken', 'unreachable'];

/** The type of the text that `renderMetrics` makes. */
export const metricsType = Registry.PROMETHEUS_CONTENT_TYPE;

/** The facts as Prometheus reads them. What is not known has no value: that is not the same as zero. */
export function renderMetrics(facts: MetricFacts): Promise<string> {
  const registry = new Registry();
  const gauge: MakeGauge = (name, help, labelNames = []) =>
    new Gauge({ name: `understudy_${name}`, help, labelNames: [...labelNames], registers: [registry] });
  servers(facts, gauge);
  instances(facts, gauge);
  if (facts.database) database(facts.database, gauge);
  editions(facts, gauge);
  machine(facts, gauge);
  return registry.metrics();
}

type MakeGauge = (name: string, help: string, labelNames?: readonly string[]) => Gauge;

function servers({ servers: all }: MetricFacts, gauge: MakeGauge): void {
  const up = gauge('server_up', 'Whether a server that is to run does', ['server', 'kind']);
  const died = gauge('server_died_timestamp_seconds', 'When a server last died that nobody stopped', ['server']);
  const cpu = gauge('server_cpu_seconds_total', 'Processor time that a server has used', ['server', 'kind']);
  for (const { name, kind, up: isUp, diedAt, cpuSeconds } of all) {
    up.set({ server: name, kind }, Number(isUp));
    if (diedAt !== undefined) died.set({ server: name }, diedAt / 1000);
    if (cpuSeconds !== undefined) cpu.set({ server: name, kind }, cpuSeconds);
  }
}

function instances({ instances: all, instancesWanted }: MetricFacts, gauge: MakeGauge): void {
  const labels = ['instance', 'environment'];
  const wanted = gauge('instances_wanted', 'Instances that the definition asks for', ['environment']);
  const healthy = gauge('instance_healthy', 'Whether an instance is well', labels);
  const late = gauge('instance_edition_late', 'Whether it serves another edition than the current one', ['instance']);
  const queue = gauge('php_listen_queue', 'Requests that wait for a PHP worker', labels);
  const connections = gauge('nginx_connections', 'Connections that nginx has open', labels);
  const active = gauge('php_active_processes', 'PHP workers that have a request', labels);
  const full = gauge('opcache_full', 'Whether OPcache takes no more code', ['instance']);
  for (const [environment, count] of Object.entries(instancesWanted)) wanted.set({ environment }, count);
  for (const { id, environment, healthy: isHealthy, editionLate, php, nginxConnections } of all) {
    healthy.set({ instance: id, environment }, Number(isHealthy));
    if (environment === 'prod') late.set({ instance: id }, Number(editionLate));
    if (nginxConnections !== undefined) connections.set({ instance: id, environment }, nginxConnections);
    if (!php) continue;
    queue.set({ instance: id, environment }, php.listenQueue);
    active.set({ instance: id, environment }, php.activeProcesses);
    full.set({ instance: id }, Number(php.opcacheFull));
  }
}

function database(facts: NonNullable<MetricFacts['database']>, gauge: MakeGauge): void {
  const state = gauge('database_state', "The state of dev's database: 1 for the one that it is in", ['state']);
  const primary = gauge('database_primary', 'Whether a server is the primary', ['server']);
  const answers = gauge('database_answers', 'Whether a database server answers', ['server', 'role']);
  const gate = gauge('replica_gate', "The state of a replica's gate: 1 for the one that it is in", ['server', 'gate']);
  const leaked = gauge('replica_leaked', "Whether a replica stands elsewhere than prod's edition", ['server']);
  const behind = gauge('replica_behind_transactions', 'Transactions of dev that it has not applied', ['server']);
  for (const one of databaseStates) state.set({ state: one }, Number(facts.state === one));
  for (const { id, role, answers: does } of facts.servers) {
    answers.set({ server: id, role }, Number(does));
    if (role !== 'replica') primary.set({ server: id }, Number(id === facts.primary));
  }
  for (const replica of facts.replicas) {
    for (const one of gates) gate.set({ server: replica.id, gate: one }, Number(replica.gate === one));
    leaked.set({ server: replica.id }, Number(replica.leaked));
    if (replica.behindTransactions !== null) behind.set({ server: replica.id }, replica.behindTransactions);
  }
}

function editions({ edition, work }: MetricFacts, gauge: MakeGauge): void {
  gauge('promoted', 'Whether anything has been promoted').set(Number(edition !== undefined));
  const inProgress = gauge('work_in_progress', 'What is going on: a promotion, a drill', ['kind']);
  for (const [kind, is] of Object.entries(work)) inProgress.set({ kind }, Number(is));
  if (!edition) return;
  gauge('edition', 'The number of the current edition').set(edition.id);
  if (edition.positionAgeSeconds === undefined) return;
  gauge('edition_replicas', 'Replicas that hold the content of the current edition').set(edition.replicas);
  gauge('position_age_seconds', 'How long prod has stood at its position').set(edition.positionAgeSeconds);
}

function machine({ disk, certificateEndsAt, cron, processors }: MetricFacts, gauge: MakeGauge): void {
  gauge('disk_free_bytes', 'Room where the state lies').set(disk.freeBytes);
  gauge('disk_size_bytes', 'Size of the disk where the state lies').set(disk.sizeBytes);
  gauge('processors', 'Processors of the machine').set(processors);
  if (certificateEndsAt !== undefined) {
    gauge('certificate_expiry_timestamp_seconds', 'When the certificate ends').set(certificateEndsAt / 1000);
  }
  if (!cron) return;
  gauge('cron_started_timestamp_seconds', "When dev's scheduled jobs were last started").set(cron.startedAt / 1000);
  gauge('cron_runners', "Processes that run dev's scheduled jobs").set(cron.runners);
}
