import type { AlarmId } from '../site/alarm-settings.js';
import { type Alarm, about, type Work } from './alarms.js';
import {
  type CloudWatchMetric,
  type CloudWatchResource,
  type CloudWatchSource,
  isAbsent,
  type Signal,
} from './signal.js';

/** One thing that a dimension stands for. */
export interface CloudWatchMember {
  /** How people call it: `replica-1`, `prod`. */
  readonly name: string;
  /** The dimension's value; may be a token of the CDK. */
  readonly value: string;
  /** What expressions need to know of it, by the name in braces: `maxConnections`, `allocatedBytes`, `minInstances`. */
  readonly facts?: Readonly<Record<string, number>>;
}

/** What the stacks have, by resource. A resource without members gives no alarms: a site without a database has none. */
export type CloudWatchInventory = Readonly<Record<CloudWatchResource, readonly CloudWatchMember[]>>;

export interface CloudWatchMetricData {
  readonly namespace: string;
  readonly name: string;
  readonly statistic: CloudWatchMetric['statistic'];
  readonly dimensions: Readonly<Record<string, string>>;
}

/** An alarm of CloudWatch, as plain data. */
export interface CloudWatchAlarm {
  /** Unique in the site, and the same at every synthesis: `gate-leak-replica-1`. */
  readonly name: string;
  readonly alarm: AlarmId;
  /** What, where, what visitors see, what to do: this is the text of the message. */
  readonly description: string;
  readonly severity: Alarm['severity'];
  readonly visitorsAffected: boolean;
  readonly silenceDuring: readonly Work[];
  /** One metric named `m1`, or several with the expression that is judged. */
  readonly metrics: Readonly<Record<string, CloudWatchMetricData>>;
  readonly expression: string | undefined;
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly comparison: 'GreaterThanThreshold' | 'LessThanThreshold';
  readonly threshold: number;
  readonly treatMissingData: 'breaching' | 'notBreaching' | 'ignore';
}

const treat = { breaching: 'breaching', fine: 'notBreaching', unchanged: 'ignore' } as const;

/** Every alarm that AWS can raise, one for each thing that it is about. */
export function cloudWatchAlarms(
  alarms: readonly Alarm[],
  inventory: CloudWatchInventory,
  site: string,
): readonly CloudWatchAlarm[] {
  return alarms.flatMap((alarm) =>
    renderSignal(alarm.signal, inventory).map((rendered) => renderAlarm(alarm, rendered, site)),
  );
}

/** The name of the alarm that says that visitors are affected, whatever the cause. */
export const compositeName = 'visitors-are-affected';

/** Raised while any alarm is that means harm to visitors. The names are those of `cloudWatchAlarms`. */
export function compositeAlarm(alarms: readonly CloudWatchAlarm[], site: string) {
  return {
    name: compositeName,
    description: `Visitors of ${site} are affected. The alarms that this one is made of say how, and what to do.`,
    anyOf: alarms.filter(({ visitorsAffected }) => visitorsAffected).map(({ name }) => name),
  };
}

/** Metrics that no service of AWS has: our own programs there publish them once a minute, under `Understudy`. */
export function customMetrics(alarms: readonly Alarm[]): readonly (CloudWatchMetric & { readonly measures: string })[] {
  const found = alarms.flatMap(({ signal: { cloudwatch, measures } }) =>
    isAbsent(cloudwatch) ? [] : Object.values(metricsOf(cloudwatch)).map((metric) => ({ ...metric, measures })),
  );
  const own = found.filter(({ namespace }) => namespace === 'Understudy');
  return [...new Map(own.map((metric) => [metric.name, metric])).values()];
}

const metricsOf = (source: CloudWatchSource) => ('metric' in source ? { m1: source.metric } : source.metrics);

/** A signal as CloudWatch has it, for one of the things that it is measured on. */
export interface RenderedSignal {
  /** The member's name where there are several, or the only thing that it is about; empty for the site as a whole. */
  readonly what: string;
  /** Whether it is one of several. */
  readonly isOneOfMany: boolean;
  readonly metrics: Readonly<Record<string, CloudWatchMetricData>>;
  readonly expression: string | undefined;
}

