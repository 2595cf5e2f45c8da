import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../../../src/process/run.js';

/** What a release holds at a path: a file's content, or where a link leads. */
export type Content = string | { readonly link: string };
export type Files = Readonly<Record<string, Content>>;

/** Where the manifests and packs of a test lie. */
export interface Releases {
  readonly manifest: (release: number) => string;
  readonly packs: string;
}

export function releasesIn(directory: string): Releases {
  return { manifest: (release) => join(directory, `${release}.manifest`), packs: join(directory, 'packs') };
}

/**
 * Writes a release as a manifest and a pack, as the store of releases does. `held` names files that an older pack
 * holds already.
 */
export async function writeRelease(
  to: Releases,
  release: number,
  files: Files,
  held: Readonly<Record<string, number>> = {},
): Promise<void> {
  const source = join(dirname(to.packs), `source-${release}`);
  const rows: { readonly path: string; readonly fields: readonly string[] }[] = [];
  const packed: string[] = [];
  for (const directory of directoriesOf(files)) rows.push({ path: directory, fields: ['d', '755', '0', '-', '-'] });
  for (const [path, content] of Object.entries(files)) {
    if (typeof content !== 'string') {
      rows.push({ path, fields: ['l', '777', '0', content.link, '-'] });
      continue;
    }
    const bytes = Buffer.from(content);
    const hash = createHash('sha256').update(bytes).digest('hex');
    rows.push({ path, fields: ['f', '644', `${bytes.length}`, hash, `${held[path] ?? release}`] });
    if (held[path] !== undefined) continue;
    mkdirSync(dirname(join(source, path)), { recursive: true });
    writeFileSync(join(source, path), bytes, { mode: 0o644 });
    packed.push(path);
  }
  rows.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  writeManifest(to.manifest(release), rows);
  mkdirSync(to.packs, { recursive: true });
  mkdirSync(source, { recursive: true });
  const pack = join(to.packs, `${release}.tar.zst`);
  await run('tar', ['-C', source, '--zstd', '-cf', pack, '--null', '-T', '-'], { input: packed.join('\0') });
}

function writeManifest(file: string, rows: readonly { readonly path: string; readonly fields: readonly string[] }[]) {
  const lines = rows.map(({ path, fields }) => [...fields, path].join('\t'));
  if (!existsSync(dirname(file))) mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, ['understudy-manifest 1', ...lines, ''].join('\n'));
}

function directoriesOf(files: Files): readonly string[] {
  const found = new Set<string>();
  for (const path of Object.keys(files)) {
    for (let above = dirname(path); above !== '.'; above = dirname(above)) found.add(above);
  }
  return [...found];
}
