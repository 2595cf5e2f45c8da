import { expect, test } from 'vitest';
import { silent } from '../../../src/output/messages.js';
import { toPosition } from '../../../src/platform/position.js';
import { releaseStore } from '../../../src/release/release-store.js';
import { makeDev, write } from './fixture.js';

const work = { report: silent, signal: new AbortController().signal };

test('releases are staged, compared, verified and removed; the one in prod is kept', async () => {
  const { documentRoot, archive, rules } = makeDev();
  const store = releaseStore(archive, documentRoot, rules);
  write(documentRoot, { 'wp-includes/version.php': "$wp_version = '6.7';", 'a.php': '1' });
  const first = await store.stage(work);
  write(documentRoot, { 'wp-includes/version.php': "$wp_version = '6.8';", 'b.php': '2' });
  const second = await store.stage(work);

  expect(await store.compare(first.number, second.number)).toEqual({
    added: [{ path: 'b.php', from: 0, to: 1 }],
    changed: [{ path: 'wp-includes/version.php', from: 20, to: 20 }],
    deleted: [],
    groups: [
      { id: 'core', from: '6.7', to: '6.8', added: 0, changed: 1, deleted: 0, bytes: 20 },
      { id: 'other', from: undefined, to: undefined, added: 1, changed: 0, deleted: 0, bytes: 1 },
    ],
  });
  expect((await store.compare(undefined, 2)).added).toHaveLength(3);
  await expect(store.compare(1, 3)).rejects.toMatchObject({ code: 'release-missing' });
  await store.verify(2);

  const edition = { id: 4, release: 2, position: toPosition('0-1-42'), replicas: ['replica-1'] };
  expect(await store.currentEdition()).toBeUndefined();
  await store.setCurrentEdition(edition);
  expect(await store.currentEdition()).toEqual(edition);
  await expect(store.remove(2)).rejects.toMatchObject({ code: 'release-in-use', kind: 'refused' });
  await store.remove(1);
  expect((await store.list()).map(({ number }) => number)).toEqual([2]);
  await store.setCurrentEdition(undefined);
  await store.setCurrentEdition(undefined);
  expect(await store.currentEdition()).toBeUndefined();
});
