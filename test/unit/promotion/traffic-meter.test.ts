import { expect, it } from 'vitest';
import { TrafficMeter } from '../../../src/promotion/traffic-meter.js';

type Counts = readonly [requests: number, failed: number];

const trafficOf = (readings: Counts[]) => ({
  counters: async () => {
    const [requests = 0, failed = 0] = readings.shift() ?? [];
    return { requests, failed };
  },
});
const meterOf = (...readings: Counts[]) => new TrafficMeter(trafficOf(readings));

it('a run after a crash counts on, and what visitors met in between as well', async () => {
  const first = meterOf([100, 5], [130, 6]);
  for (let reading = 0; reading < 2; reading++) await first.read();
  const second = new TrafficMeter(trafficOf([[190, 9]]), JSON.parse(JSON.stringify(first.reading)));
  expect(second.sum).toMatchObject({ requests: 30, failed: 1 });
  expect(await second.read()).toMatchObject({ requests: 90, failed: 4 });
});

it('the longest gap is the time in which requests came and none was answered well', async () => {
  const readings: Counts[] = [
    [0, 0],
    [10, 1],
    [12, 3],
    [12, 3],
    [14, 5],
    [20, 6],
    [20, 6],
    [21, 7],
  ];
  let now = 0;
  const meter = new TrafficMeter(trafficOf(readings), undefined, () => (now += 1_000));
  for (let reading = 0; reading < 8; reading++) await meter.read();
  expect(meter.sum).toEqual({ requests: 21, failed: 7, longestGapMs: 3_000 });
});

it('counts from its first reading on', async () => {
  const meter = meterOf([100, 5], [130, 6], [150, 6]);
  expect(await meter.read()).toEqual({ requests: 0, failed: 0, longestGapMs: 0 });
  await meter.read();
  expect(await meter.read()).toMatchObject({ requests: 50, failed: 1 });
});

it('a balancer that was restarted costs what it counted since the last reading, and does not count backwards', async () => {
  const meter = meterOf([100, 5], [130, 6], [10, 0], [30, 2]);
  for (let reading = 0; reading < 3; reading++) await meter.read();
  expect(await meter.read()).toMatchObject({ requests: 50, failed: 3 });
});
