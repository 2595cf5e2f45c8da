import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../output/errors.js';
import { type Report, reportTask, silent } from '../output/messages.js';
import type { ReleaseArchive, ReleaseRecord } from '../platform/release-archive.js';
import { acquireLock } from '../state/lock.js';
import { sameContent } from './compare.js';
import { Contents } from './contents.js';
import { storeRelease } from './make-release.js';
import { type DraftEntry, type ManifestEntry, manifestMap, readManifest } from './manifest.js';
import { HeldContents, packsThatAreThere } from './pack-plan.js';
import type { ByPath } from './path-map.js';
import type { StagingRules } from './rules.js';
import { readStableTree, type StableTree } from './stable-contents.js';
import { readStatIndex, writeStatIndex } from './stat-index.js';
import { inWorkFolder } from './work-folder.js';

export interface StageOptions {
  readonly documentRoot: string;
  readonly rules: StagingRules;
  readonly archive: ReleaseArchive;
  readonly report?: Report;
  readonly signal?: AbortSignal;
  /** How long each restart waits, in ms; as many restarts as pauses. Default 250, 1000, 3000. */
  readonly pausesMs?: readonly number[];
}

export interface Staged {
  readonly release: ReleaseRecord;
  /** Its text, as `readManifest` reads it. */
  readonly manifest: string;
  /** False if the newest release has this content already and was taken. */
  readonly made: boolean;
}

/**
 * Makes a release of what dev's document root holds at one moment. Only files that changed since the last staging are
 * read; only contents that no kept pack holds are packed. Nothing is written to dev.
 * A crash at any point leaves the releases as they were: the next staging removes what it finds half made.
 * @throws code `dev-is-changing`, `not-releasable`, `document-root-missing`, `disk-full`, `locked` (another staging
 *   runs), `pack-damaged`, `release-damaged`; the signal's reason
 */
export async function stageRelease(options: StageOptions): Promise<Staged> {
  const { archive, report = silent } = options;
  await mkdir(archive.stagingFolder, { recursive: true, mode: 0o700 });
  const lock = await acquireLock(join(archive.stagingFolder, 'lock'), { why: 'a release is being staged' });
  try {
    return await reportTask(report, 'stage', "Staging dev's code", () => stage(options, report), describe);
  } finally {
    await lock.release();
  }
}

function describe({ release, made }: Staged): string {
  return made ? `release ${release.number}, ${release.files} files` : `nothing changed since release ${release.number}`;
}

async function stage(options: StageOptions, report: Report): Promise<Staged> {
  const { archive } = options;
  await archive.sweep();
  const records = await archive.list();
  const newest = await newestRelease(archive, records, report);
  const packs = await packsThatAreThere(archive, records);
  const held = new HeldContents(archive, packs, newest?.entries ?? new Map(), records.slice(0, -1));
  return inWorkFolder(archive.stagingFolder, 'work-', (work) => stageIn(work, { ...options, report }, newest, held));
}

async function stageIn(
  work: string,
  { documentRoot, rules, archive, report = silent, signal, pausesMs }: StageOptions,
  newest: Newest | undefined,
  held: HeldContents,
): Promise<Staged> {
  const spool = join(work, 'spool');
  await mkdir(spool);
  const indexFile = join(archive.stagingFolder, 'index');
  const index = newest ? await readStatIndex(indexFile, { documentRoot, release: newest.record.hash }) : new Map();
  const heldHash = (path: string) => held.file(path)?.hash;
  const contents = new Contents({ documentRoot, spool, index, heldHash, report, signal });
  const isKnown = (tree: StableTree) => newest !== undefined && sameContent(draftOf(tree, contents), newest.entries);
  const stable = await readStableTree({ path: documentRoot, rules }, contents, {
    isKnown,
    ...(pausesMs ? { pausesMs } : {}),
    signal,
  });
  /** The index only saves work: if it is lost, the next staging reads every file and comes to the same end. */
  const saveIndex = async ({ hash }: ReleaseRecord) => {
    const aside = join(work, 'index');
    await writeStatIndex(aside, { documentRoot, release: hash }, contents.index(stable.tree));
    await rename(aside, indexFile);
  };
  // A missing pack makes a release that cannot be unpacked: it is made anew, although nothing changed.
  const unpackable = newest?.record.packs.every(({ number }) => held.packs.has(number));
  if (newest && unpackable && isKnown(stable)) {
    if (contents.hasRead) await saveIndex(newest.record);
    return { release: newest.record, manifest: newest.manifest, made: false };
  }
  const workshop = { archive, held, contents, work, spool, newest: newest?.record, signal };
  const made = await storeRelease(() => draftOf(stable, contents), workshop);
  await saveIndex(made.release);
  return { ...made, made: true };
}

interface Newest {
  readonly record: ReleaseRecord;
  readonly manifest: string;
  readonly entries: ByPath<ManifestEntry>;
}

/** A damaged release is not built upon: everything is packed again. */
async function newestRelease(
  archive: ReleaseArchive,
  records: readonly ReleaseRecord[],
  report: Report,
): Promise<Newest | undefined> {
  const record = records.at(-1);
  if (!record) return undefined;
  try {
    const manifest = await archive.manifest(record.number);
    return { record, manifest, entries: manifestMap(readManifest(manifest)) };
  } catch (error) {
    if (!hasCode(error, 'release-damaged')) throw error;
    report({ kind: 'note', level: 'warning', text: `${error.message} Everything is packed again.` });
    return undefined;
  }
}

function* draftOf({ tree, linkTargets }: StableTree, contents: Contents): Generator<DraftEntry> {
  for (const [path, entry] of tree) {
    if (entry.type === 'd') yield { type: 'd', path };
    else if (entry.type === 'l') yield { type: 'l', path, target: linkTargets.get(path) ?? entry.target };
    else {
      const mode = entry.executable ? '755' : '644';
      yield { type: 'f', path, mode, size: entry.size, hash: contents.hash(path, entry) };
    }
  }
}
