import { describe, expect, test } from 'vitest';
import { silent } from '../../../src/output/messages.js';
import type { Edition } from '../../../src/platform/edition.js';
import type { GatedDatabase, Platform } from '../../../src/platform/platform.js';
import { toPosition } from '../../../src/platform/position.js';
import { rebuildIntoEdition } from '../../../src/replication/rebuild-into-edition.js';

const position = toPosition('0-1-5');
const later = toPosition('0-1-9');
const edition: Edition = { id: 3, release: 2, position, replicas: ['replica-1', 'replica-2'] };
const work = { report: silent, signal: new AbortController().signal };

/** A platform whose replica-2 stands at `after` once it is made anew. */
function platformWith(rebuildsFrom: GatedDatabase['rebuildsFrom'], after: typeof position) {
  const written: Edition[] = [];
  const weights: Record<string, number> = { 'replica-1': 100, 'replica-2': 100 };
  let stands = toPosition('0-1-7');
  const closed = (at: typeof position) => ({ gate: 'closed', position: at, errant: undefined, error: undefined });
  const database = {
    rebuildsFrom,
    databases: { topology: async () => ({ replicas: ['replica-1', 'replica-2'] }) },
    gate: { status: async (id: string) => closed(id === 'replica-1' ? position : stands) },
    routing: { setWeight: async (id: string, weight: number) => Object.assign(weights, { [id]: weight }) },
    rebuild: async () => {
      stands = after;
    },
  };
  const platform = {
    database,
    releases: {
      currentEdition: async () => edition,
      setCurrentEdition: async (one: Edition) => void written.push(one),
    },
    fleet: { instances: async () => [] },
  } as unknown as Platform;
  return { platform, written, weights };
}

describe('a replica that is rebuilt', () => {
  test('as a copy of the other one answers for prod again', async () => {
    const { platform, written, weights } = platformWith('replica', position);
    expect(await rebuildIntoEdition(platform, 'replica-2', work)).toEqual({ position, inUse: true });
    expect(written.map(({ replicas }) => replicas)).toEqual([['replica-1'], ['replica-1', 'replica-2']]);
    expect(weights['replica-2']).toBe(100);
  });

  test('from the primary stands later than prod, and is left out until the next promotion', async () => {
    const { platform, written, weights } = platformWith('primary', later);
    expect(await rebuildIntoEdition(platform, 'replica-2', work)).toEqual({ position: later, inUse: false });
    expect(written.map(({ replicas }) => replicas)).toEqual([['replica-1']]);
    expect(weights['replica-2']).toBe(0);
  });
});
