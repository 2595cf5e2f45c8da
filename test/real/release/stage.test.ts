import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { sha256 } from '../../../src/release/manifest.js';
import { verifyRelease } from '../../../src/release/verify.js';
import { expectSameContent, listing, makeDev, packNames, pathsOf, storedManifest, unpack, write } from './fixture.js';

test('a release is the document root at one moment, with modes normalised', async () => {
  const { documentRoot, state, archive, stage } = makeDev();
  write(documentRoot, { 'index.php': '<?php', 'wp-includes/deep/er/x.js': 'x', 'bin/tool': '#!/bin/sh', empty: '' });
  mkdirSync(join(documentRoot, 'wp-content/plugins/none'), { recursive: true });
  chmodSync(join(documentRoot, 'index.php'), 0o606);
  chmodSync(join(documentRoot, 'bin/tool'), 0o4711);

  const { release, made } = await stage();

  const text = await archive.manifest(1);
  expect(made).toBe(true);
  expect(release).toMatchObject({ number: 1, files: 4, bytes: 15, hash: sha256(text) });
  expect(text.split('\n')).toEqual([
    'understudy-manifest 1',
    'd\t755\t0\t-\t-\tbin',
    `f\t755\t9\t${sha256('#!/bin/sh')}\t1\tbin/tool`,
    `f\t644\t0\t${sha256('')}\t1\tempty`,
    `f\t644\t5\t${sha256('<?php')}\t1\tindex.php`,
    'd\t755\t0\t-\t-\twp-content',
    'd\t755\t0\t-\t-\twp-content/plugins',
    'd\t755\t0\t-\t-\twp-content/plugins/none',
    'd\t755\t0\t-\t-\twp-includes',
    'd\t755\t0\t-\t-\twp-includes/deep',
    'd\t755\t0\t-\t-\twp-includes/deep/er',
    `f\t644\t1\t${sha256('x')}\t1\twp-includes/deep/er/x.js`,
    '',
  ]);
  const owners = execFileSync('tar', ['--numeric-owner', '-tvf', join(state, 'packs/1.tar.zst')]).toString();
  expect(owners).toMatch(/^-rwxr-xr-x 0\/0 .* bin\/tool$/m);
  expect(owners).toMatch(/^-rw-r--r-- 0\/0 .* index\.php$/m);
});

test("what belongs to dev alone stays there: configuration, media, caches, version control, and the definition's excludes", async () => {
  const { documentRoot, stage } = makeDev(['node_modules/', '*.map', '!keep.map']);
  const stays = {
    'wp-config.php': '',
    '.git/HEAD': '',
    'wp-content/uploads/2024/a.jpg': '',
    'wp-content/cache/page.html': '',
    'wp-content/upgrade/x.zip': '',
    'wp-content/debug.log': '',
    'wp-content/mu-plugins/understudy.php': '',
    'wp-content/object-cache.php': '',
    'wp-content/themes/t/.svn/entries': '',
    'wp-content/themes/t/.style.css.swp': '',
    'wp-content/themes/t/node_modules/m/index.js': '',
    'wp-content/themes/t/app.js.map': '',
    error_log: '',
  };
  const goes = {
    '.htaccess': '',
    'index.php': '',
    'wp-content/mu-plugins/own.php': '',
    'wp-content/themes/t/keep.map': '',
    'wp-content/themes/t/Node_Modules/x': '',
    'wp-content/themes/t/wp-config.php': '',
    'wp-content/plugins/p/uploads/x.txt': '',
  };
  write(documentRoot, { ...stays, ...goes });

  const { manifest } = await stage();

  expect(pathsOf(manifest)).toEqual(Object.keys(goes).sort());
});

test('nothing changed: the newest release is taken, and no number is used up', async () => {
  const { documentRoot, archive, stage } = makeDev();
  write(documentRoot, { 'index.php': '1', 'a.php': '2' });
  await stage();
  utimesSync(join(documentRoot, 'a.php'), 1, 1);

  const again = await stage();
  expect(again).toMatchObject({ made: false, release: { number: 1 } });

  write(documentRoot, { 'index.php': 'changed' });
  expect(await stage()).toMatchObject({ made: true, release: { number: 2 } });
  expect(await archive.list()).toHaveLength(2);
});

