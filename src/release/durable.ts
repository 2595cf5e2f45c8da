import { run } from '../process/run.js';

/**
 * Makes all that was written below a folder durable: one call for its whole file system, since flushing each file by
 * itself costs a disk's latency for each. Deadline 10 min.
 */
export async function makeDurable(folder: string, signal?: AbortSignal): Promise<void> {
  await run('sync', ['--file-system', folder], { signal, deadlineMs: 10 * 60_000 });
}
