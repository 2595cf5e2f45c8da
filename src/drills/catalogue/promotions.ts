import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { waitUntil } from '../../process/wait.js';
import type { Drill } from '../drill.js';
import { choose } from '../random.js';
import type { DrilledPromotion, Stage } from '../stage.js';
import { needsDatabase } from './needs.js';

/** Loaded by WordPress by itself, wherever it lies in that folder. */
const badFile = 'wp-content/mu-plugins/understudy-drill.php';
const badCode = `<?php
// Written by \`understudy drill bad-release\`, and removed by it. It does harm in prod alone.
if (defined('UNDERSTUDY_ENVIRONMENT') && UNDERSTUDY_ENVIRONMENT === 'prod') {
    throw new Error('This release is bad on purpose.');
}
`;

const tookBack = ({ outcome, problem }: DrilledPromotion): readonly string[] =>
  outcome === 'rolled-back'
    ? []
    : [`the promotion was ${outcome} instead of rolled back${problem ? `: ${problem}` : ''}`];

const editionOf = async ({ status }: Stage) => (await status()).environments.prod.edition;

export const badRelease: Drill = {
  name: 'bad-release',
  summary: 'code that fails in prod is promoted; it is taken back by itself, and no visitor sees it',
  unfit: ({ site }) => (site.app.kind === 'wordpress' ? undefined : 'the site is not WordPress'),
  fault: async (stage) => {
    const file = join(stage.platform.files.devDocumentRoot, badFile);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, badCode);
    const before = await editionOf(stage);
    let promotion: DrilledPromotion | undefined;
    await stage.strike('a bad release is promoted', async () => {
      promotion = await stage.promote({ bakeSeconds: 10 });
    });
    if (!promotion) return;
    stage.note(`promotion: ${promotion.outcome}: ${promotion.problem}`);
    const after = await editionOf(stage);
    const stays = after?.id === before?.id ? [] : [`prod serves edition ${after?.id} instead of ${before?.id}`];
    stage.blame([...tookBack(promotion), ...stays]);
  },
  tidy: ({ platform }) => rm(join(platform.files.devDocumentRoot, badFile), { force: true }),
};

/** Long enough to lose a replica in, and to see what follows. */
const bakeSeconds = 30;
/** Until a promotion has switched visitors. */
const switchMs = 120_000;

export const replicaKillInBake: Drill = {
  name: 'replica-kill-in-bake',
  summary: 'the replica that alone has the new content is killed while a promotion is watched; it is taken back',
  unfit: needsDatabase,
  fault: async (stage) => {
    const before = await editionOf(stage);
    stage.note('a promotion begins');
    const promotion = stage.promote({ bakeSeconds });
    // Looked at below; until then it must not end this process.
    promotion.catch(() => undefined);
    const edition = await waitUntil(
      async () => {
        const { prod } = (await stage.status()).environments;
        const isSwitched = prod.edition && prod.edition.id !== before?.id;
        return isSwitched && prod.instances.every((one) => one.edition === prod.edition?.id) ? prod : undefined;
      },
      { what: 'the switch', deadlineMs: switchMs, everyMs: 100, signal: stage.signal },
    );
    const moved = edition.replicas.filter(({ position }) => position === edition.edition?.position);
    const { id } = choose(stage.random, moved);
    await stage.strike(`${id}, the one with the new content, killed`, () => stage.faults.kill([id]));
    const ended = await promotion;
    stage.note(`promotion: ${ended.outcome}: ${ended.problem}`);
    stage.blame(tookBack(ended));
  },
};
