import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { call } from '../call.js';
import type { Caller } from '../deployment/clients.js';
import { metrics } from '../naming.js';

/** A value of one of our own metrics. */
export interface Measured {
  readonly name: string;
  readonly value: number;
  /** Beside `Site`. */
  readonly dimensions?: Readonly<Record<string, string>>;
}

/** Publishes values of this minute under `Understudy`, all in one call. */
export async function publish(cloudWatch: Caller, siteName: string, measured: readonly Measured[]): Promise<void> {
  const MetricData = measured.map(({ name, value, dimensions = {} }) => ({
    MetricName: name,
    Value: value,
    Dimensions: Object.entries({ Site: siteName, ...dimensions }).map(([Name, Value]) => ({ Name, Value })),
  }));
  const command = new PutMetricDataCommand({ Namespace: metrics.namespace, MetricData });
  await call(cloudWatch, 'cloudwatch:PutMetricData', command);
}
