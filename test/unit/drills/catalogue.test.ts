import { describe, expect, it } from 'vitest';
import { drills } from '../../../src/drills/catalogue/index.js';
import type { Drill } from '../../../src/drills/drill.js';
import { requireAllowed, requireFit } from '../../../src/drills/fit.js';
import { limits } from '../../../src/drills/limits.js';
import { choose, seeded } from '../../../src/drills/random.js';
import type { Ground } from '../../../src/drills/stage.js';
import { resolveSite } from '../../../src/site/resolve.js';

const noDatabase = {
  site: resolveSite({ name: 'x', app: { kind: 'php', directory: '/site' } }, '/'),
  platform: { database: undefined },
} as Ground;
const named = (name: Drill['name']) => drills.filter((drill) => drill.name === name);

describe('the drills', () => {
  it('each have limits, and every limit has its drill', () => {
    expect(drills.map(({ name }) => name).sort()).toEqual(Object.keys(limits).sort());
  });

  it('that need a database are refused where there is none, and left out of --all', async () => {
    await expect(requireFit(named('replica-kill'), noDatabase, false)).rejects.toThrow(/no database/);
    expect((await requireFit(drills, noDatabase, true)).fit.map(({ name }) => name)).not.toContain('replica-kill');
  });
});

describe('who may be drilled', () => {
  const site = (allowed: boolean) => resolveSite({ name: 'x', drills: { allowed } }, '/');

  it('a site on this machine, always', () => {
    expect(() => requireAllowed('local', site(false))).not.toThrow();
  });

  it('a site in AWS only when its definition says so', () => {
    expect(() => requireAllowed('aws', site(false))).toThrow(/does not allow drills/);
    expect(() => requireAllowed('aws', site(true))).not.toThrow();
  });
});

it('the same seed makes the same choices, another seed others', () => {
  const choices = (seed: number) => {
    const random = seeded(seed);
    return Array.from({ length: 20 }, () => choose(random, ['a', 'b', 'c', 'd']));
  };
  expect(choices(7)).toEqual(choices(7));
  expect(choices(7)).not.toEqual(choices(8));
  expect(new Set(choices(7)).size).toBeGreaterThan(2);
});
