import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { spanOf } from '../../../src/access-log/instance-log.js';

const line = (at: number, upstreamSeconds: string, more: object = {}) =>
  JSON.stringify({ time: at / 1000, status: 200, cache: 'MISS', agent: 'curl', upstreamSeconds, ...more });

async function logOf(lines: readonly string[]): Promise<string> {
  const file = join(await mkdtemp(join(tmpdir(), 'access-')), 'access.log');
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

it('counts what visitors asked between two moments, and times what PHP answered', async () => {
  const log = await logOf([
    line(1_000, '9.000'),
    line(2_000, '0.100'),
    line(2_100, '', { cache: 'HIT' }),
    line(2_200, '0.300', { status: 502 }),
    line(2_300, '8.000', { agent: 'understudy' }),
    '{"time": cut off',
    line(3_000, '9.000'),
  ]);
  expect(await spanOf([log, '/no/such/log'], 2_000, 3_000)).toEqual({
    ...{ requests: 3, failed: 1, uncached: 2, p95Ms: 300 },
  });
});

it('goes on in the log that was put aside last, where the span began there', async () => {
  const log = await logOf([line(3_000, '0.200')]);
  await writeFile(`${log}.1`, `${[line(1_000, '0.100'), line(2_500, '0.100')].join('\n')}\n`);
  await writeFile(`${log}.2`, `${line(2_600, '0.100')}\n`);
  expect(await spanOf([log], 2_000, 4_000)).toMatchObject({ requests: 2 });
  expect(await spanOf([log], 3_000, 4_000)).toMatchObject({ requests: 1 });
});

it('finds the beginning of a span in a log of many parts, each line once', async () => {
  const log = await logOf(Array.from({ length: 20_000 }, (_, n) => line(n, '0.001', { referer: 'x'.repeat(50) })));
  expect(await spanOf([log], 5_000, 20_000)).toMatchObject({ requests: 15_000, uncached: 15_000, p95Ms: 1 });
});
