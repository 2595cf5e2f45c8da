import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { copyFollowing } from '../../../src/local/files/copy-following.js';
import { fillDocumentRoot } from '../../../src/local/files/document-root.js';
import { obtainWordPress } from '../../../src/local/wordpress-source/obtain-wordpress.js';
import { expectSameContent, listing, temporaryFolder, write } from './fixture.js';

const version = (number: string) => `<?php\n$wp_version = '${number}';\n`;
const wordPress = (number: string) => ({
  'wp-load.php': '<?php',
  'wp-includes/version.php': version(number),
  'wp-config.php': 'secret',
  'wp-content/index.php': '',
});

function makeTarget(): string {
  return join(temporaryFolder(), 'shared', 'dev');
}

/** No leftovers beside a document root. */
function expectNothingBeside(target: string): void {
  const parent = dirname(target);
  expect(existsSync(parent) ? readdirSync(parent).filter((name) => name !== basename(target)) : []).toEqual([]);
}

interface Site {
  readonly files: Readonly<Record<string, string | Buffer>>;
  readonly hang?: boolean;
}

/** A wordpress.org of our own on a loopback address. */
async function serve({ files, hang = false }: Site): Promise<string> {
  const server = createServer((request, response) => {
    const body = files[request.url ?? ''];
    if (hang) return;
    response.writeHead(body === undefined ? 404 : 200).end(body);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function tarball(number: string): Buffer {
  const folder = temporaryFolder();
  write(join(folder, 'wordpress'), wordPress(number));
  execFileSync('tar', ['-czf', 'w.tgz', 'wordpress'], { cwd: folder });
  return readFileSync(join(folder, 'w.tgz'));
}

const sha1 = (content: Buffer) => createHash('sha1').update(content).digest('hex');

test("Debian's WordPress becomes a document root of plain files, without its configuration", async () => {
  const target = makeTarget();
  const obtained = await obtainWordPress({ directory: '/usr/share/wordpress' }, target);
  expect(obtained).toEqual({ version: expect.stringMatching(/^6\.\d/), from: '/usr/share/wordpress' });
  const found = execFileSync('find', [target, '-type', 'l']).toString();
  expect(found).toBe('');
  expect(existsSync(join(target, 'wp-config.php'))).toBe(false);
  const copied = temporaryFolder();
  execFileSync('cp', ['-rL', '/usr/share/wordpress/.', copied]);
  execFileSync('rm', [join(copied, 'wp-config.php')]);
  expectSameContent(copied, target);
  expectNothingBeside(target);
}, 20_000);

test('a WordPress that is there is left alone; other content is not written over', async () => {
  const target = makeTarget();
  write(target, wordPress('6.0'));
  const before = listing(target);
  expect(await obtainWordPress('auto', target)).toEqual({ version: '6.0', from: undefined });
  expect(listing(target)).toEqual(before);

  const other = makeTarget();
  write(other, { 'index.html': 'mine' });
  await expect(obtainWordPress('auto', other)).rejects.toMatchObject({
    code: 'target-not-empty',
    message: expect.stringContaining(other),
  });
  expect(readFileSync(join(other, 'index.html'), 'utf8')).toBe('mine');
});

test('a folder that is not WordPress is an error that names it', async () => {
  const folder = temporaryFolder();
  write(folder, { 'index.php': '' });
  const target = makeTarget();
  await expect(obtainWordPress({ directory: folder }, target)).rejects.toMatchObject({
    code: 'not-wordpress',
    kind: 'usage',
    message: expect.stringContaining(folder),
  });
  await expect(obtainWordPress({ directory: `${folder}/none` }, target)).rejects.toMatchObject({
    code: 'not-wordpress',
  });
  expect(existsSync(target)).toBe(false);
});

test('archives with and without a top folder are unpacked, tar and zip', async () => {
  const folder = temporaryFolder();
  const archives = temporaryFolder();
  write(join(folder, 'wordpress'), wordPress('6.5'));
  execFileSync('tar', ['-czf', `${archives}/top.tar.gz`, 'wordpress'], { cwd: folder });
  execFileSync('tar', ['-cJf', `${archives}/flat.tar.xz`, '.'], { cwd: join(folder, 'wordpress') });
  execFileSync('python3', ['-m', 'zipfile', '-c', `${archives}/top.zip`, 'wordpress'], { cwd: folder });
  for (const name of ['top.tar.gz', 'flat.tar.xz', 'top.zip']) {
    const target = makeTarget();
    const archive = join(archives, name);
    expect(await obtainWordPress({ archive }, target)).toEqual({ version: '6.5', from: archive });
    expect(readdirSync(target).sort()).toEqual(['wp-content', 'wp-includes', 'wp-load.php']);
    expect(statSync(target).mode & 0o777).toBe(0o755);
    expectNothingBeside(target);
  }
});

test('an archive that is broken, is something else, has a wrong checksum or leads out of itself is refused', async () => {
  const folder = temporaryFolder();
  const target = makeTarget();
  const attempt = (name: string) => obtainWordPress({ archive: join(folder, name) }, target).catch((error) => error);

  writeFileSync(join(folder, 'cut.tar.gz'), tarball('6.5').subarray(0, 200));
  expect(await attempt('cut.tar.gz')).toMatchObject({
    code: 'archive-unusable',
    message: expect.stringContaining('cut.tar.gz'),
  });
  writeFileSync(join(folder, 'cut.zip'), 'PK');
  expect(await attempt('cut.zip')).toMatchObject({ code: 'archive-unusable' });
  expect(await attempt('missing.tar.gz')).toMatchObject({
    code: 'archive-unusable',
    message: expect.stringContaining('not there'),
  });

  write(folder, { 'x/index.php': '' });
  execFileSync('tar', ['-czf', 'other.tar.gz', 'x'], { cwd: folder });
  expect(await attempt('other.tar.gz')).toMatchObject({
    code: 'not-wordpress',
    message: expect.stringContaining('other.tar.gz'),
  });

  writeFileSync(join(folder, 'sum.tar.gz'), tarball('6.5'));
  writeFileSync(join(folder, 'sum.tar.gz.sha256'), `${'0'.repeat(64)}  sum.tar.gz\n`);
  expect(await attempt('sum.tar.gz')).toMatchObject({ code: 'checksum-mismatch' });

  write(join(folder, 'evil'), wordPress('6.5'));
  symlinkSync('/etc/shadow', join(folder, 'evil/shadow'));
  execFileSync('tar', ['-czf', 'evil.tar.gz', 'evil'], { cwd: folder });
  expect(await attempt('evil.tar.gz')).toMatchObject({
    code: 'archive-unusable',
    message: expect.stringContaining('shadow'),
  });

  expect(existsSync(target)).toBe(false);
  expectNothingBeside(target);
});

test('auto takes the latest of wordpress.org, when its checksum agrees', async () => {
  const latest = tarball('6.8.1');
  const origin = await serve({ files: { '/latest.tar.gz': latest, '/latest.tar.gz.sha1': sha1(latest) } });
  const target = makeTarget();
  expect(await obtainWordPress('auto', target, { origin })).toEqual({
    version: '6.8.1',
    from: `${origin}/latest.tar.gz`,
  });
  expectNothingBeside(target);
});

test('a named version is fetched; one that does not exist is said to be unknown', async () => {
  const archive = tarball('6.7');
  const origin = await serve({
    files: { '/wordpress-6.7.tar.gz': archive, '/wordpress-6.7.tar.gz.sha1': sha1(archive) },
  });
  expect(await obtainWordPress({ version: '6.7' }, makeTarget(), { origin })).toMatchObject({ version: '6.7' });
  await expect(obtainWordPress({ version: '6.99' }, makeTarget(), { origin })).rejects.toMatchObject({
    code: 'wordpress-version-unknown',
    kind: 'usage',
    message: expect.stringContaining('6.99'),
  });
});

test('auto falls back to the package when the network is down, hangs or fails, and says so', async () => {
  const packaged = temporaryFolder();
  write(packaged, wordPress('6.1'));
  const hanging = await serve({ files: {}, hang: true });
  for (const origin of ['http://127.0.0.1:1', hanging]) {
    const notes: string[] = [];
    const target = makeTarget();
    const obtained = await obtainWordPress('auto', target, {
      origin,
      packaged,
      reachMs: 200,
      report: (message) => message.kind === 'note' && notes.push(message.text),
    });
    expect(obtained).toEqual({ version: '6.1', from: packaged });
    expect(notes).toEqual([expect.stringContaining(packaged)]);
    expectNothingBeside(target);
  }
});

test('auto does not pass over a wrong checksum', async () => {
  const origin = await serve({ files: { '/latest.tar.gz': tarball('6.8.1'), '/latest.tar.gz.sha1': 'a'.repeat(40) } });
  const target = makeTarget();
  await expect(obtainWordPress('auto', target, { origin })).rejects.toMatchObject({ code: 'checksum-mismatch' });
  expect(existsSync(target)).toBe(false);
  expectNothingBeside(target);
});

test('auto without network and without package fails with what can be done', async () => {
  const options = { origin: 'http://127.0.0.1:1', packaged: join(temporaryFolder(), 'none') };
  await expect(obtainWordPress('auto', makeTarget(), options)).rejects.toMatchObject({
    code: 'wordpress-unreachable',
    remedy: expect.stringContaining('apt-get install wordpress'),
  });
});

test('an abort during the download ends it with its reason', async () => {
  const origin = await serve({ files: {}, hang: true });
  const signal = AbortSignal.timeout(100);
  const target = makeTarget();
  const thrown = await obtainWordPress('auto', target, { origin, signal }).catch((error) => error);
  expect(thrown).toBe(signal.reason);
  expectNothingBeside(target);
});

test('a generic site is filled from its folder, links followed, once', async () => {
  const source = temporaryFolder();
  const elsewhere = temporaryFolder();
  write(elsewhere, { 'lib/a.php': 'a' });
  write(source, { 'index.php': '1', 'bin/run': '#!' });
  execFileSync('chmod', ['4777', join(source, 'bin/run')]);
  symlinkSync(join(elsewhere, 'lib'), join(source, 'lib'));
  const target = makeTarget();
  mkdirSync(target, { recursive: true });

  expect(await fillDocumentRoot(source, target)).toBe(true);
  expect(lstatSync(join(target, 'lib')).isDirectory()).toBe(true);
  expect(statSync(join(target, 'bin/run')).mode & 0o7777).toBe(0o755);
  write(source, { 'index.php': '2' });
  expect(await fillDocumentRoot(source, target)).toBe(false);
  expect(readFileSync(join(target, 'index.php'), 'utf8')).toBe('1');
  await expect(fillDocumentRoot(join(source, 'none'), makeTarget())).rejects.toMatchObject({ code: 'source-missing' });
});

test('a source with links in a circle, to nowhere, or with a pipe is refused, naming them', async () => {
  const source = temporaryFolder();
  write(source, { 'a/b/c.php': '' });
  symlinkSync('../..', join(source, 'a/b/circle'));
  symlinkSync('nowhere', join(source, 'a/dangling'));
  execFileSync('mkfifo', [join(source, 'pipe')]);
  const error = await copyFollowing(source, temporaryFolder()).catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'source-unusable', kind: 'usage' });
  expect(error.message.split('\n').slice(1)).toEqual([
    '  a/b/circle is a symbolic link that leads in a circle',
    '  a/dangling is a symbolic link that leads nowhere',
    '  pipe is neither a file nor a folder',
  ]);
});

test.runIf(process.getuid?.() === 0)("dev's PHP owns what it is to edit", async () => {
  const source = temporaryFolder();
  write(source, { 'a/b.php': '' });
  const target = makeTarget();
  await fillDocumentRoot(source, target, { owner: { name: 'nobody', uid: 65534, gid: 65534 } });
  for (const path of ['', 'a', 'a/b.php']) expect(statSync(join(target, path)).uid).toBe(65534);
});
