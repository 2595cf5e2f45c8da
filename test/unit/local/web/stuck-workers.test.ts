import { describe, expect, it } from 'vitest';
import { StuckWorkers, type WorkerCounts } from '../../../../src/local/web/stuck-workers.js';

const all = 8;
/** Looks once a second. @returns in which second each instance was to be replaced */
async function replaced(seconds: number, at: (second: number) => Readonly<Record<string, WorkerCounts | undefined>>) {
  let second = 0;
  const watch = new StuckWorkers(async (id) => at(second)[id]);
  const found: [string, number][] = [];
  for (; second <= seconds; second++) {
    const sessions = Object.fromEntries(Object.entries(at(second)).map(([id, said]) => [id, said?.busy ?? 0]));
    for (const id of await watch.look(sessions, second * 1_000)) found.push([id, second]);
  }
  return found;
}
const stuck: WorkerCounts = { busy: all, begun: 70 };
const idle: WorkerCounts = { busy: 0, begun: 5 };

describe('PHP workers', () => {
  it('that are all busy with the same requests for four seconds are stuck', async () => {
    expect(await replaced(8, () => ({ a: stuck, b: idle }))).toEqual([['a', 4]]);
  });

  it('that are all busy and finish one request in three seconds are only slow', async () => {
    const slow = (second: number) => ({ busy: all, begun: Math.floor(second / 3) });
    expect(await replaced(60, (second) => ({ a: slow(second), b: idle }))).toEqual([]);
  });

  it('of which one is free are not stuck', async () => {
    expect(await replaced(20, () => ({ a: { busy: all - 1, begun: 70 }, b: idle }))).toEqual([]);
  });

  it('of all instances at once are left alone: what they wait for is not theirs', async () => {
    expect(await replaced(30, () => ({ a: stuck, b: stuck }))).toEqual([]);
  });

  it('that get stuck again and again are replaced ever more seldom', async () => {
    const again = (second: number) => ({ a: { busy: all, begun: second < 5 ? 1 : second < 14 ? 2 : 3 }, b: idle });
    expect(await replaced(45, again)).toEqual([
      ['a', 4],
      ['a', 13],
      ['a', 30],
    ]);
  });

  it('of an instance that does not say, or of which nobody wants anything, are left alone', async () => {
    expect(await replaced(20, () => ({ a: undefined, b: idle }))).toEqual([]);
    const watch = new StuckWorkers(async () => stuck);
    for (let second = 0; second < 20; second++) expect(await watch.look({ a: 0, b: 0 }, second * 1_000)).toEqual([]);
  });
});
