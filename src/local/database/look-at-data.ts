import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { inTime } from '../../sql/in-time.js';
import type { Observation } from './observe.js';
import type { DatabaseServer } from './server.js';

/** A file system answers from memory; one that does not (a network's) must not hold up a round. */
const answerMs = 500;

/** What the file system says of a server's data. The first file that InnoDB makes stands for all of it. */
export async function lookAtData(server: DatabaseServer): Promise<Pick<Observation, 'freeBytes' | 'dataLost'>> {
  const dataLost = !existsSync(join(server.dataDir, 'ibdata1'));
  const freeBytes = await inTime(statfs(server.dataDir), answerMs, () => new Error('no answer')).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );
  return { freeBytes, dataLost };
}
