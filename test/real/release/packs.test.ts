import { chmodSync, copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type FileEntry, sha256 } from '../../../src/release/manifest.js';
import { unpackFiles, writePack } from '../../../src/release/packs.js';
import { temporaryFolder, write } from './fixture.js';

function makeFiles() {
  const folder = temporaryFolder();
  const contents = { 'a.php': 'a'.repeat(30_000), '-b/"c".php': 'c' };
  write(folder, contents);
  const files = Object.entries(contents).map(
    ([path, content]): FileEntry => ({
      type: 'f',
      path,
      mode: '644',
      size: content.length,
      hash: sha256(content),
      pack: 1,
    }),
  );
  return { folder, files, work: temporaryFolder() };
}

test('a pack that is written is known by its own hash and by what is in it', async () => {
  const { folder, files, work } = makeFiles();
  const file = join(work, 'pack');
  const pack = await writePack(file, 7, { folder, files: () => files });
  expect(pack).toEqual({
    number: 7,
    sha256: sha256(readFileSync(file)),
    size: readFileSync(file).length,
    files: 2,
    contentBytes: 30_001,
  });
});

test('a pack is refused that is damaged between writing and reading back', async () => {
  const { folder, files, work } = makeFiles();
  const original = process.env.PATH;
  // A tar that, once it has written, does what a failing disk does.
  const damages = {
    other: 'printf x | dd of="$pack" bs=1 seek=30 conv=notrunc status=none',
    cut: 'truncate -s 60 "$pack"',
    another: 'cp "$0.other" "$pack"',
  };
  const other = await writePack(join(work, 'other'), 1, { folder, files: () => files.slice(1) }).then(() =>
    join(work, 'other'),
  );
  for (const damage of Object.values(damages)) {
    const bin = temporaryFolder();
    copyFileSync(other, join(bin, 'tar.other'));
    const script = `#!/bin/sh\nPATH=${original}\nfor a; do case $a in --file=*) pack=\${a#--file=};; --create) new=1;; esac; done
tar "$@"; status=$?; if [ "$new" ]; then ${damage}; fi; exit $status\n`;
    writeFileSync(join(bin, 'tar'), script);
    chmodSync(join(bin, 'tar'), 0o755);
    process.env.PATH = `${bin}:${original}`;
    try {
      const error = await writePack(join(work, 'pack'), 1, { folder, files: () => files }).catch((thrown) => thrown);
      expect([damage, error.code]).toEqual([damage, 'pack-damaged']);
    } finally {
      process.env.PATH = original;
    }
  }
});

test('what is taken out of a pack is checked against the manifest', async () => {
  const { folder, files, work } = makeFiles();
  const file = join(work, 'pack');
  await writePack(file, 1, { folder, files: () => files });
  const target = temporaryFolder();
  const take = (wanted: readonly FileEntry[]) =>
    unpackFiles(file, wanted, { folder: target, aside: join(work, 'aside') });

  await take(files);
  expect(readFileSync(join(target, '-b/"c".php'), 'utf8')).toBe('c');
  const [first] = files as [FileEntry];
  await expect(take([{ ...first, hash: sha256('other') }])).rejects.toMatchObject({
    code: 'release-damaged',
    message: expect.stringContaining('a.php'),
  });
  await expect(take([{ ...first, path: 'missing' }])).rejects.toMatchObject({
    code: 'release-damaged',
    message: expect.stringContaining('missing'),
  });
  truncateSync(file, 100);
  await expect(take(files)).rejects.toMatchObject({ code: 'release-damaged' });
});