test('after one edit, one deletion and one rename, a pack holds only what is new', async () => {
  const { documentRoot, state, archive, stage } = makeDev();
  write(documentRoot, { 'index.php': '1', 'a.php': 'aa', 'b.php': 'bb', 'c.php': 'cc' });
  await stage();
  write(documentRoot, { 'index.php': '2', 'b2.php': 'bb' });
  rmSync(join(documentRoot, 'b.php'));

  const { release, manifest } = await stage();

  expect(release.packs.map(({ number, files }) => [number, files])).toEqual([
    [1, 4],
    [2, 2],
  ]);
  expect(
    execFileSync('tar', ['-tf', join(state, 'packs/2.tar.zst')])
      .toString()
      .split('\n')
      .sort(),
  ).toEqual(['', 'b2.php', 'index.php']);
  expect(pathsOf(manifest)).toEqual(['a.php', 'b2.php', 'c.php', 'index.php']);
  expectSameContent(documentRoot, await unpack(state, manifest));
  await verifyRelease(archive, 2);
});

test('an edit that is taken back needs no new pack', async () => {
  const { documentRoot, state, stage } = makeDev();
  write(documentRoot, { 'index.php': 'old', 'a.php': 'a' });
  await stage();
  write(documentRoot, { 'index.php': 'new' });
  await stage();
  write(documentRoot, { 'index.php': 'old' });

  const { release } = await stage();

  expect(release.number).toBe(3);
  expect(release.packs.map(({ number }) => number)).toEqual([1]);
  expect(packNames(state)).toEqual(['1.tar.zst', '2.tar.zst']);
});

const asRoot = test.runIf(process.getuid?.() === 0);

asRoot('an unchanged file is not read again', async () => {
  const { documentRoot, state, stage } = makeDev();
  write(documentRoot, { 'index.php': '1', 'only-root-reads.php': 'a' });
  chmodSync(join(documentRoot, 'only-root-reads.php'), 0o600);
  await stage();
  write(documentRoot, { 'index.php': '2' });
  execFileSync('chmod', ['755', join(state, '..')]);
  execFileSync('chown', ['-R', 'nobody', state]);

  const { release } = await asNobody(stage);

  expect(release.packs.map(({ files }) => files)).toEqual([2, 1]);
});

asRoot('files and folders that cannot be read are refused, with the reason', async () => {
  const { documentRoot, state, stage } = makeDev();
  write(documentRoot, { 'index.php': '1', 'private.php': '2', 'closed/a.php': '3', 'open/b.php': '4' });
  chmodSync(join(documentRoot, 'private.php'), 0o600);
  chmodSync(join(documentRoot, 'closed'), 0o700);
  mkdirSync(state);
  execFileSync('chmod', ['755', join(state, '..')]);
  execFileSync('chown', ['-R', 'nobody', state]);

  await expect(asNobody(stage)).rejects.toMatchObject({
    code: 'not-releasable',
    kind: 'refused',
    message: expect.stringMatching(/closed cannot be read: EACCES/),
  });
  chmodSync(join(documentRoot, 'closed'), 0o755);
  await expect(asNobody(stage)).rejects.toMatchObject({
    code: 'not-releasable',
    message: expect.stringMatching(/private\.php cannot be read: EACCES/),
  });
});

async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  process.seteuid?.('nobody');
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

test('two edits of one size in the same moment are both seen, even with the time of modification put back', async () => {
  const { documentRoot, stage } = makeDev();
  const file = join(documentRoot, 'index.php');
  for (let round = 0; round < 8; round++) {
    writeFileSync(file, `${round}a`);
    const { mtime } = statSync(file);
    expect((await stage()).manifest).toMatchObject([{ path: 'index.php', hash: sha256(`${round}a`) }]);
    writeFileSync(file, `${round}b`);
    utimesSync(file, mtime, mtime);
    expect((await stage()).manifest).toMatchObject([{ hash: sha256(`${round}b`) }]);
  }
});

