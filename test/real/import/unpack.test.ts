import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpackSite } from '../../../src/local/incoming/unpack-site.js';
import { findAccount } from '../../../src/local/machine/accounts.js';
import { run } from '../../../src/process/run.js';

const { signal } = new AbortController();
const owner = process.getuid?.() === 0 ? findAccount('nobody') : undefined;

describe('unpacking an archive from outside', () => {
  let folder: string;
  let source: string;
  let target: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'understudy-unpack-'));
    await run('chmod', ['755', folder]);
    source = join(folder, 'source');
    target = join(folder, 'target');
    await mkdir(source);
    await mkdir(target);
    await writeFile(join(source, 'a.php'), 'a', { mode: 0o600 });
    await symlink('a.php', join(source, 'inside'));
    await symlink('/etc/passwd', join(source, 'outside'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const pack = async (name: string, args: readonly string[]) => {
    const archive = join(folder, name);
    await run('tar', ['--create', ...args, `--file=${archive}`, `--directory=${source}`, '.']);
    return archive;
  };

  it.each([
    ['plain.tar', []],
    ['one.tar.gz', ['--gzip']],
    ['named-wrongly.zip', ['--zstd']],
  ] as const)('%s gives its files, and none of its links that lead out', async (name, args) => {
    const removed = await unpackSite(await pack(name, args), target, { owner, signal });
    expect((await readdir(target)).sort()).toEqual(['a.php', 'inside']);
    expect(await readFile(join(target, 'inside'), 'utf8')).toBe('a');
    expect((await lstat(join(target, 'a.php'))).mode & 0o777).toBe(0o644);
    expect(removed).toEqual([expect.stringContaining('outside: is a symbolic link to /etc/passwd')]);
  });

  it('a .zip likewise', async () => {
    await writeFile(
      join(folder, 'zip.php'),
      `<?php $z = new ZipArchive; $z->open('${folder}/site.zip', ZipArchive::CREATE); $z->addFromString('a.php', 'a'); $z->addFromString('../up.php', 'x'); $z->addFromString('/etc/understudy-absolute.php', 'x'); $z->close();`,
    );
    await run('php', [join(folder, 'zip.php')]).catch(() =>
      run('python3', [
        '-c',
        `import zipfile\nz=zipfile.ZipFile('${folder}/site.zip','w')\nz.writestr('a.php','a')\nz.writestr('../up.php','x')\nz.writestr('/etc/understudy-absolute.php','x')\nz.close()`,
      ]),
    );
    await unpackSite(join(folder, 'site.zip'), target, { owner, signal }).catch((error) =>
      expect(error.code).toBe('archive-unusable'),
    );
    expect(await readdir(folder)).not.toContain('up.php');
    await expect(lstat('/etc/understudy-absolute.php')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('members whose path leads out are refused, and write nothing there', async () => {
    const archive = join(folder, 'hostile.tar');
    await run('tar', [
      '--create',
      `--file=${archive}`,
      `--directory=${source}`,
      '--absolute-names',
      '--transform=s,a.php,../../escaped.php,',
      'a.php',
    ]);
    await expect(unpackSite(archive, target, { owner, signal })).rejects.toMatchObject({
      code: 'archive-unusable',
      kind: 'usage',
    });
    expect(await readdir(folder)).not.toContain('escaped.php');
  });

  it('absolute paths land inside', async () => {
    const archive = join(folder, 'absolute.tar');
    await run('tar', ['--create', `--file=${archive}`, '--absolute-names', join(source, 'a.php')]);
    await unpackSite(archive, target, { owner, signal });
    expect(await readFile(join(target, source, 'a.php'), 'utf8')).toBe('a');
  });

  it.runIf(process.getuid?.() === 0)('devices cannot be made', async () => {
    await run('mknod', [join(source, 'null'), 'c', '1', '3']);
    await expect(unpackSite(await pack('device.tar', []), target, { owner, signal })).rejects.toMatchObject({
      code: 'archive-unusable',
    });
    expect(await readdir(target)).not.toContain('null');
  });

  it('what is no archive is said to be none', async () => {
    await writeFile(join(folder, 'text.tar.gz'), 'hello');
    await expect(unpackSite(join(folder, 'text.tar.gz'), target, { owner, signal })).rejects.toMatchObject({
      code: 'archive-unusable',
    });
  });
});
