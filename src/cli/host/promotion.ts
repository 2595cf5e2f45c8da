import { join } from 'node:path';
import { takeLease } from '../../aws/operate/lease.js';
import { readStored } from '../../aws/operate/stored-json.js';
import { messageOf, UnderstudyError } from '../../output/errors.js';
import { continueHeld, isContinued } from '../../promotion/hold.js';
import { noticeOf } from '../../promotion/notice.js';
import { noteFailure, type PromoteOptions, promote } from '../../promotion/promote.js';
import { type PromotionRequest, promotionFiles, requestSchema } from '../../promotion/request.js';
import type { PromotionResult } from '../../promotion/result.js';
import { readJson, writeJson } from '../../state/atomic-file.js';
import { copyWhile } from './copy-while.js';
import { documentNames, folderOf, hostPaths, readPromotionRequest, wordSchema } from './documents.js';
import type { Host } from './host.js';

export type PromotionMode = PromoteOptions['mode'];

/**
 * Carries out a promotion on the operations host, as its own process. Its journal lies on a file system that outlives
 * the host, and is copied to S3 for those who watch. What people ask meanwhile are documents there.
 */
export async function promoteOnHost(host: Host, id: string, mode: PromotionMode): Promise<PromotionResult> {
  const { bucket, operationsFiles, open } = host;
  const promotionsDir = hostPaths.promotions(operationsFiles);
  const dir = join(promotionsDir, id);
  const request = await takeRequest(host, dir, id);
  const interrupted = new AbortController();
  const interrupt = () =>
    interrupted.abort(new UnderstudyError({ code: 'interrupted', message: 'It was asked to be taken back.' }));
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  // Nothing is imported on this platform, so nothing leaves dev in between.
  const promotion = { open, promotionsDir, id, requireWholeDev: async () => undefined };
  const folder = folderOf.promotion(id);
  const alsoAsk = async () => {
    const said = (name: string) => readStored(bucket, folder + name, wordSchema);
    if (!interrupted.signal.aborted && (await said(documentNames.interrupt))) interrupt();
    if (!request.hold || isContinued(promotionsDir, id)) return;
    const word = await said(documentNames.continued);
    if (word) await continueHeld(promotionsDir, id, word.by);
  };
  const work = async () => {
    try {
      const lease = await takeLease(bucket, { id, why: `${request.kind} ${id}`, by: request.by, onLost: end });
      try {
        const lockFile = hostPaths.lock(operationsFiles);
        const result = await promote({ ...promotion, lockFile, mode, signal: interrupted.signal });
        await publishCertificate(host, result);
        return result;
      } finally {
        await lease.release().catch(tell);
      }
    } catch (error) {
      return noteFailure(promotion, error);
    }
  };
  const result = await copyWhile({ bucket, folder, journal: promotionFiles.journal(dir), alsoAsk }, work);
  await notify(host, result, request);
  return result;
}

/** Written down where the journal will be, before anything else; it is never changed afterwards. */
async function takeRequest({ bucket }: Host, dir: string, id: string): Promise<PromotionRequest> {
  const file = promotionFiles.request(dir);
  const known = await readJson(file, requestSchema);
  if (known) return known;
  const request = await readPromotionRequest(bucket, id);
  await writeJson(file, request);
  return request;
}

/** For whoever asks later, from anywhere. Promotions beside which none is published tell their certificate as well. */
async function publishCertificate({ bucket }: Host, { id, certificate }: PromotionResult): Promise<void> {
  if (!certificate) return;
  const key = folderOf.promotion(id) + documentNames.certificate;
  await bucket.write(key, JSON.stringify(certificate), undefined).then(() => undefined, tell);
}

/** Somebody else may be changing prod: not even an undo is ours any more. The next run goes on from the journal. */
function end(error: UnderstudyError): void {
  tell(error);
  process.exit(1);
}

/** After the lease is given back: nobody waits for a topic. What could not be told stands in the log. */
async function notify({ open }: Host, result: PromotionResult, request: PromotionRequest): Promise<void> {
  const notice = noticeOf(result, request);
  if (!notice) return;
  await open()
    .then(({ platform }) => platform.notifier.notify(notice))
    .catch(tell);
}

const tell = (error: unknown) => void process.stderr.write(`${messageOf(error)}\n`);
