import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasCode } from '../../output/errors.js';
import { type Report, silent } from '../../output/messages.js';
import { inWorkFolder } from '../../release/work-folder.js';
import type { App } from '../../site/schema.js';
import { copyFollowing } from '../files/copy-following.js';
import { appearWhole, type FillOptions, isEmpty, notEmpty } from '../files/document-root.js';
import { downloadArchive } from './download.js';
import { requireWordPress, wordPressVersion } from './recognise.js';
import { unpackArchive } from './unpack-archive.js';

export type WordPressSource = Extract<App, { kind: 'wordpress' }>['source'];

export interface ObtainOptions extends FillOptions {
  readonly report?: Report;
  /** Default: Node's own. */
  readonly fetch?: typeof globalThis.fetch;
  /** Default https://wordpress.org. */
  readonly origin?: string;
  /** Where Debian's package puts WordPress. Default /usr/share/wordpress. */
  readonly packaged?: string;
  /** How long `auto` waits for wordpress.org before it takes Debian's. Default 5 s. */
  readonly reachMs?: number;
}

export interface ObtainedWordPress {
  readonly version: string;
  /** Where it came from, to be told: an address or a path. Undefined if it was there already. */
  readonly from: string | undefined;
}

/**
 * Fills dev's document root with WordPress, without its wp-config.php. A WordPress that is there is left as it is.
 * The document root appears whole, by a rename.
 * @param source `auto`: the latest of wordpress.org if it can be reached, else Debian's package
 * @throws code `not-wordpress`, `target-not-empty`, `source-unusable`, `archive-unusable`, `checksum-mismatch`,
 *   `wordpress-unreachable`, `wordpress-version-unknown`; the signal's reason
 */
export async function obtainWordPress(
  source: WordPressSource,
  target: string,
  options: ObtainOptions = {},
): Promise<ObtainedWordPress> {
  const present = await wordPressVersion(target);
  if (present !== undefined) return { version: present, from: undefined };
  if (!(await isEmpty(target))) throw notEmpty(target);
  const { origin = 'https://wordpress.org' } = options;
  if (source === 'auto') return latestOrPackaged(origin, target, options);
  if ('directory' in source) return fromFolder(source.directory, target, options);
  if ('archive' in source) return fromArchive(source.archive, target, options);
  return fromWeb(`${origin}/wordpress-${source.version}.tar.gz`, target, options);
}

async function latestOrPackaged(origin: string, target: string, options: ObtainOptions): Promise<ObtainedWordPress> {
  const { packaged = '/usr/share/wordpress', report = silent } = options;
  try {
    return await fromWeb(`${origin}/latest.tar.gz`, target, options);
  } catch (error) {
    // Only that: a wrong checksum is nothing to pass over.
    if (!hasCode(error, 'wordpress-unreachable')) throw error;
    if ((await wordPressVersion(packaged)) === undefined) throw error;
    report({ kind: 'note', level: 'info', text: `${error.message} Taking Debian's WordPress in ${packaged}.` });
    return fromFolder(packaged, target, options);
  }
}

async function fromFolder(folder: string, target: string, options: ObtainOptions): Promise<ObtainedWordPress> {
  const version = await requireWordPress(folder, folder);
  // Another site's database and keys, or Debian's, which reads /etc/wordpress; ours is generated.
  const skip = (path: string) => path === 'wp-config.php';
  await appearWhole(target, options, (aside) => copyFollowing(folder, aside, { ...options, skip }));
  return { version, from: folder };
}

async function fromArchive(archive: string, target: string, options: ObtainOptions): Promise<ObtainedWordPress> {
  let version = '';
  await appearWhole(target, options, async (aside) => {
    await unpackArchive(archive, aside, options);
    version = await requireWordPress(aside, archive);
    await rm(join(aside, 'wp-config.php'), { force: true });
  });
  return { version, from: archive };
}

async function fromWeb(url: string, target: string, options: ObtainOptions): Promise<ObtainedWordPress> {
  const { fetch = globalThis.fetch, signal, reachMs } = options;
  return inWorkFolder(dirname(target), `.${basename(target)}.download-`, async (work) => {
    const file = join(work, basename(new URL(url).pathname));
    await downloadArchive(url, file, { fetch, signal, ...(reachMs === undefined ? {} : { reachMs }) });
    return { ...(await fromArchive(file, target, options)), from: url };
  });
}
