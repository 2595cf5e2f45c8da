import { randomBytes } from 'node:crypto';
import type { Bucket } from '../../aws/operate/bucket.js';
import type { HostAction } from '../../aws/operate/host-commands.js';
import { JournalReader } from '../../aws/operate/journal-copy.js';
import { leaseHolder, locked } from '../../aws/operate/lease.js';
import { readStored } from '../../aws/operate/stored-json.js';
import { refusal } from '../../output/errors.js';
import { lastStep, parseEntry, progressOf } from '../../promotion/journal.js';
import { type PromotionRequest, requestSchema } from '../../promotion/request.js';
import type { PromotionResult } from '../../promotion/result.js';
import type { CommandContext } from '../command.js';
import { documentNames, folderOf } from '../host/documents.js';
import type { InsideLook } from '../host/look.js';
import { bytesSoFar, followCopy } from './aws-follow.js';
import type { NewPromotion, Promotions, RunningPromotion } from './operations.js';

export interface AwsPromotionsOptions extends Pick<CommandContext, 'terminal' | 'signal'> {
  readonly bucket: Bucket;
  /** Who asks, as AWS calls them. */
  readonly by: string;
  readonly ask: (action: HostAction, id: string) => Promise<unknown>;
}

/** An id of a promotion or job: what `idPattern` describes. */
export function newId(now = new Date()): string {
  return `${now.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '')}-${randomBytes(4).toString('hex')}`;
}

/**
 * Promotions that the operations host carries out. What is asked for is a document in S3; the host is told its id
 * through Systems Manager; how it goes is read from the copy of its journal.
 */
export function awsPromotions(options: AwsPromotionsOptions): Promotions {
  const { bucket, by, ask, terminal, signal } = options;
  const word = () => JSON.stringify({ by, at: new Date().toISOString() });
  const look = async () => (await ask('look', 'none')) as InsideLook;

  /** A lease may be left of a process that is gone, which only the host can tell. */
  const holder = async () => {
    if (!(await leaseHolder(bucket))) return undefined;
    await look();
    return leaseHolder(bucket);
  };
  /** @param hasBegun whether the process that carries it out was seen already */
  const watch = async (id: string, from: number, hasBegun: boolean): Promise<PromotionResult> => {
    const folder = folderOf.promotion(id);
    const interrupt = () =>
      void bucket.write(folder + documentNames.interrupt, word(), undefined).catch(terminal.error);
    signal.addEventListener('abort', interrupt, { once: true });
    try {
      if (signal.aborted) interrupt();
      const isGoing = leaseWatch(bucket, id, look);
      const following = { bucket, folder, from, report: terminal.report, hasBegun, isGoing };
      return (await followCopy(following)) as PromotionResult;
    } finally {
      signal.removeEventListener('abort', interrupt);
    }
  };
  const begin = async (action: 'run' | 'resume' | 'abort', id: string) => {
    const from = await bytesSoFar(bucket, folderOf.promotion(id));
    await ask(action, id);
    return watch(id, from, false);
  };

  return {
    async start(wanted) {
      const present = await holder();
      if (present) {
        const request = await requestOf(bucket, present.id);
        if (!request || !isTheSame(request, wanted, by)) throw locked(present);
        terminal.say(`This is going on already, since ${present.since}: watching it.`);
        return watch(request.id, 0, true);
      }
      signal.throwIfAborted();
      const id = newId();
      const request: PromotionRequest = { ...wanted, id, by, at: new Date().toISOString() };
      await bucket.write(folderOf.promotion(id) + documentNames.request, JSON.stringify(request), { absent: true });
      return begin('run', id);
    },
    async running() {
      const present = await holder();
      if (!present) return undefined;
      if (await requestOf(bucket, present.id)) return { id: present.id };
      throw locked(present);
    },
    interrupted: async () => (await look()).interrupted ?? undefined,
    async goOn(id, mode) {
      const present = await holder();
      if (present) throw locked(present);
      // Somebody's word from the run that was cut off is not about this one.
      await bucket.remove(folderOf.promotion(id) + documentNames.interrupt);
      return begin(mode, id);
    },
    async takeBack({ id }) {
      const folder = folderOf.promotion(id);
      const from = await bytesSoFar(bucket, folder);
      await bucket.write(folder + documentNames.interrupt, word(), undefined);
      return watch(id, from, true);
    },
    async letGoOn(running) {
      const folder = folderOf.promotion(running.id);
      await needHeld(bucket, running);
      const from = await bytesSoFar(bucket, folder);
      await bucket.write(folder + documentNames.continued, word(), undefined);
      return watch(running.id, from, true);
    },
  };
}

/** Longer than a holder takes to renew it, with some attempts in vain. */
const unrenewedMs = 45_000;

/** Whether a promotion's process holds the lease still. One that is not renewed any more is looked into by the host. */
function leaseWatch(bucket: Bucket, id: string, look: () => Promise<unknown>): () => Promise<boolean> {
  let renewedAt = 0;
  let changed = performance.now();
  return async () => {
    const seen = await leaseHolder(bucket);
    if (seen?.id !== id) return false;
    if (seen.renewedAt !== renewedAt) [renewedAt, changed] = [seen.renewedAt, performance.now()];
    if (performance.now() - changed < unrenewedMs) return true;
    await look();
    return (await leaseHolder(bucket))?.id === id;
  };
}

const requestOf = (bucket: Bucket, id: string) =>
  readStored(bucket, folderOf.promotion(id) + documentNames.request, requestSchema);

/** Whoever asks for the same again has lost the connection, and not changed their mind. */
function isTheSame(request: PromotionRequest, wanted: NewPromotion, by: string): boolean {
  const { id: _id, at: _at, by: asker, ...asked } = request;
  const plain = (value: object) =>
    JSON.stringify(
      Object.entries(value)
        .filter(([, one]) => one !== undefined)
        .sort(),
    );
  return asker === by && plain(asked) === plain(wanted);
}

async function needHeld(bucket: Bucket, { id }: RunningPromotion): Promise<void> {
  const lines = await new JournalReader(bucket, folderOf.promotion(id)).next();
  const entries = lines.map(parseEntry).filter((entry) => entry !== undefined);
  const step = lastStep(progressOf(entries));
  const request = await requestOf(bucket, id);
  if (request?.hold && step === 'bake') return;
  throw refusal({
    code: 'not-held',
    message: `The promotion that is going on does not wait: it stands at the step "${step ?? 'preflight'}"${request?.hold ? '' : ' and was begun without --hold'}.`,
    remedy: 'Wait for it to end, or take it back with `understudy promote --abort`.',
  });
}
