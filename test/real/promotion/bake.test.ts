import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { isAlive } from '../../../src/process/identity.js';
import { waitUntil } from '../../../src/process/wait.js';
import { readJournal } from '../../../src/promotion/journal.js';
import { promotionFiles } from '../../../src/promotion/request.js';
import type { PromotionResult } from '../../../src/promotion/result.js';
import { lockHolder } from '../../../src/state/lock.js';
import type { CommandResult, TestPlatform } from '../../helpers/platform.js';
import { edit, indexPage, seen, startPhpSite } from './php-site.js';

describe('the bake', () => {
  let site: TestPlatform;
  beforeAll(async () => {
    site = await startPhpSite();
    await edit(site, 1);
    expect(await site.cli(['promote', '--yes'])).toMatchObject({ exitCode: 0 });
  });
  afterAll(() => site?.destroy());

  const resultOf = ({ stdout }: CommandResult) => JSON.parse(stdout) as PromotionResult;
  const code = async () => (await site.fetchProd('/')).body;

  /** Begins a promotion and waits until it watches. */
  async function baking(...options: string[]): Promise<Promise<CommandResult>[]> {
    const dir = paths.promotions(site.layout);
    const promotions = async () => (await readdir(dir)).filter((name) => name !== 'plans');
    const before = await promotions();
    const ended = site.cli(['promote', '--yes', '--json', ...options]);
    const isThere = async () => {
      const mine = (await promotions()).find((name) => !before.includes(name));
      const entries = mine === undefined ? [] : await readJournal(promotionFiles.journal(`${dir}/${mine}`));
      return entries.some((entry) => entry.event === 'doing' && entry.step === 'bake');
    };
    await waitUntil(isThere, { what: 'the bake to begin', deadlineMs: 90_000 });
    // In a list: a promise that is returned would be waited for.
    return [ended];
  }

  it('held, it waits until somebody lets it go on, also after its process was killed', async () => {
    await edit(site, 2);
    const [held] = await baking('--hold');
    expect(await code()).toBe('code 2');
    const runner = (await lockHolder(paths.promotionLock(site.layout)))?.process;
    if (!runner) throw new Error('Nobody promotes.');
    process.kill(runner.pid, 'SIGKILL');
    await waitUntil(() => !isAlive(runner), { what: 'it to be dead', deadlineMs: 5_000 });
    expect(resultOf((await held) as CommandResult).error?.code).toBe('runner-lost');
    const early = await site.cli(['promote', '--continue', '--json']);
    expect(early.exitCode).toBe(3);
    expect(resultOf(early).error?.code).toBe('nothing-held');
    const resumed = site.cli(['promote', '--resume', '--json']);
    const goOn = () => site.cli(['promote', '--continue', '--json']);
    const continued = await waitUntil(
      async () => {
        const said = await goOn();
        return said.exitCode === 0 ? said : undefined;
      },
      { what: 'it to hold again', deadlineMs: 60_000 },
    );
    expect(resultOf(continued)).toMatchObject({ outcome: 'promoted' });
    expect(resultOf(await resumed)).toEqual(resultOf(continued));
  });

  it('held, it is taken back by --abort', async () => {
    const before = await seen(site);
    await edit(site, 3);
    const [held] = await baking('--hold');
    const aborted = await site.cli(['promote', '--abort', '--json']);
    expect(aborted, aborted.stderr).toMatchObject({ exitCode: 0 });
    expect(resultOf(aborted)).toMatchObject({ outcome: 'rolled-back', error: { code: 'interrupted' } });
    expect((await held)?.exitCode).toBe(1);
    expect(await seen(site)).toEqual(before);
  });

  /** Asks for pages that no cache has, until the promotion has ended. */
  async function visitUntil(ended: Promise<unknown> | undefined, count = 1_000): Promise<void> {
    let over = false;
    void ended?.finally(() => {
      over = true;
    });
    for (let turn = 0; turn < count && !over; turn++) await site.fetchProd(`/?visit=${Math.random()}`);
  }

  it('takes back an edition whose pages have become slow', async () => {
    await visitUntil(undefined, 25);
    await site.writeDevFile('index.php', `${indexPage} usleep(800_000);`);
    const [ended] = await baking('--bake', '60');
    await visitUntil(ended);
    expect(resultOf((await ended) as CommandResult)).toMatchObject({
      ...{ outcome: 'rolled-back', error: { code: 'too-slow', message: expect.stringMatching(/up to 8\d\d ms/) } },
    });
    expect(await code()).toBe('code 2');
  });

  it('takes back an edition that fails more often than the one before', async () => {
    const fails = "<?php if (isset($_GET['visit'])) { http_response_code(500); exit; } ?>";
    await site.writeDevFile('index.php', `${fails}${indexPage}`);
    const [ended] = await baking('--bake', '60');
    await visitUntil(ended);
    expect(resultOf((await ended) as CommandResult)).toMatchObject({
      ...{ outcome: 'rolled-back', error: { code: 'too-many-failures' } },
    });
    expect(await code()).toBe('code 2');
  });
});
