import type { Alarm } from './alarms.js';
import {
  type CloudWatchInventory,
  type CloudWatchMetricData,
  cloudWatchAlarms,
  compositeName,
  renderSignal,
} from './cloudwatch.js';
import { requests } from './definitions/web.js';
import { type Part, parts, type Signal } from './signal.js';

/** A graph of the dashboard, as plain data: the metric, and the line from which on its alarm is raised. */
export interface DashboardGraph {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly {
    readonly label: string;
    readonly metrics: Readonly<Record<string, CloudWatchMetricData>>;
    readonly expression: string | undefined;
  }[];
  readonly alarmAt: number | undefined;
}

export interface DashboardColumn {
  readonly part: Part;
  readonly title: string;
  readonly graphs: readonly DashboardGraph[];
}

export interface Dashboard {
  /** Alarms whose state stands at the top: the one on visitors first. */
  readonly states: readonly string[];
  /** From left to right as a request flows: balancer, web, database, gate, edition, files, platform. */
  readonly columns: readonly DashboardColumn[];
}

const titles: Readonly<Record<Part, string>> = {
  balancer: '1 Balancer',
  web: '2 Instances',
  database: '3 Databases',
  gate: '4 Gates',
  edition: '5 Edition',
  files: '6 Files',
  platform: '7 Supervision',
};

/** The dashboard of a site, from the same definitions as its alarms: a graph for each signal. */
export function dashboardOf(alarms: readonly Alarm[], inventory: CloudWatchInventory): Dashboard {
  const signals = [...new Set([requests('prod'), requests('dev'), ...alarms.map(({ signal }) => signal)])];
  const columns = parts.map((part) => ({
    part,
    title: titles[part],
    graphs: signals.filter((signal) => signal.part === part).flatMap((signal) => graphOf(signal, alarms, inventory)),
  }));
  const names = cloudWatchAlarms(alarms, inventory, '').map(({ name }) => name);
  return { states: [compositeName, ...names], columns: columns.filter(({ graphs }) => graphs.length > 0) };
}

function graphOf(signal: Signal, alarms: readonly Alarm[], inventory: CloudWatchInventory): readonly DashboardGraph[] {
  const lines = renderSignal(signal, inventory).map(({ what, metrics, expression }) => ({
    label: what || signal.measures,
    metrics,
    expression,
  }));
  if (lines.length === 0) return [];
  // Several alarms may judge one signal: the line is that of the first to be raised.
  const alarmAt = alarms.find((alarm) => alarm.signal === signal)?.threshold;
  return [{ title: signal.measures, unit: signal.unit, lines, alarmAt }];
}
