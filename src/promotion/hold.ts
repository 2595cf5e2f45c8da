import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeJson } from '../state/atomic-file.js';
import { promotionFiles } from './request.js';

/** Somebody's word that a promotion which holds in the bake may go on. Durable: a runner that is resumed finds it too. */
export async function continueHeld(promotionsDir: string, id: string, by: string): Promise<void> {
  await writeJson(promotionFiles.continued(join(promotionsDir, id)), { by, at: new Date().toISOString() });
}

export const isContinued = (promotionsDir: string, id: string): boolean =>
  existsSync(promotionFiles.continued(join(promotionsDir, id)));
