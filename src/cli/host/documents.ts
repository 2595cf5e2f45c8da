import { join } from 'node:path';
import { z } from 'zod';
import { operationKeys } from '../../aws/naming.js';
import type { Bucket } from '../../aws/operate/bucket.js';
import { readStored } from '../../aws/operate/stored-json.js';
import { UnderstudyError } from '../../output/errors.js';
import { requestSchema } from '../../promotion/request.js';

/** What commands and the operations host tell each other, in the release bucket below the id of a promotion or job. */
export const folderOf = {
  promotion: (id: string) => `${operationKeys.promotions}${id}/`,
  job: (id: string) => `${operationKeys.jobs}${id}/`,
} as const;

export const documentNames = {
  request: 'request.json',
  /** Somebody wants it taken back. */
  interrupt: 'interrupt.json',
  /** Somebody lets one go on that holds. */
  continued: 'continued.json',
  certificate: 'certificate.json',
} as const;

/** Somebody's word. */
export const wordSchema = z.object({ by: z.string(), at: z.string() });

export const jobSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('rebuild'), replica: z.string(), by: z.string() }),
  z.object({ kind: z.literal('verify'), certificate: z.string(), by: z.string() }),
  z.object({ kind: z.literal('command'), command: z.array(z.string()).min(1), by: z.string() }),
]);
export type Job = z.infer<typeof jobSchema>;

/** An id begins with the time at which it was asked for. Nothing in it means anything to a shell. */
export const idPattern = /^\d{8}T\d{6}Z-[0-9a-f]{8}$/;

export async function readPromotionRequest(bucket: Bucket, id: string) {
  const request = await readStored(bucket, folderOf.promotion(id) + documentNames.request, requestSchema);
  if (request?.id === id) return request;
  throw new UnderstudyError({ code: 'promotion-unknown', message: `There is no promotion ${id}.` });
}

export async function readJob(bucket: Bucket, id: string): Promise<Job> {
  const job = await readStored(bucket, folderOf.job(id) + documentNames.request, jobSchema);
  if (job) return job;
  throw new UnderstudyError({ code: 'job-unknown', message: `There is no job ${id}.` });
}

/** Where they lie on the operations host, on a file system that outlives it. */
export const hostPaths = {
  promotions: (operationsFiles: string) => join(operationsFiles, 'promotions'),
  lock: (operationsFiles: string) => join(operationsFiles, 'promotion.lock'),
  job: (operationsFiles: string, id: string) => join(operationsFiles, 'jobs', id, 'journal.ndjson'),
} as const;
