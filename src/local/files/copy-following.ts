import { isUtf8 } from 'node:buffer';
import { chown, mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { hasErrno, messageOf, usageError } from '../../output/errors.js';
import type { Account } from '../../process/run.js';
import { copyContent } from '../../release/copy-content.js';
import { type Job, runJobs } from '../../release/jobs.js';
import { nameProblem, notUtf8, printable } from '../../release/names.js';
import { listed, type Problem } from '../../release/problems.js';

export interface CopyFollowingOptions {
  /** Whether to leave out a path below the source. */
  readonly skip?: (path: string) => boolean;
  /** Whom the copies belong to. Default: whoever runs this. */
  readonly owner?: Account | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Copies a folder into an empty one, with what symbolic links lead to in their place, wherever it is: the result
 * stands by itself. Modes become 644 and 755, and 755 for folders; times are kept.
 * @throws code `source-unusable` naming links that lead nowhere or in a circle, special files, unreadable ones
 */
export async function copyFollowing(source: string, target: string, options: CopyFollowingOptions = {}): Promise<void> {
  const { skip = () => false, owner, signal } = options;
  const problems: Problem[] = [];

  const give = async (path: string) => {
    if (owner) await chown(path, owner.uid, owner.gid);
  };

  /** @param above the real paths of the folders that it lies in: a link to one of them would never end */
  const copyFolder =
    (path: string, real: string, above: readonly string[]): Job =>
    async (add) => {
      if (path !== '') await mkdir(`${target}/${path}`, { mode: 0o755 });
      await give(`${target}/${path}`);
      for (const entry of await readdir(real, { withFileTypes: true, encoding: 'buffer' })) {
        const bytes = path === '' ? entry.name : Buffer.concat([Buffer.from(`${path}/`), entry.name]);
        const child = bytes.toString();
        if (skip(child)) continue;
        const problem = isUtf8(bytes) ? nameProblem(child) : notUtf8;
        if (problem) problems.push({ path: printable(bytes), what: problem });
        else add(noting(child, copyEntry(child, `${real}/${entry.name}`, [...above, real])));
      }
    };

  const copyEntry =
    (path: string, full: string, above: readonly string[]): Job =>
    async (add) => {
      const real = await realpath(full);
      const stats = await stat(real);
      if (stats.isDirectory()) {
        if (above.includes(real)) problems.push({ path, what: 'is a symbolic link that leads in a circle' });
        else add(noting(path, copyFolder(path, real, above)));
      } else if (stats.isFile()) {
        const mode = (stats.mode & 0o100) === 0 ? 0o644 : 0o755;
        await copyContent(real, { path: `${target}/${path}`, mode, modifiedMs: stats.mtimeMs });
        await give(`${target}/${path}`);
      } else problems.push({ path, what: 'is neither a file nor a folder' });
    };

  const noting =
    (path: string, job: Job): Job =>
    (add) =>
      job(add).catch((error) => {
        const about = (error as NodeJS.ErrnoException).path;
        if (about === undefined || about.startsWith(target)) throw error;
        const nowhere = hasErrno(error, 'ENOENT') || hasErrno(error, 'ELOOP');
        problems.push({
          path,
          what: nowhere ? 'is a symbolic link that leads nowhere' : `cannot be read: ${messageOf(error)}`,
        });
      });

  await runJobs([copyFolder('', await realpath(source), [])], signal);
  if (problems.length > 0) throw unusable(source, problems);
}

function unusable(source: string, problems: readonly Problem[]) {
  return usageError({
    code: 'source-unusable',
    message: `${source} cannot be copied:\n${listed(problems.map(({ path, what }) => `${path} ${what}`))}`,
    remedy: 'Repair it, or name another source in app of the definition.',
  });
}
