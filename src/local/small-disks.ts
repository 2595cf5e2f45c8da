import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasErrno } from '../output/errors.js';
import type { SmallDisks } from '../platform/faults.js';
import { run } from '../process/run.js';
import { type Layout, paths } from './layout.js';
import { accountFor } from './machine/accounts.js';
import { clusterServers } from './network/hosts.js';

/** Beside the data there is room for what is written until the disk is filled on purpose. */
const roomBytes = 160 * 1024 * 1024;
/** The disk is in memory: of what the machine has left, so much at most. */
const memoryShare = 0.25;
const chunkBytes = 1024 * 1024;
const smallestWriteBytes = 4096;
/** The bit of CAP_SYS_ADMIN, without which nobody may mount. */
const mayMount = 21n;

/**
 * Disks in memory (tmpfs), mounted over the folder of a server. What lay there is put aside first, under another name:
 * a machine that restarts meanwhile has a server without data then, which is refused, and not one with data of before.
 */
export function smallDisks(layout: Layout): SmallDisks {
  const folderOf = (server: string) => join(paths.databases(layout), server);
  const asideOf = (server: string) => join(folderOf(server), 'data.aside');
  const fillerOf = (server: string) => join(folderOf(server), 'filler');

  return {
    whyNot: async (server) => {
      if (!canMount()) return 'only root may mount a small disk, and in a container only with that right';
      const needed = await sizeFor(join(folderOf(server), 'data'));
      const most = (await availableMemory()) * memoryShare;
      if (needed <= most) return undefined;
      return `the disk is in memory: ${megabytes(needed)} would be needed, and ${megabytes(most)} may be taken`;
    },
    give: async (server) => {
      const folder = folderOf(server);
      const size = await sizeFor(join(folder, 'data'));
      const account = accountFor('db');
      await rename(join(folder, 'data'), asideOf(server));
      const owner = account ? `,uid=${account.uid},gid=${account.gid}` : '';
      await run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700${owner}`, 'tmpfs', folder], { cwd: '/' });
    },
    fill: async (server) => {
      // The folder is gone when the disk has been taken away: then there is nothing to fill.
      if (isMounted(folderOf(server))) await writeUntilFull(fillerOf(server));
    },
    clear: async (server) => {
      if (isMounted(folderOf(server))) await rm(fillerOf(server), { force: true });
    },
    take: async (server) => {
      const folder = folderOf(server);
      // At once, although a server has files open there: it goes on with them until it is ended.
      const had = isMounted(folder);
      if (had) await run('umount', ['--lazy', folder], { cwd: '/' });
      await rm(asideOf(server), { recursive: true, force: true });
      return had;
    },
    given: async () => clusterServers.filter((id) => isMounted(folderOf(id)) || existsSync(asideOf(id))),
  };
}

function canMount(): boolean {
  const status = readFileSync('/proc/self/status', 'utf8');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> mayMount) & 1n) === 1n;
}

function isMounted(folder: string): boolean {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  // The kernel writes a space as \040.
  return lines.some((line) => line.split(' ')[4]?.replaceAll('\\040', ' ') === folder);
}

async function sizeFor(data: string): Promise<number> {
  const { stdout } = await run('du', ['--summarize', '--block-size=1', data], { cwd: '/' });
  return Number.parseInt(stdout, 10) + roomBytes;
}

async function availableMemory(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8');
  return Number(/^MemAvailable:\s*(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

async function writeUntilFull(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, 'a');
  try {
    for (const size of [chunkBytes, smallestWriteBytes]) {
      const chunk = Buffer.alloc(size, 1);
      while (await fits(() => handle.write(chunk)));
    }
  } finally {
    await handle.close();
  }
}

async function fits(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (hasErrno(error, 'ENOSPC')) return false;
    throw error;
  }
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MB`;
