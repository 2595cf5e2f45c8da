import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Edition } from '../../../src/platform/edition.js';
import { toPosition } from '../../../src/platform/position.js';
import type { Release, ReleaseStore } from '../../../src/platform/releases.js';
import { keepPlan, planHash, prunePlans, readPlan } from '../../../src/promotion/plan-store.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'plans-'));
});
afterEach(() => rm(dir, { recursive: true }));

const staged = { release: 4, releaseHash: 'abc', position: toPosition('0-1-42'), source: null };
const edition: Edition = { id: 7, release: 3, position: toPosition('0-1-30'), replicas: ['replica-1', 'replica-2'] };
const holding = (...releases: Partial<Release>[]) => ({ list: async () => releases }) as unknown as ReleaseStore;
const all = holding({ number: 4, hash: 'abc' });

it('a plan is found again by its hash, as it was made', async () => {
  await keepPlan(dir, { staged: staged, previous: edition, changes: null, pinned: false });
  expect(await readPlan(dir, planHash(staged, edition), edition, all)).toEqual(staged);
});

it('the hash changes with code, with content, and with what is replaced', () => {
  const hashes = [
    planHash(staged, edition),
    planHash({ ...staged, releaseHash: 'abd' }, edition),
    planHash({ ...staged, position: toPosition('0-1-43') }, edition),
    planHash(staged, { ...edition, id: 8 }),
    planHash(staged, null),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
});

it.each(['0123456789abcdef', '../../etc/passwd', ''])('a hash that names no plan is refused: %j', async (hash) => {
  await expect(readPlan(dir, hash, edition, all)).rejects.toMatchObject({ code: 'plan-unknown', kind: 'refused' });
});

it('a plan is refused once prod serves another edition, naming both', async () => {
  await keepPlan(dir, { staged: staged, previous: edition, changes: null, pinned: false });
  await expect(readPlan(dir, planHash(staged, edition), { ...edition, id: 8 }, all)).rejects.toMatchObject({
    code: 'plan-outdated',
    message: expect.stringMatching(/edition 7.*edition 8/),
  });
});

it.each([
  ['is gone', holding()],
  ['is another one now', holding({ number: 4, hash: 'other' })],
])('a plan is refused when its release %s', async (_, releases) => {
  await keepPlan(dir, { staged: staged, previous: edition, changes: null, pinned: false });
  await expect(readPlan(dir, planHash(staged, edition), edition, releases)).rejects.toMatchObject({
    code: 'plan-pruned',
  });
});

it('plans for an edition that prod no longer serves are removed, others stay', async () => {
  await keepPlan(dir, { staged: staged, previous: edition, changes: null, pinned: false });
  await keepPlan(dir, { staged: staged, previous: null, changes: null, pinned: false });
  await prunePlans(dir, edition);
  expect(await readPlan(dir, planHash(staged, edition), edition, all)).toEqual(staged);
  await expect(readPlan(dir, planHash(staged, null), null, all)).rejects.toMatchObject({ code: 'plan-unknown' });
});

it('where there are no plans, there is nothing to remove', async () => {
  await prunePlans(join(dir, 'none'), edition);
});
