import { lstat, mkdir, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno } from '../../output/errors.js';
import type { Edition } from '../../platform/edition.js';
import { editionFile } from '../../release/edition-file.js';
import { runReleaseAgent } from '../../release/release-agent.js';
import { releaseMissing } from '../../release/stored.js';
import { writeFileAtomic } from '../../state/atomic-file.js';
import { ports, replicaIds, replicasName, serverName } from '../naming.js';
import type { S3ReleaseArchive } from '../operate/s3-release-archive.js';

export interface EditionsOnHostOptions {
  readonly site: string;
  /** The shell program `instance/release-agent`. */
  readonly program: string;
  /** The instance's file of variables, and its own directory. */
  readonly envFile: string;
  readonly root: string;
  /** Of releases in the bucket; what is fetched lies in its folder. */
  readonly archive: S3ReleaseArchive;
  /** For manifests and packs: that of the archive. */
  readonly folder: string;
}

/** The editions of one instance, on the machine that it runs on: fetched from the bucket, made by the release agent. */
export class EditionsOnHost {
  constructor(private readonly options: EditionsOnHostOptions) {}

  /** What the link `current` or `next` leads to; 0: to nothing promoted, or nowhere. */
  async linked(link: 'current' | 'next'): Promise<number> {
    const target = await readlink(join(this.options.root, link)).catch(orNothing);
    return Number(target?.split('/').at(-1) ?? 0);
  }

  /** Everything that lies beside the editions too: what a crash has left has a name of another form. */
  async names(): Promise<readonly string[]> {
    const names = (await readdir(join(this.options.root, 'editions')).catch(orNothing)) ?? [];
    return names.filter((name) => name !== '0' && name !== '.lock').sort();
  }

  /** Fetches, unpacks and verifies an edition, and lets `next` lead to it. @throws `release-missing`, `release-damaged`, `disk-full` */
  async prepare(edition: Edition, signal?: AbortSignal): Promise<void> {
    const { archive, folder } = this.options;
    const record = await archive.record(edition.release);
    if (!record) throw releaseMissing(edition.release);
    const manifest = join(folder, 'manifest');
    await writeFileAtomic(manifest, await archive.manifest(edition.release));
    const packs = join(folder, 'packs');
    await mkdir(packs, { recursive: true });
    for (const pack of record.packs) await archive.packFile(pack, signal);
    const args = ['--manifest', manifest, '--packs', packs, '--edition-file', await this.#editionFile(edition)];
    await this.#run('prepare', ['--edition', String(edition.id), ...args], signal);
    const needed = new Set(record.packs.map(({ number }) => `${number}.tar.zst`));
    for (const name of await readdir(packs)) if (!needed.has(name)) await rm(join(packs, name), { force: true });
  }

  async revise(edition: Edition): Promise<void> {
    await this.#run('revise', ['--edition', String(edition.id), '--edition-file', await this.#editionFile(edition)]);
  }

  /** @param at ms since 1970; one that has passed means at once. @returns when the link was renamed, in ms since 1970 */
  async switch(edition: number, at: number): Promise<number> {
    await this.#run('switch', ['--edition', String(edition), ...(at > 0 ? ['--at', String(Math.round(at))] : [])]);
    return (await lstat(join(this.options.root, 'current'))).ctimeMs;
  }

  async prune(keep: readonly number[]): Promise<void> {
    await this.#run('prune', ['--keep', keep.length > 0 ? keep.join(',') : '0']);
  }

  /** @returns the SHA-256 of the manifest that every file was compared with */
  async verify(edition: number, signal?: AbortSignal): Promise<string> {
    return (await this.#run('verify', ['--edition', String(edition)], signal)).trim();
  }

  /** Whether visitors get exactly this: also who may answer for it. */
  async serves(edition: Edition | undefined): Promise<boolean> {
    if ((await this.linked('current')) !== (edition?.id ?? 0)) return false;
    if (!edition) return true;
    const file = join(this.options.root, 'editions', String(edition.id), 'edition.php');
    return (await readFile(file, 'utf8').catch(orNothing)) === this.#textOf(edition);
  }

  /** Lets visitors get it, whatever they get now. */
  async bringTo(edition: Edition | undefined, signal?: AbortSignal): Promise<void> {
    if (await this.serves(edition)) return;
    if (edition && (await this.linked('current')) === edition.id) return this.revise(edition);
    if (edition) await this.prepare(edition, signal);
    await this.switch(edition?.id ?? 0, 0);
  }

  #run(verb: Parameters<typeof runReleaseAgent>[1], args: readonly string[], signal?: AbortSignal): Promise<string> {
    return runReleaseAgent(this.options.program, verb, this.options.envFile, args, signal);
  }

  #textOf(edition: Edition): string {
    const { site } = this.options;
    const at = (name: Parameters<typeof serverName>[1]) => `${serverName(site, name)}:${ports.database}`;
    const replicas = Object.fromEntries(replicaIds.map((id) => [id, at(id)]));
    return editionFile(edition, { replicas, endpoint: at(replicasName) });
  }

  async #editionFile(edition: Edition): Promise<string> {
    const file = join(this.options.folder, 'edition.php');
    await writeFileAtomic(file, this.#textOf(edition));
    return file;
  }
}

function orNothing(error: unknown): undefined {
  if (!hasErrno(error, 'ENOENT')) throw error;
}
