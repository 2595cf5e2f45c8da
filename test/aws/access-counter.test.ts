import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { AccessCounter } from '../../src/aws/agent/access-counter.js';

const line = (status: number) =>
  `${JSON.stringify({ time: 1, status, cache: '', agent: 'curl', upstreamSeconds: '' })}\n`;

it('counts each request once while the log is put aside, and what was there before not at all', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-access-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = join(folder, 'access.log');
  writeFileSync(log, line(200));
  const counter = new AccessCounter(log);
  await counter.read();
  appendFileSync(log, line(200));
  await counter.read();
  renameSync(log, `${log}.1`);
  // The server has not been told yet.
  appendFileSync(`${log}.1`, line(502));
  await counter.read();
  writeFileSync(log, line(200) + line(200));
  await counter.read();
  await counter.read();
  expect(counter).toMatchObject({ requests: 4, failed: 1 });
});
