import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpackSite } from '../../../src/local/incoming/unpack-site.js';
import { findAccount } from '../../../src/local/machine/accounts.js';
import { run } from '../../../src/process/run.js';

const { signal } = new AbortController();
const owner = process.getuid?.() === 0 ? findAccount('nobody') : undefined;

/** An archive with one empty file, its name in UTF-8 and said to be so, made "by DOS": as PclZip and Java make them. */
function zipOfDos(name: string): Buffer {
  const bytes = Buffer.from(name);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(0x800, 2);
  common.writeUInt16LE(bytes.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, bytes]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), common, Buffer.alloc(14), bytes]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

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

  it('a .zip whose names unzip misreads is refused, since files would be there under other names', async () => {
    const archive = join(folder, 'java.zip');
    await writeFile(archive, zipOfDos('Größe.jpg'));
    await expect(unpackSite(archive, target, { owner, signal })).rejects.toMatchObject({
      code: 'archive-unusable',
      message: expect.stringContaining('tar'),
    });
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
