import { takeLease } from '../../aws/operate/lease.js';
import { toWire, type UnderstudyError, type WireError } from '../../output/errors.js';
import { reportTask } from '../../output/messages.js';
import type { WorkOptions } from '../../platform/work.js';
import { identify, type ProcessRef } from '../../process/identity.js';
import { readCertificate } from '../../promotion/certificate/certificates.js';
import { verifyCertificate } from '../../promotion/certificate/verify.js';
import { refuseBesideInterrupted } from '../../promotion/history.js';
import { Journal, readJournal } from '../../promotion/journal.js';
import { type RebuiltReplica, rebuildIntoEdition } from '../../replication/rebuild-into-edition.js';
import { acquireLock } from '../../state/lock.js';
import { copyWhile } from './copy-while.js';
import { folderOf, hostPaths, type Job, readJob } from './documents.js';
import type { Host } from './host.js';
import { runInDev } from './run-in-dev.js';

/** How a job ended, as its journal's last line says. */
export type JobResult = { readonly value: unknown } | { readonly error: WireError };

/** Does something else than a promotion, on request, and tells how it goes in the same way. */
export async function jobOnHost(host: Host, id: string): Promise<void> {
  const journalFile = hostPaths.job(host.operationsFiles, id);
  const folder = folderOf.job(id);
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort());
  await copyWhile({ bucket: host.bucket, folder, journal: journalFile }, async () => {
    const journal = await Journal.open(journalFile);
    const own = identify(process.pid) as ProcessRef;
    await journal.write({ event: 'begun', process: own, mode: 'run' });
    const work: WorkOptions = {
      report: (message) => void journal.write({ event: 'message', message }).catch(() => undefined),
      signal: interrupted.signal,
    };
    const result: JobResult = await readJob(host.bucket, id)
      .then((job) => carryOut(host, id, job, work))
      .then(
        (value) => ({ value }),
        (error: unknown) => ({ error: toWire(error) }),
      );
    await journal.write({ event: 'ended', process: own, result });
    await journal.close();
  });
}

/** Writes the last line of a job that was killed, so that nobody waits for it. */
export async function endJob(host: Host, id: string): Promise<void> {
  const journalFile = hostPaths.job(host.operationsFiles, id);
  await copyWhile({ bucket: host.bucket, folder: folderOf.job(id), journal: journalFile }, async () => {
    if ((await readJournal(journalFile)).some(({ event }) => event === 'ended')) return;
    const journal = await Journal.open(journalFile);
    const error = { code: 'runner-lost', message: 'The process that did it is gone.', kind: 'failed' } as const;
    await journal.write({ event: 'ended', process: identify(process.pid) as ProcessRef, result: { error } });
    await journal.close();
  });
}

async function carryOut(host: Host, id: string, job: Job, work: WorkOptions): Promise<unknown> {
  switch (job.kind) {
    case 'rebuild':
      return rebuild(host, id, job, work);
    case 'verify':
      return verify(host, job.certificate, work);
    case 'command':
      return runInDev(host.devFiles, job.command, work.signal);
  }
}

async function rebuild(
  { bucket, operationsFiles, open }: Host,
  id: string,
  { replica, by }: Extract<Job, { kind: 'rebuild' }>,
  work: WorkOptions,
): Promise<RebuiltReplica> {
  const why = `rebuilding ${replica}`;
  const lease = await takeLease(bucket, { id, why, by, onLost: (error: UnderstudyError) => end(error) });
  try {
    const lock = await acquireLock(hostPaths.lock(operationsFiles), { why });
    try {
      await refuseBesideInterrupted(hostPaths.promotions(operationsFiles));
      const { platform } = await open();
      return await reportTask(work.report, 'rebuild', `Rebuilding ${replica}`, () =>
        rebuildIntoEdition(platform, replica, work),
      );
    } finally {
      await lock.release();
    }
  } finally {
    await lease.release();
  }
}

async function verify({ operationsFiles, open }: Host, id: string, { signal }: WorkOptions) {
  const { certificate } = await readCertificate(hostPaths.promotions(operationsFiles), id);
  const { platform, site } = await open();
  return verifyCertificate(certificate, { platform, site, signal });
}

function end({ message }: UnderstudyError): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
