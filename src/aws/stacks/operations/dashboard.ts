import { Stack } from 'aws-cdk-lib';
import { CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { alarmsOf } from '../../../monitoring/alarms.js';
import type { CloudWatchInventory, CloudWatchMetricData } from '../../../monitoring/cloudwatch.js';
import { type DashboardGraph, dashboardOf } from '../../../monitoring/cloudwatch-dashboard.js';
import type { Site } from '../../../site/schema.js';
import { dashboardName } from '../../naming.js';

export interface SiteDashboardProps {
  readonly site: Site;
  readonly inventory: CloudWatchInventory;
  readonly alarmArns: Readonly<Record<string, string>>;
}

/** A dashboard is 24 wide; three graphs stand side by side. */
const across = 3;
const graphSize = { width: 8, height: 6 };

/** One page: what is wrong at the top, then a band for each part, in the order in which a request flows. */
export class SiteDashboard extends Construct {
  constructor(scope: Construct, id: string, { site, inventory, alarmArns }: SiteDashboardProps) {
    super(scope, id);
    const { region } = Stack.of(this);
    const { states, columns } = dashboardOf(alarmsOf(site.alarms), inventory);
    const widgets: object[] = [
      {
        ...{ type: 'alarm', x: 0, y: 0, width: 24, height: 6 },
        properties: { title: `${site.name}: what is wrong`, alarms: states.flatMap((name) => alarmArns[name] ?? []) },
      },
    ];
    let y = 6;
    for (const { title, graphs } of columns) {
      widgets.push({ type: 'text', x: 0, y, width: 24, height: 1, properties: { markdown: `## ${title}` } });
      graphs.forEach((graph, index) => {
        widgets.push({
          type: 'metric',
          x: (index % across) * graphSize.width,
          y: y + 1 + Math.floor(index / across) * graphSize.height,
          ...graphSize,
          properties: graphProperties(graph, region),
        });
      });
      y += 1 + Math.ceil(graphs.length / across) * graphSize.height;
    }
    new CfnDashboard(this, 'Dashboard', {
      dashboardName: dashboardName(site.name),
      dashboardBody: Stack.of(this).toJsonString({ periodOverride: 'auto', widgets }),
    });
  }
}

function graphProperties({ title, unit, lines, alarmAt }: DashboardGraph, region: string): object {
  const metrics = lines.flatMap(({ label, metrics: parts, expression }, index) => {
    // Ids are unique in a graph, and each line brings its own.
    const rename = (text: string) => text.replaceAll(/\bm\d+\b/g, (name) => `${name}l${index}`);
    const shown = expression === undefined;
    const rows: unknown[] = Object.entries(parts).map(([name, metric]) => [
      ...metricPath(metric),
      { id: rename(name), stat: metric.statistic, visible: shown, label },
    ]);
    return shown ? rows : [...rows, [{ id: `e${index}`, expression: rename(expression), label }]];
  });
  return {
    title,
    region,
    period: 60,
    metrics,
    yAxis: { left: { label: unit, showUnits: false } },
    ...(alarmAt === undefined ? {} : { annotations: { horizontal: [{ label: 'alarm', value: alarmAt }] } }),
  };
}

const metricPath = ({ namespace, name, dimensions }: CloudWatchMetricData): string[] => [
  namespace,
  name,
  ...Object.entries(dimensions).flat(),
];
