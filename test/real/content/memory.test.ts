import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../../src/process/run.js';
import { password, startTwo, type TwoServers } from './two-servers.js';

let it: TwoServers;
beforeAll(async () => {
  it = await startTwo(5);
});
afterAll(() => it.remove());

test('large values, long keys and many changes are compared in less than 300 MB', async () => {
  const key = "CONCAT(REPEAT('k', 400), seq)";
  await it.run(
    'both',
    'CREATE TABLE blobs (id INT PRIMARY KEY, v LONGBLOB, w LONGTEXT)',
    "INSERT INTO blobs SELECT seq, REPEAT('b', 4000000), REPEAT('w', 4000) FROM seq_1_to_30",
    'CREATE TABLE long_keys (k VARCHAR(500) COLLATE utf8mb4_bin PRIMARY KEY, v INT)',
    `INSERT INTO long_keys SELECT ${key}, seq FROM seq_1_to_25000`,
    'CREATE TABLE many (id INT PRIMARY KEY, v INT)',
    'INSERT INTO many SELECT seq, seq FROM seq_1_to_60000',
    'CREATE TABLE unkeyed (v INT)',
    'INSERT INTO unkeyed SELECT seq FROM seq_1_to_55000',
  );
  await it.run(
    'after',
    "UPDATE blobs SET v = CONCAT(v, 'x'), w = CONCAT(w, REPEAT('x', 1000))",
    'UPDATE long_keys SET v = -v',
    'UPDATE many SET v = -v',
    'UPDATE unkeyed SET v = -v',
  );
  const child = join(import.meta.dirname, 'compare-child.ts');
  const { stdout } = await run(
    process.execPath,
    ['--max-old-space-size=96', '--import', 'jiti/register', child, '127.13.5.1', '127.13.5.2'],
    { env: { CONTENT_PASSWORD: password.reveal() } },
  );
  const { told, rssMb, tables } = JSON.parse(stdout);
  expect(tables).toMatchObject([
    { name: 'blobs', method: 'by-key', updated: 30, told: 30 },
    { name: 'long_keys', method: 'by-key', updated: 25_000, told: 10_000 },
    { name: 'many', method: 'by-key', updated: 60_000, told: 10_000 },
    { name: 'unkeyed', method: 'by-content', inserted: 55_000, deleted: 55_000, told: 10_000 },
  ]);
  expect(told).toBe(30_030);
  expect(rssMb).toBeLessThan(300);
});
