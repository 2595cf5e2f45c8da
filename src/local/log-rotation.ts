import { copyFile, readdir, rename, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { isWritingIntoOld } from '../platform/instance-logs.js';
import { signalProcess } from '../process/run.js';
import { makeRoom } from '../state/make-room.js';
import { sizeOf } from '../state/size-of.js';
import { type Layout, paths } from './layout.js';
import { logFiles } from './log-files.js';
import type { ServiceRecords } from './service-record.js';

/** A log is put aside when it is larger than this, and this many are kept. */
const largestBytes = 16 * 1024 * 1024;
const kept = 3;

export interface RotationOptions {
  readonly layout: Layout;
  readonly records: ServiceRecords;
  /** Default 16 MiB. */
  readonly largest?: number;
}

/**
 * Keeps every log of a site from growing without bound. nginx and PHP-FPM are told to open their own logs anew, so
 * that no line is lost. What servers say on standard output goes to a file that they hold open and cannot be told to
 * leave: it is copied and cut, which may lose lines of the moment in between.
 * @returns the logs that were put aside
 */
export async function rotateLogs({
  layout,
  records,
  largest = largestBytes,
}: RotationOptions): Promise<readonly string[]> {
  const large: string[] = [];
  for (const { path } of [...(await logFiles(layout)), ...(await slowLogs(layout))]) {
    if ((await sizeOf(path)) > largest) large.push(path);
  }
  for (const path of large) {
    await makeRoom(path, kept);
    if (path.startsWith(`${paths.instances(layout)}/`)) await rename(path, `${path}.1`);
    else {
      await copyFile(path, `${path}.1`);
      await truncate(path);
    }
  }
  await openAnew(layout, records);
  return large;
}

/** Servers of instances reopen their logs at SIGUSR1, the same signal for both. */
async function openAnew(layout: Layout, records: ServiceRecords): Promise<void> {
  for (const name of await records.names('web')) {
    const instance = name.split('.')[0] ?? '';
    if (!isWritingIntoOld(join(paths.instance(layout, instance), 'logs'))) continue;
    const running = await records.find(name);
    if (running) signalProcess(running.process.pid, 'SIGUSR1');
  }
}

async function slowLogs(layout: Layout): Promise<{ path: string }[]> {
  const servers = await readdir(paths.databases(layout)).catch(() => []);
  return servers.map((id) => ({ path: join(paths.databases(layout), id, 'slow.log') }));
}