/** A signal for each thing that it is measured on; empty where the target or the site does not have it. */
export function renderSignal({ cloudwatch }: Signal, inventory: CloudWatchInventory): readonly RenderedSignal[] {
  if (isAbsent(cloudwatch)) return [];
  const metrics = Object.entries(metricsOf(cloudwatch));
  const resources = [...new Set(metrics.flatMap(([, { dimensions }]) => Object.values(dimensions)))];
  return bindings(resources, inventory).map(({ members, what, isOneOfMany }) => ({
    what,
    isOneOfMany,
    metrics: Object.fromEntries(metrics.map(([key, metric]) => [key, bind(metric, members)])),
    expression: 'math' in cloudwatch ? withFacts(cloudwatch.math, members) : undefined,
  }));
}

type Members = Readonly<Partial<Record<CloudWatchResource, CloudWatchMember>>>;

/** At most one resource of a signal has several members; the others are those of the site as a whole. */
function bindings(resources: readonly CloudWatchResource[], inventory: CloudWatchInventory) {
  if (resources.some((resource) => inventory[resource].length === 0)) return [];
  const many = resources.find((resource) => inventory[resource].length > 1);
  const single: Members = Object.fromEntries(resources.map((resource) => [resource, inventory[resource][0]]));
  if (many === undefined) {
    const only = resources.find((resource) => resource !== 'site' && resource !== 'loadBalancer');
    return [{ members: single, what: (only && single[only]?.name) ?? '', isOneOfMany: false }];
  }
  return inventory[many].map((member) => ({
    members: { ...single, [many]: member },
    what: member.name,
    isOneOfMany: true,
  }));
}

function renderAlarm(alarm: Alarm, rendered: RenderedSignal, site: string): CloudWatchAlarm {
  const { what, isOneOfMany, metrics, expression } = rendered;
  const { periodSeconds, evaluationPeriods } = periodsFor(alarm.forSeconds);
  return {
    name: isOneOfMany ? `${alarm.id}-${what}` : alarm.id,
    alarm: alarm.id,
    description: descriptionOf(alarm, what || alarm.where, site),
    severity: alarm.severity,
    visitorsAffected: alarm.visitorsAffected,
    silenceDuring: alarm.silenceDuring,
    metrics,
    expression,
    periodSeconds,
    evaluationPeriods,
    datapointsToAlarm: evaluationPeriods,
    comparison: alarm.raisedWhen === 'above' ? 'GreaterThanThreshold' : 'LessThanThreshold',
    threshold: alarm.threshold,
    treatMissingData: treat[alarm.missingData],
  };
}

function descriptionOf(alarm: Alarm, what: string, site: string): string {
  return [
    `${about(alarm.title, what)} (${site}).`,
    `Visitors see: ${alarm.visitorsSee}`,
    `What to do: ${alarm.toDo}`,
    `docs/what-if.md#${alarm.runbook}`,
  ].join('\n');
}

function bind({ namespace, name, statistic, dimensions }: CloudWatchMetric, members: Members): CloudWatchMetricData {
  const values = Object.entries(dimensions).map(([dimension, resource]) => {
    const member = members[resource];
    if (!member) throw new RangeError(`Nothing stands for ${resource} in the dimension ${dimension} of ${name}.`);
    return [dimension, member.value] as const;
  });
  return { namespace, name, statistic, dimensions: Object.fromEntries(values) };
}

/** Puts the numbers in place of the names in braces. */
function withFacts(expression: string, members: Members): string {
  const facts: Record<string, number> = Object.assign({}, ...Object.values(members).map(({ facts: own }) => own));
  return expression.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = facts[name];
    if (value === undefined) throw new RangeError(`The inventory lacks ${name}, which ${expression} needs.`);
    return String(value);
  });
}

/** Metrics have a grain of a minute; an alarm looks at a day at most, and at no more points than a person would. */
const periods = [60, 300, 900, 3_600, 21_600] as const;
const mostPoints = 24;

function periodsFor(forSeconds: number): { periodSeconds: number; evaluationPeriods: number } {
  const periodSeconds = periods.find((period) => forSeconds / period <= mostPoints) ?? 21_600;
  return { periodSeconds, evaluationPeriods: Math.max(1, Math.ceil(forSeconds / periodSeconds)) };
}
