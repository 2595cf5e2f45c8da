import { chmodSync, chownSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { verifyRelease } from '../../../src/release/verify.js';
import { expectSameContent, makeDev, unpack, write } from './fixture.js';

/** Root may read everything, so what follows is done as the account that owns nothing else. */
const nobody = 65_534;

/** A document root and an archive that belong to an account for which modes count. Acts as that account from here on. */
function devOfSomebody() {
  const dev = makeDev();
  if (process.getuid?.() === 0) {
    for (const folder of [dirname(dev.documentRoot), dev.documentRoot]) chownSync(folder, nobody, nobody);
    process.setegid?.(nobody);
    process.seteuid?.(nobody);
    onTestFinished(() => {
      process.seteuid?.(0);
      process.setegid?.(0);
    });
  }
  return dev;
}

const files = { 'index.php': '1', 'lib/a.php': 'a', 'lib/b.php': 'b', 'keys/private': 'secret' };

test('files and folders that cannot be read are refused, all at once, and nothing is left behind', async () => {
  const { documentRoot, state, archive, stage } = devOfSomebody();
  write(documentRoot, files);
  chmodSync(join(documentRoot, 'lib/a.php'), 0o000);
  chmodSync(join(documentRoot, 'index.php'), 0o200);

  const error = await stage().catch((thrown) => thrown);

  expect(error).toMatchObject({ code: 'not-releasable', kind: 'refused' });
  expect(error.message).toContain('2 paths in dev cannot be copied:');
  expect(error.message).toContain('  index.php cannot be read');
  expect(error.message).toContain('  lib/a.php cannot be read');
  expect(error.remedy).toContain('promotion.excludes');
  expect(await archive.list()).toEqual([]);
  expect(readdirSync(join(state, 'staging'))).not.toContain('spool');

  chmodSync(join(documentRoot, 'lib/a.php'), 0o644);
  chmodSync(join(documentRoot, 'index.php'), 0o644);
  chmodSync(join(documentRoot, 'keys'), 0o000);
  onTestFinished(() => chmodSync(join(documentRoot, 'keys'), 0o755));
  await expect(stage()).rejects.toMatchObject({ message: expect.stringContaining('  keys cannot be read') });
});

test('a file that becomes unreadable loses neither the releases that there are nor the next one', async () => {
  const { documentRoot, state, archive, stage } = devOfSomebody();
  write(documentRoot, files);
  const first = await stage();
  write(documentRoot, { 'lib/b.php': 'changed' });
  chmodSync(join(documentRoot, 'lib/a.php'), 0o000);

  await expect(stage()).rejects.toMatchObject({
    code: 'not-releasable',
    message: expect.stringContaining('  lib/a.php cannot be read'),
  });
  expect((await archive.list()).map(({ number }) => number)).toEqual([first.release.number]);
  await verifyRelease(archive, first.release.number);

  chmodSync(join(documentRoot, 'lib/a.php'), 0o644);
  const { manifest } = await stage();
  expectSameContent(documentRoot, await unpack(state, manifest));
});

test('files that become unreadable while they are being read are named too', async () => {
  const { documentRoot, archive, stage } = devOfSomebody();
  const names = Array.from({ length: 600 }, (_, index) => `lib/${index}.php`);
  write(documentRoot, Object.fromEntries(names.map((name) => [name, name])));
  let doneThen = 0;
  const error = await stage({
    report: (message) => {
      if (message.kind !== 'progress' || doneThen > 0) return;
      doneThen = message.done;
      for (const name of names) chmodSync(join(documentRoot, name), 0o000);
    },
  }).catch((thrown) => thrown);
  expect(doneThen).toBeGreaterThan(0);
  expect(error).toMatchObject({
    code: 'not-releasable',
    message: expect.stringMatching(/lib\/\d+\.php cannot be read/),
  });
  expect(await archive.list()).toEqual([]);
});
