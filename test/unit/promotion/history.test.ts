import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { interruptedPromotion, promotionOf } from '../../../src/promotion/history.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'history-'));
});
afterEach(() => rm(dir, { recursive: true }));

const process = { pid: 7, startTime: 1, bootId: 'x' };
const [first, second] = ['20260101T000000Z-1', '20260102T000000Z-1'];

/** A step: `+x` begun, `x` done, `-x` undone; `.` the end. */
async function journal(id: string, ...entries: string[]): Promise<void> {
  const lines = entries.map((entry) => {
    if (entry === '.') return { event: 'ended', process, result: {} };
    const event = { '+': 'doing', '-': 'undone' }[entry[0] ?? ''];
    return { event: event ?? 'done', step: event ? entry.slice(1) : entry, ms: 1 };
  });
  await mkdir(join(dir, id));
  const text = [{ event: 'begun', process, mode: 'run' }, ...lines].map((one) => `${JSON.stringify(one)}\n`).join('');
  await writeFile(join(dir, id, 'journal.ndjson'), text);
}

it.each([
  ['in the middle of a step that changes prod', ['preflight', '+drain'], 'drain'],
  ['between two steps', ['preflight', 'drain', 'advance'], 'advance'],
  ['in the middle of its undo', ['drain', 'advance', '+switch', '-switch'], 'advance'],
  ['without its certificate', ['drain', 'finalise', '+certificate'], 'certificate'],
  ['before it changed anything', ['preflight', '+stage'], undefined],
  ['while it copied media, which the next one finds there', ['plan', '+media'], undefined],
  ['when all was undone but for the last word', ['plan', '+drain', '-drain'], undefined],
  ['after its end', ['drain', 'finalise', 'certificate', '.'], undefined],
])('a promotion that was cut off %s', async (_, entries, step) => {
  await journal(first, ...entries);
  expect(await interruptedPromotion(dir)).toEqual(step && { id: first, step });
});

it('plans that were made or cut off later do not hide it, however many', async () => {
  await journal(first, 'plan', '+drain');
  for (let plan = 10; plan < 40; plan++) await journal(`202601${plan}T000000Z-1`, 'preflight', '+stage');
  expect(await interruptedPromotion(dir)).toEqual({ id: first, step: 'drain' });
});

it('a promotion that came to its end later proves that the one before it was dealt with', async () => {
  await journal(first, '+certificate');
  await journal(second, 'drain', 'certificate', '.');
  expect(await interruptedPromotion(dir)).toBeUndefined();
});

it('a promotion that began when the clock had been set back is found, although its name is not the latest', async () => {
  await journal(second, 'drain', 'certificate', '.');
  await journal(first, 'drain', '+switch');
  expect(await interruptedPromotion(dir)).toEqual({ id: first, step: 'switch' });
});

it('knows which promotion a process carries out', async () => {
  await journal(first, '+drain');
  expect(await promotionOf(dir, process)).toBe(first);
  expect(await promotionOf(dir, { ...process, startTime: 2 })).toBeUndefined();
  expect(await promotionOf(join(dir, 'none'), process)).toBeUndefined();
});
