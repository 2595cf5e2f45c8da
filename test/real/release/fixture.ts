import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { localReleaseArchive, releasePaths } from '../../../src/local/files/local-release-archive.js';
import { type Manifest, readManifest } from '../../../src/release/manifest.js';
import { stagingRules } from '../../../src/release/rules.js';
import { type StageOptions, stageRelease } from '../../../src/release/stage.js';
import { resolveSite } from '../../../src/site/resolve.js';

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-release-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files below a folder: path → content. */
export function write(folder: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** A document root and an archive in a temporary folder. */
export function makeDev(excludes: readonly string[] = []) {
  const base = temporaryFolder();
  const documentRoot = join(base, 'dev');
  const state = join(base, 'state');
  mkdirSync(documentRoot);
  const archive = localReleaseArchive(state);
  const site = resolveSite({ name: 'shop', promotion: { excludes } }, base);
  const rules = stagingRules(site);
  const stage = async (options: Partial<StageOptions> = {}) => {
    const staged = await stageRelease({ documentRoot, rules, archive, pausesMs: [1, 1, 1], ...options });
    return { ...staged, manifest: [...readManifest(staged.manifest)] };
  };
  return { documentRoot, state, archive, rules, stage };
}

/** Builds a release with nothing but its manifest, its packs and tar, as an instance would. */
export async function unpack(state: string, manifest: Manifest): Promise<string> {
  const target = temporaryFolder();
  const numbers = new Set(manifest.flatMap((entry) => (entry.type === 'f' ? [entry.pack] : [])));
  for (const number of numbers) {
    const aside = temporaryFolder();
    execFileSync('tar', ['-xpf', join(releasePaths.packs(state), `${number}.tar.zst`), '--zstd', '-C', aside]);
    for (const entry of manifest) {
      if (entry.type !== 'f' || entry.pack !== number) continue;
      mkdirSync(dirname(join(target, entry.path)), { recursive: true });
      renameSync(join(aside, entry.path), join(target, entry.path));
      // The manifest's mode is the one that counts: a pack may be older than a chmod.
      chmodSync(join(target, entry.path), Number.parseInt(entry.mode, 8));
    }
  }
  for (const entry of manifest) {
    if (entry.type === 'd') mkdirSync(join(target, entry.path), { recursive: true });
    if (entry.type === 'l') {
      mkdirSync(dirname(join(target, entry.path)), { recursive: true });
      symlinkSync(entry.target, join(target, entry.path));
    }
  }
  return target;
}

/** What find says of everything in a folder, modes included; times to the second, as packs keep them. */
export function listing(folder: string): string[] {
  const format = '%P\\0%y %m %l %s %Ts\\0';
  const found = execFileSync('find', ['.', '-mindepth', '1', '-printf', format], { cwd: folder, maxBuffer: 1e8 });
  const fields = found.toString().split('\0');
  const lines: string[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [type, mode, target, size, time] = (fields[i + 1] as string).split(' ');
    lines.push(JSON.stringify([fields[i], type, ...(type === 'f' ? [mode, size, time] : [target])]));
  }
  return lines.sort();
}

/** Throws if the content of two folders differs. */
export function expectSameContent(a: string, b: string): void {
  execFileSync('diff', ['--recursive', '--no-dereference', '--brief', a, b]);
}

export function pathsOf(manifest: Manifest, type = 'f'): string[] {
  return manifest.filter((entry) => entry.type === type).map(({ path }) => path);
}

export async function storedManifest(archive: { manifest(n: number): Promise<string> }, release: number) {
  return [...readManifest(await archive.manifest(release))];
}

export function packNames(state: string): string[] {
  return readdirSync(releasePaths.packs(state)).sort();
}
