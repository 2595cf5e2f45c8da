import { expect, it } from 'vitest';
import { refuseTooManyFailures } from '../../../src/promotion/steps/bake.js';
import { TrafficMeter } from '../../../src/promotion/traffic-meter.js';

const meterOf = (...readings: (readonly [requests: number, failed: number])[]) =>
  new TrafficMeter({
    counters: async () => {
      const [requests = 0, failed = 0] = readings.shift() ?? [];
      return { requests, failed };
    },
  });

it('counts from its first reading on', async () => {
  const meter = meterOf([100, 5], [130, 6], [150, 6]);
  expect(await meter.read()).toEqual({ requests: 0, failed: 0 });
  await meter.read();
  expect(await meter.read()).toEqual({ requests: 50, failed: 1 });
});

it('a balancer that was restarted costs what it counted since the last reading, and does not count backwards', async () => {
  const meter = meterOf([100, 5], [130, 6], [10, 0], [30, 2]);
  for (let reading = 0; reading < 3; reading++) await meter.read();
  expect(await meter.read()).toEqual({ requests: 50, failed: 3 });
});

it.each([
  [1000, 2, false],
  [100, 3, true],
  [3, 3, true],
  [300, 3, false],
  [301, 4, true],
])('%i requests of which %i failed: taken back is %s', (requests, failed, takenBack) => {
  const look = () => refuseTooManyFailures(requests, failed);
  if (takenBack) expect(look).toThrow(expect.objectContaining({ code: 'too-many-failures' }));
  else expect(look).not.toThrow();
});
