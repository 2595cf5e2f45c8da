import { expect, it } from 'vitest';
import { locatePrograms } from '../../../src/local/machine/find-programs.js';
import { hostsOf } from '../../../src/local/network/hosts.js';
import { editionFile } from '../../../src/local/web/edition-file.js';
import { toPosition } from '../../../src/platform/position.js';
import { run } from '../../../src/process/run.js';

const hosts = hostsOf(12, { zones: ['a', 'b'] });

async function asPhpReadsIt(text: string): Promise<unknown> {
  const reader = 'echo json_encode(eval("?>" . stream_get_contents(STDIN)));';
  return JSON.parse((await run(locatePrograms().php, ['-r', reader], { input: text })).stdout);
}

it('an edition that all replicas stand at is asked of the weighted endpoint first', async () => {
  const edition = { id: 3, release: 2, position: toPosition('0-1-77'), replicas: ['replica-1', 'replica-2'] };
  expect(await asPhpReadsIt(editionFile(edition, hosts))).toEqual({
    id: 3,
    release: 2,
    position: '0-1-77',
    replicas: [
      { id: 'replica-1', host: '127.12.1.21:3306' },
      { id: 'replica-2', host: '127.12.2.22:3306' },
    ],
    endpoint: '127.12.0.20:3306',
  });
});

it('during the bake only the replica that is at the position is named', async () => {
  const edition = { id: 3, release: 2, position: toPosition('0-1-77'), replicas: ['replica-2'] };
  expect(await asPhpReadsIt(editionFile(edition, hosts))).toMatchObject({
    replicas: [{ id: 'replica-2', host: '127.12.2.22:3306' }],
    endpoint: null,
  });
});

it('an edition that follows dev says so', async () => {
  const following = { since: '2026-01-01T00:00:00.000Z', gates: 'open' } as const;
  const edition = { id: 3, release: 2, position: toPosition('0-1-77'), replicas: ['replica-2'], following };
  expect(await asPhpReadsIt(editionFile(edition, hosts))).toMatchObject({ id: 3, following: true });
  // The release agent looks for exactly this.
  expect(editionFile(edition, hosts)).toContain("'following' => true");
});

it('an edition of a site without a database names nobody', async () => {
  const edition = { id: 1, release: 1, position: undefined, replicas: [] };
  expect(await asPhpReadsIt(editionFile(edition, hosts))).toEqual({
    id: 1,
    release: 1,
    position: '',
    replicas: [],
    endpoint: null,
  });
});

it('a replica that the site does not have is a defect', () => {
  const edition = { id: 1, release: 1, position: undefined, replicas: ['replica-9'] };
  expect(() => editionFile(edition, hosts)).toThrow(RangeError);
});
