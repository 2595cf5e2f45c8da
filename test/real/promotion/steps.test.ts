import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { silent } from '../../../src/output/messages.js';
import type { GatedDatabase } from '../../../src/platform/platform.js';
import { waitUntil } from '../../../src/process/wait.js';
import type { PromotionContext } from '../../../src/promotion/context.js';
import type { PromotionFacts } from '../../../src/promotion/facts.js';
import { type PromotionStep, promotionSteps } from '../../../src/promotion/pipeline.js';
import { acquireLock, type Lock } from '../../../src/state/lock.js';
import type { TestPlatform } from '../../helpers/platform.js';
import { edit, seen, startPhpSite } from './php-site.js';

/** One promotion, step by step: each is done, undone, and done again, on real servers. */
describe('each step of a promotion', () => {
  let site: TestPlatform;
  let lock: Lock;
  let database: GatedDatabase;
  let context: PromotionContext;
  let steps: ReadonlyMap<string, PromotionStep>;
  const facts: Partial<PromotionFacts> = {};

  beforeAll(async () => {
    site = await startPhpSite();
    await edit(site, 1);
    expect(await site.cli(['promote', '--yes'])).toMatchObject({ exitCode: 0 });
    // As every promotion has it: beside it, nobody else moves replicas or changes their shares.
    lock = await acquireLock(paths.promotionLock(site.layout), { why: 'the steps of a promotion' });
    await edit(site, 2);
    const { platform } = site;
    if (!platform.database) throw new Error('The site has no database.');
    database = platform.database;
    const request = { id: 'x', kind: 'promote', by: 'a test', at: '', bakeSeconds: 0, force: false } as const;
    const { signal } = new AbortController();
    context = { platform, site: site.site, request, report: silent, signal };
    const made = promotionSteps(request, platform, `${site.dir}/promotions`);
    steps = new Map(made.map((step) => [step.id, step]));
  });
  afterAll(() => site?.destroy());

  const stepOf = (id: keyof PromotionFacts): PromotionStep => {
    const step = steps.get(id);
    if (!step) throw new Error(`There is no step ${id}.`);
    return step;
  };

  async function act(id: keyof PromotionFacts): Promise<void> {
    const step = stepOf(id);
    await step.check?.(context, facts);
    Object.assign(facts, { [id]: await step.do(context, facts) });
    await step.verify?.(context, facts);
  }

  /** Undone with what the step found out and, as after a kill in the middle, without. */
  async function actAndUndo(id: keyof PromotionFacts, look: () => Promise<void>): Promise<void> {
    const before = await seen(site);
    await act(id);
    await look();
    const { [id]: _, ...others } = facts;
    for (const known of [facts, others]) {
      await stepOf(id).checkUndo?.(context, known);
      await stepOf(id).undo?.(context, known);
      expect(await seen(site)).toEqual(before);
    }
    await act(id);
    await look();
  }

  it('preflight, stage and plan change nothing that prod shows, and come to the same plan twice', async () => {
    const before = await seen(site);
    const plans = [];
    for (let turn = 0; turn < 2; turn++) {
      for (const id of ['preflight', 'stage', 'plan'] as const) await act(id);
      plans.push(facts.plan);
    }
    expect(plans[0]).toEqual(plans[1]);
    expect(facts.plan).toMatchObject({
      replaces: 1,
      files: { added: [], changed: [{ path: 'code.php' }], deleted: [] },
      media: { added: [{ path: '2.txt' }], changed: [{ path: 'a.txt' }], deleted: [] },
      configurationChanged: false,
      problems: [],
    });
    expect(facts.plan?.content.transactions).toBeGreaterThan(0);
    expect(await seen(site)).toEqual(before);
  });

  it('media brings new files, and lays changed ones aside', async () => {
    for (let turn = 0; turn < 2; turn++) await act('media');
    expect(await site.fetchProd('/files/2.txt')).toMatchObject({ status: 200, body: 'media 2' });
    expect(await site.fetchProd('/files/a.txt')).toMatchObject({ status: 200, body: 'media 1' });
    expect((await site.fetchProd('/files/.understudy-incoming/a.txt')).status).toBe(404);
  });

  it('drain takes the second replica out of the edition in use', () =>
    actAndUndo('drain', async () => {
      const { edition, weights } = await seen(site);
      expect(edition).toMatchObject({ id: 1, replicas: ['replica-1'] });
      expect(weights).toEqual({ 'replica-1': 100, 'replica-2': 0 });
    }));

  it('advance moves it to exactly the position; undone, it is a copy of the other one again', () =>
    actAndUndo('advance', async () => {
      const { replicas } = await seen(site);
      expect(replicas).toMatchObject([
        { gate: 'closed', row: 'row 1' },
        { gate: 'closed', position: facts.stage?.position, row: 'row 2' },
      ]);
    }));

  it('canary shows the new edition to nobody, and leaves no instance behind', () =>
    actAndUndo('canary', async () => {
      expect(facts.canary).toMatchObject({
        edition: { release: facts.stage?.release, replicas: ['replica-2'] },
        pages: [{ path: '/', status: 200 }],
      });
      expect((await seen(site)).canary).toEqual([]);
    }));

  it('a canary that a crash has left running is dismissed by the undo', async () => {
    const before = await seen(site);
    await site.platform.fleet.bootCanary();
    expect((await seen(site)).canary).not.toEqual([]);
    await stepOf('canary').undo?.(context, facts);
    expect(await seen(site)).toEqual(before);
  });

  it('warm puts it onto every instance, where visitors do not see it', () =>
    actAndUndo('warm', async () => {
      const { instances } = await seen(site);
      for (const { edition, editions, page, media } of instances) {
        expect(edition).toBe(1);
        expect(editions).toContain(String(facts.canary?.edition.id));
        expect(page).toMatch(/^200 code 1 of edition 1$/);
        expect(media).toBe('media 1');
      }
    }));

  it('switch shows it to everybody, media included; undone, all is as before', () =>
    actAndUndo('switch', async () => {
      const { instances, edition } = await seen(site);
      expect(edition).toEqual(facts.canary?.edition);
      for (const { page, media } of instances) {
        expect(page).toBe(`200 code 2 of edition ${facts.canary?.edition.id}`);
        expect(media).toBe('media 2');
      }
    }));

  it('the switch is not done with a replica that stands elsewhere', async () => {
    const { canary } = facts;
    if (!canary) throw new Error('The steps before have not been done.');
    const elsewhere = { ...facts, canary: { ...canary, edition: { ...canary.edition, replicas: ['replica-1'] } } };
    await expect(stepOf('switch').check?.(context, elsewhere)).rejects.toMatchObject({
      code: 'replica-not-at-position',
    });
  });

  it('the switch is not undone while the replica with the old content is away from it', async () => {
    const { drain, preflight } = facts;
    if (!drain || !preflight?.previous) throw new Error('The steps before have not been done.');
    const moved = { ...facts, preflight: { ...preflight, previous: { ...preflight.previous, position: undefined } } };
    const look = stepOf('switch').checkUndo?.({ ...context, signal: AbortSignal.timeout(500) }, moved);
    await expect(look).rejects.toMatchObject({ code: 'way-back-lost' });
  });

  it('bake sees that the new edition is served well', async () => {
    await act('bake');
    expect(facts.bake).toMatchObject({ failed: 0 });
  });

  it('finalise brings both replicas to the position, and may be repeated', async () => {
    for (let turn = 0; turn < 2; turn++) {
      await act('finalise');
      const { edition, replicas, weights, instances } = await seen(site);
      expect(edition?.replicas).toEqual(['replica-1', 'replica-2']);
      for (const replica of replicas) {
        expect(replica).toMatchObject({ gate: 'closed', position: edition?.position, row: 'row 2' });
      }
      expect(weights).toEqual({ 'replica-1': 100, 'replica-2': 100 });
      for (const { editions } of instances) {
        expect(editions.filter((id) => id !== '0')).toEqual([String(edition?.id)]);
      }
    }
    expect(await site.platform.editions.list()).toHaveLength(2);
  });

  it('certificate states what it has seen', async () => {
    await act('certificate');
    const { position } = (await seen(site)).edition ?? {};
    expect(facts.certificate).toMatchObject({
      instances: [{ manifestHash: facts.stage?.releaseHash }, { manifestHash: facts.stage?.releaseHash }],
      source: { server: 'db-1', tables: [{ name: 'notes', rows: 1 }] },
      leftovers: [],
      replicas: [
        { position, gate: 'closed', tables: facts.stage?.source?.tables },
        { position, gate: 'closed', tables: facts.stage?.source?.tables },
      ],
      pages: [{ path: '/', status: 200 }],
    });
  });

  it('certificate is refused when a replica does not stand where it should', async () => {
    await edit(site, 3);
    // Also beside a promotion a gate that was opened by hand is closed again, perhaps too soon.
    const leak = async () => {
      await database.gate.open('replica-1');
      return (await database.gate.status('replica-1')).position !== facts.stage?.position;
    };
    await expect.poll(leak, { timeout: 10_000 }).toBe(true);
    await database.gate.close('replica-1');
    await expect(act('certificate')).rejects.toMatchObject({ code: 'certificate-refused' });
    await expect(act('preflight')).rejects.toMatchObject({ code: 'replica-leaked', kind: 'refused' });
  });

  it('a replica that leaked is made good again by `replica rebuild`', async () => {
    await lock.release();
    // The control plane may be at it by itself; then the command is refused until that is done.
    const rebuild = () => site.cli(['replica', 'rebuild', 'replica-1', '--yes', '--json']);
    const rebuilt = await waitUntil(
      async () => {
        const answer = await rebuild();
        return answer.exitCode !== 3 && answer;
      },
      { what: 'the control plane to leave replica-1 alone', deadlineMs: 60_000, everyMs: 500 },
    );
    expect(rebuilt, rebuilt.stderr).toMatchObject({ exitCode: 0 });
    const { edition, replicas } = await seen(site);
    expect(JSON.parse(rebuilt.stdout)).toEqual({ replica: 'replica-1', position: edition?.position, inUse: true });
    expect(replicas[0]).toMatchObject({ position: edition?.position, row: 'row 2' });
    await act('certificate');
  });
});
