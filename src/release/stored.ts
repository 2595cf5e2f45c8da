import { z } from 'zod';
import { UnderstudyError } from '../output/errors.js';
import type { Edition } from '../platform/edition.js';
import { toPosition } from '../platform/position.js';

/** What a storage of releases holds beside manifests and packs, as JSON: the same wherever it is kept. */

const packSchema = z.object({
  number: z.int().min(1),
  sha256: z.string(),
  size: z.int(),
  files: z.int(),
  contentBytes: z.int(),
});

/** A `ReleaseRecord`. */
export const recordSchema = z.object({
  number: z.int().min(1),
  hash: z.string(),
  files: z.int(),
  bytes: z.int(),
  createdAt: z.string(),
  packs: z.array(packSchema),
  components: z.array(z.object({ id: z.string(), version: z.string(), file: z.string() })),
});

/** An `Edition`. */
export const editionSchema = z
  .object({
    id: z.int().min(1),
    release: z.int().min(1),
    position: z.string().transform(toPosition).optional(),
    replicas: z.array(z.string()),
    following: z.object({ since: z.string(), gates: z.enum(['open', 'closing']) }).optional(),
  })
  .transform((edition): Edition => ({ ...edition, position: edition.position }));

/** The last number that was given to a release. */
export const numbersSchema = z.object({ last: z.int().min(0) });

export const releaseMissing = (release: number) =>
  new UnderstudyError({
    code: 'release-missing',
    message: `There is no release ${release}.`,
    remedy: 'Run `understudy releases` for those that there are.',
  });

export const releaseDamaged = (what: string) =>
  new UnderstudyError({
    code: 'release-damaged',
    message: `A stored release is damaged: ${what}.`,
    remedy: 'Promote again, which makes a new one, and remove the damaged one.',
  });