test('a file from the future, after a clock was put back, is read again until its time has come', async () => {
  const { documentRoot, state, stage } = makeDev();
  write(documentRoot, { 'index.php': 'a' });
  const trusted = () => readFileSync(join(state, 'staging/index'), 'utf8').includes('\tindex.php\n');
  vi.useFakeTimers({ now: Date.now() - 3_600_000, toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  await stage();
  expect(trusted()).toBe(false);
  vi.useRealTimers();
  expect((await stage()).made).toBe(false);
  expect(trusted()).toBe(true);
});

test('what a crash left half made goes with the next staging', async () => {
  const { documentRoot, state, archive, stage } = makeDev();
  write(documentRoot, { 'index.php': '1' });
  await stage();
  write(state, {
    'releases/.new-2/manifest': 'half',
    'releases/.removed-1/manifest': 'half',
    'packs/2.tar.zst': 'no release names it',
    'staging/work-dead/spool/x': '',
  });
  await stage();
  const left = execFileSync('find', [state, '-mindepth', '2', '-printf', '%P\n']).toString().trim().split('\n').sort();
  expect(left).toEqual([
    'packs/1.tar.zst',
    'releases/1',
    'releases/1/manifest',
    'releases/1/release.json',
    'staging/index',
  ]);
  await verifyRelease(archive, 1);
});

test('more than eight packs, or more dead bytes than live ones: everything is packed anew', async () => {
  const { documentRoot, state, archive, stage } = makeDev();
  const names = Array.from({ length: 12 }, (_, i) => `f${i}.php`);
  for (const name of names) write(documentRoot, { [name]: 'x'.repeat(100) });
  let staged = await stage();
  for (let edit = 1; edit <= 8; edit++) {
    write(documentRoot, { [`f${edit}.php`]: `edited ${edit}`.padEnd(60) });
    staged = await stage();
    expect(staged.release.packs).toHaveLength(edit < 8 ? edit + 1 : 1);
  }
  expect(staged.release.packs).toMatchObject([{ number: 9, files: 12 }]);

  const big = { 'big.php': 'y'.repeat(5000) };
  write(documentRoot, big);
  await stage();
  rmSync(join(documentRoot, 'big.php'));
  staged = await stage();
  expect(staged.release.packs).toMatchObject([{ number: 9 }]);
  write(documentRoot, { 'f0.php': '0'.repeat(3000) });
  await stage();
  write(documentRoot, { 'f0.php': '1' });
  staged = await stage();
  expectSameContent(documentRoot, await unpack(state, staged.manifest));
  for (const { number } of await archive.list()) await verifyRelease(archive, number);
});

test('packs that no release needs any more go with the last release that names them', async () => {
  const { documentRoot, state, archive, stage } = makeDev();
  write(documentRoot, { 'index.php': '1', 'a.php': 'a'.repeat(50) });
  await stage();
  write(documentRoot, { 'index.php': '2' });
  await stage();
  write(documentRoot, { 'index.php': '3' });
  const { manifest } = await stage();

  await archive.remove(1);
  await archive.remove(2);
  await archive.remove(2);

  expect(packNames(state)).toEqual(['1.tar.zst', '3.tar.zst']);
  expect((await archive.list()).map(({ number }) => number)).toEqual([3]);
  expectSameContent(documentRoot, await unpack(state, manifest));
});

test('numbers are not reused after the newest release was removed', async () => {
  const { documentRoot, archive, stage } = makeDev();
  write(documentRoot, { 'index.php': '1' });
  await stage();
  await archive.remove(1);
  expect((await stage()).release.number).toBe(2);
});

test('a pack that was lost or damaged is found, and the next staging replaces it', async () => {
  const { documentRoot, state, archive, stage } = makeDev();
  write(documentRoot, { 'index.php': '1'.repeat(3000), 'a.php': 'a' });
  await stage();
  const pack = join(state, 'packs/1.tar.zst');
  const bytes = readFileSync(pack);
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
  writeFileSync(pack, bytes);
  await expect(verifyRelease(archive, 1)).rejects.toMatchObject({ code: 'release-damaged', message: /pack 1/ });

  rmSync(pack);
  await expect(verifyRelease(archive, 1)).rejects.toMatchObject({ code: 'release-damaged' });
  const { release, manifest } = await stage();
  expect(release).toMatchObject({ number: 2, packs: [{ number: 2, files: 2 }] });
  expectSameContent(documentRoot, await unpack(state, manifest));
});

test('a manifest that was tampered with is found, and the next staging does not build upon it', async () => {
  const { documentRoot, state, archive, stage } = makeDev();
  write(documentRoot, { 'index.php': '1' });
  await stage();
  appendFileSync(join(state, 'releases/1/manifest'), 'd\t755\t0\t-\t-\tevil\n');
  await expect(verifyRelease(archive, 1)).rejects.toMatchObject({ code: 'release-damaged', message: /manifest/ });

  const notes: string[] = [];
  const { release } = await stage({ report: (message) => message.kind === 'note' && notes.push(message.text) });
  expect(release).toMatchObject({ number: 2, packs: [{ number: 2 }] });
  expect(notes).toEqual([expect.stringContaining('packed again')]);
  await verifyRelease(archive, 2);
});

test('versions of core, plugins and themes stand in the record, also for files that were not read again', async () => {
  const { documentRoot, stage } = makeDev();
  write(documentRoot, {
    'wp-includes/version.php': "<?php\n$wp_version = '6.8.1';\n",
    'wp-content/plugins/akismet/akismet.php': '<?php\n/*\nPlugin Name: Akismet\nVersion: 5.0.2\n*/',
    'wp-content/plugins/akismet/other.php': '<?php\n/* Version: 9 */',
    'wp-content/plugins/hello.php': '<?php\n/**\n * Plugin Name: Hello\n * Version: 1.7.2\n */',
    'wp-content/themes/t/style.css': '/*\nTheme Name: T\nVersion: 2.1-beta\n*/',
  });
  await stage();
  write(documentRoot, { 'wp-content/themes/t/style.css': '/*\nTheme Name: T\nVersion: 2.2\n*/' });

  const { release } = await stage();

  expect(release.components.map(({ id, version }) => `${id} ${version}`)).toEqual([
    'core 6.8.1',
    'plugins/akismet 5.0.2',
    'plugins/hello 1.7.2',
    'themes/t 2.2',
  ]);
});

test('WordPress itself survives the way through manifest and packs, times and modes included', async () => {
  const { documentRoot, state, stage } = makeDev();
  execFileSync('cp', ['-rLp', '/usr/share/wordpress/.', documentRoot]);
  rmSync(join(documentRoot, 'wp-config.php'));
  const { release, manifest } = await stage();
  expect(release.files).toBeGreaterThan(2000);
  const unpacked = await unpack(state, manifest);
  expectSameContent(documentRoot, unpacked);
  expect(listing(unpacked)).toEqual(listing(documentRoot));
}, 30_000);

test('a document root that is not there is an error that says so', async () => {
  const { documentRoot, stage } = makeDev();
  rmSync(documentRoot, { recursive: true });
  await expect(stage()).rejects.toMatchObject({
    code: 'document-root-missing',
    message: expect.stringContaining(documentRoot),
  });
});

test('an abort ends the staging with its reason and leaves nothing behind', async () => {
  const { documentRoot, state, archive, stage } = makeDev();
  write(documentRoot, { 'index.php': '1' });
  const controller = new AbortController();
  const report = () => controller.abort(new Error('enough'));
  await expect(stage({ signal: controller.signal, report })).rejects.toThrow('enough');
  expect(await archive.list()).toEqual([]);
  expect(execFileSync('find', [state, '-type', 'f', '!', '-name', '*.json']).toString()).toBe('');
  expect((await stage()).made).toBe(true);
  expect(await storedManifest(archive, 1)).toHaveLength(1);
});
