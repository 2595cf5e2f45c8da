import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { expectSameContent, listing, makeDev, pathsOf, temporaryFolder, unpack, write } from './fixture.js';

test('odd but possible names go the whole way', async () => {
  const { documentRoot, state, stage } = makeDev();
  const names = [
    '-rf',
    '--checkpoint=1',
    '-C/-T',
    'with space/and  two',
    ' leading',
    'trailing ',
    'quote\'"`$(id)`',
    'back\\slash',
    'back\\nslash-n',
    'a\\012b',
    'star*?[x]',
    '!bang',
    '#hash',
    '{a,b}',
    'ünïcödé/日本語',
    '\u{1F600}',
    '\uFFEE',
    '..dots',
    '...',
    'a/.hidden',
    '@file',
    'x'.repeat(255),
    'C:con',
    'a:b',
    '%s%n',
  ];
  write(documentRoot, Object.fromEntries(names.map((name, i) => [name, `content ${i}`])));

  const { manifest } = await stage();
  expectSameContent(documentRoot, await unpack(state, manifest));
  const inOrder = execFileSync('sort', { input: pathsOf(manifest).join('\n'), env: { LC_ALL: 'C' } });
  expect(inOrder.toString().trimEnd().split('\n')).toEqual(pathsOf(manifest));
  expect(pathsOf(manifest)).toHaveLength(names.length);

  // The same through unpacking and packing anew.
  for (let edit = 0; edit < 9; edit++) {
    write(documentRoot, { '-rf': `edit ${edit}` });
    await stage();
  }
  write(documentRoot, { big: 'b'.repeat(5000) });
  await stage();
  write(documentRoot, { big: 'c' });
  const packedAnew = await stage();
  expectSameContent(documentRoot, await unpack(state, packedAnew.manifest));
});

test.each([
  ['a line feed', Buffer.from('new\nline'), 'new\\x0aline'],
  ['a tab', Buffer.from('tab\there'), 'tab\\x09here'],
  ['an escape sequence', Buffer.from('\x1b[31mred'), '\\x1b[31mred'],
  ['bytes that are not UTF-8', Buffer.from([0x63, 0x61, 0x66, 0xe9]), 'caf\\xe9'],
])('a name with %s is refused and shown escaped', async (_, name, shown) => {
  const { documentRoot, stage } = makeDev(['ignored/']);
  writeFileSync(Buffer.concat([Buffer.from(`${documentRoot}/`), name]), '');
  mkdirSync(join(documentRoot, 'ignored'));
  writeFileSync(Buffer.concat([Buffer.from(`${documentRoot}/ignored/`), name]), '');
  await expect(stage()).rejects.toMatchObject({
    code: 'not-releasable',
    message: expect.stringContaining(`  ${shown} has a`),
  });
});

test('a path that is too long is refused', async () => {
  const { documentRoot, stage } = makeDev();
  write(documentRoot, { [Array.from({ length: 5 }, () => 'd'.repeat(220)).join('/')]: '' });
  await expect(stage()).rejects.toMatchObject({
    code: 'not-releasable',
    message: expect.stringContaining('1104 bytes'),
  });
});

test('named pipes, sockets and devices are refused, all at once, and none is opened', async () => {
  const { documentRoot, stage } = makeDev();
  execFileSync('mkfifo', [join(documentRoot, 'pipe')]);
  const server = createServer().listen(join(documentRoot, 'sock'));
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const error = await stage().catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'not-releasable', kind: 'refused' });
  expect(error.message).toBe('2 paths in dev cannot be copied:\n  pipe is a named pipe\n  sock is a socket');
});

test('links inside the document root are kept, absolute ones made relative', async () => {
  const { documentRoot, state, stage } = makeDev();
  write(documentRoot, { 'real/file.php': 'x', 'real/deep/a.php': 'a' });
  symlinkSync('real/file.php', join(documentRoot, 'relative'));
  symlinkSync('../real', join(documentRoot, 'real/deep/up'));
  symlinkSync('real/deep/up', join(documentRoot, 'chain'));
  symlinkSync('chain/file.php', join(documentRoot, 'through-a-chain'));
  symlinkSync(join(documentRoot, 'real/deep'), join(documentRoot, 'real/absolute'));
  symlinkSync('wp-content/uploads/logo.png', join(documentRoot, 'logo'));
  rmSync(join(documentRoot, 'real/deep/up'));
  symlinkSync('../../real', join(documentRoot, 'real/deep/up'));

  const { manifest } = await stage();

  expect(manifest.flatMap((entry) => (entry.type === 'l' ? [`${entry.path} -> ${entry.target}`] : []))).toEqual([
    'chain -> real/deep/up',
    'logo -> wp-content/uploads/logo.png',
    'real/absolute -> ../real/deep',
    'real/deep/up -> ../../real',
    'relative -> real/file.php',
    'through-a-chain -> chain/file.php',
  ]);
  const unpacked = await unpack(state, manifest);
  rmSync(join(documentRoot, 'real/absolute'));
  symlinkSync('../real/deep', join(documentRoot, 'real/absolute'));
  expect(listing(unpacked)).toEqual(listing(documentRoot));
});

test('links that lead outside, nowhere or in a circle are refused, naming link and target', async () => {
  const { documentRoot, stage } = makeDev(['secret/']);
  const outside = temporaryFolder();
  write(outside, { 'x.php': '' });
  write(documentRoot, { 'a/b.php': '', 'secret/key': '' });
  const links = {
    absolute: '/etc/hostname',
    relative: '../x',
    'a/dotdot': `../../${documentRoot.split('/').at(-1)}/a/b.php`,
    excluded: 'secret/key',
    dangling: 'not/there',
    'below-a-file': 'a/b.php/c',
    circle: 'circle2',
    circle2: 'circle',
    'first-of-chain': 'last-of-chain',
    'last-of-chain': outside,
    beside: `${documentRoot}-other/x`,
  };
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(documentRoot, path));

  const error = await stage().catch((thrown) => thrown);

  expect(error).toMatchObject({ code: 'not-releasable', remedy: expect.stringContaining('promotion.excludes') });
  for (const [path, target] of Object.entries(links)) {
    expect(error.message).toContain(
      `  ${path} is a symbolic link to ${target}, which leads`.replace(/, which leads$/, ', which '),
    );
  }
  expect(error.message).toContain('circle is a symbolic link to circle2, which leads in a circle');
  expect(error.message).toContain('dangling is a symbolic link to not/there, which is not there');
  expect(error.message).toContain('first-of-chain is a symbolic link to last-of-chain, which leads outside');
});

test('dev as a symbolic link itself is followed', async () => {
  const { documentRoot, stage } = makeDev();
  write(documentRoot, { 'index.php': '1' });
  symlinkSync(join(documentRoot, 'index.php'), join(documentRoot, 'by-its-first-name'));
  renameSync(documentRoot, `${documentRoot}-real`);
  symlinkSync(`${documentRoot}-real`, documentRoot);
  symlinkSync(`${documentRoot}-real/index.php`, join(documentRoot, 'by-its-real-name'));
  expect(pathsOf((await stage()).manifest, 'l')).toEqual(['by-its-first-name', 'by-its-real-name']);
});
