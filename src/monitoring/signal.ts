/** The parts of the platform, in the order in which a request flows through them. */
export const parts = ['balancer', 'web', 'database', 'gate', 'edition', 'files', 'platform'] as const;
export type Part = (typeof parts)[number];

/** `state`: 1 while it is so, else 0. */
export type Unit = 'state' | 'percent' | 'seconds' | 'days' | 'bytes' | 'count' | 'per second';

/** Why a target does not have this. Stands in the documentation. */
export interface Absent {
  readonly none: string;
}

export const isAbsent = (source: object): source is Absent => 'none' in source;

/** Prometheus's way to the value. */
export interface PrometheusSource {
  /** One series for each thing that is measured. No comparison with a threshold: that is the alarm's. */
  readonly expr: string;
  /** The label that names the thing; absent where there is only one. */
  readonly label?: string;
}

/**
 * What a dimension of CloudWatch stands for. One that has several members, such as `replica`, gives one metric, and one
 * alarm, for each.
 */
export type CloudWatchResource =
  | 'site'
  | 'loadBalancer'
  | 'targetGroup'
  | 'prodTargetGroup'
  | 'devTargetGroup'
  | 'autoScalingGroup'
  | 'database'
  | 'primary'
  | 'replica'
  | 'fileSystem'
  | 'certificate';

/** What AWS itself publishes, and `Understudy`: what our own programs publish there (`customMetrics`). */
export type CloudWatchNamespace =
  | 'AWS/ApplicationELB'
  | 'AWS/AutoScaling'
  | 'AWS/CertificateManager'
  | 'AWS/EC2'
  | 'AWS/EFS'
  | 'AWS/RDS'
  | 'Understudy';

export interface CloudWatchMetric {
  readonly namespace: CloudWatchNamespace;
  readonly name: string;
  readonly statistic: 'Average' | 'Maximum' | 'Minimum' | 'Sum' | 'SampleCount' | 'p99';
  readonly dimensions: Readonly<Record<string, CloudWatchResource>>;
}

/**
 * One metric, or an expression of metric math over several, named by the keys of `metrics`. `{allocatedBytes}` and
 * `{maxConnections}` in an expression stand for what the stack knows of the database server, `{minInstances}` for what
 * the definition asks for.
 */
export type CloudWatchSource =
  | { readonly metric: CloudWatchMetric }
  | { readonly math: string; readonly metrics: Readonly<Record<string, CloudWatchMetric>> };

/** Something that is measured: what it is, and how each target tells it. */
export interface Signal {
  /** In words, for documentation, dashboard and messages: "answers of the 5xx class in prod". */
  readonly measures: string;
  readonly part: Part;
  readonly unit: Unit;
  readonly prometheus: PrometheusSource | Absent;
  readonly cloudwatch: CloudWatchSource | Absent;
}
