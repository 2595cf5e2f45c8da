import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import type { PlatformStatus } from '../../../src/platform/status.js';
import { waitUntil } from '../../../src/process/wait.js';
import type { PromotionResult } from '../../../src/promotion/result.js';
import { underLoad } from '../../helpers/load.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';
import { controlPlanePid, pidOf, processesOf } from '../control-plane/processes.js';
import { edit, indexPage } from '../promotion/php-site.js';

let site: TestPlatform;

beforeAll(async () => {
  site = await startPlatform({
    definition: {
      name: 'scaled',
      app: { kind: 'php', directory: './site', mediaPath: 'files', database: true },
      // Two hundred visitors a second are more than two instances are to serve; thirty are few enough for one fewer.
      environments: { prod: { capacity: { min: 2, max: 3, requestsPerInstance: 20, scaleInSeconds: 5 } } },
    },
    files: { 'site/index.php': indexPage, 'site/code.php': '<?php return 1;', 'site/files/a.txt': 'media 1' },
  });
  await edit(site, 1);
  expect(await site.cli(['promote', '--yes'])).toMatchObject({ exitCode: 0 });
});
afterAll(() => site?.destroy());

const many = { perSecond: 60 };
const few = { perSecond: 20 };
const prod = async () => (await site.client.call('status', {})).environments.prod;
const untilProd = (what: string, isSo: (seen: PlatformStatus['environments']['prod']) => boolean) =>
  waitUntil(
    async () => {
      const seen = await prod().catch(() => undefined);
      return seen && isSo(seen) ? seen : undefined;
    },
    { what, deadlineMs: 60_000, everyMs: 100 },
  );
const untilHealthy = (count: number) =>
  untilProd(
    `${count} instances`,
    ({ instances }) => instances.length === count && instances.every(({ state }) => state === 'healthy'),
  );
/** Waits until the third instance has gone, with all that it had. */
const untilGone = async () => {
  await untilHealthy(2);
  const rest = () => processesOf(site.layout).some(({ command }) => command.includes('/prod-3/'));
  await waitUntil(() => !rest() && !existsSync(paths.instance(site.layout, 'prod-3')), {
    what: 'nothing to be left of prod-3',
    deadlineMs: 20_000,
  });
};
const prodServers = (count: number) =>
  Array.from({ length: count }, (_, index) => pidOf(site.layout, `prod-${index + 1}.nginx`));

describe('more visitors than two instances are to serve', () => {
  it('bring one more, which serves the same edition and outlives the control plane; nobody notices', async () => {
    const report = await underLoad(
      site,
      async () => {
        const seen = await untilHealthy(3);
        expect(seen.instances.map(({ edition, zone }) => [edition, zone])).toEqual([
          [1, 'a'],
          [1, 'b'],
          [1, 'a'],
        ]);
        expect(seen.capacity).toMatchObject({ wanted: 3, scaled: { why: expect.stringContaining('requests/s') } });
        const before = prodServers(3);
        process.kill(controlPlanePid(site.layout), 'SIGKILL');
        expect(await site.cli(['up'])).toMatchObject({ exitCode: 0 });
        await untilHealthy(3);
        expect(prodServers(3)).toEqual(before);
      },
      many,
    );
    expect(report).toMatchObject({ failed: 0 });
  });

  it('go, and so does the instance, without cutting anybody off', async () => {
    const report = await underLoad(site, () => untilGone(), few);
    expect(report).toMatchObject({ failed: 0 });
    expect(report.requests).toBeGreaterThan(50);
    expect((await prod()).capacity.scaled?.why).toContain('one fewer is enough');
  });
});

describe('an instance that joins while a promotion is watched', () => {
  it('has the new edition, goes back with the others, and stays until the promotion is over', async () => {
    await edit(site, 2);
    const promotion = site.cli(['promote', '--yes', '--json', '--bake', '300']);
    await untilProd(
      'the switch',
      ({ edition, instances }) => instances.every((one) => one.edition === 2) && edition?.id === 2,
    );
    const report = await underLoad(
      site,
      async () => {
        const joined = await untilHealthy(3);
        expect(joined.instances.map(({ edition }) => edition)).toEqual([2, 2, 2]);
      },
      many,
    );
    expect(report).toMatchObject({ failed: 0 });
    // Long enough for it to be dismissed if nothing stood against it.
    const end = performance.now() + 7_000;
    await waitUntil(() => performance.now() > end, { what: 'time to pass', deadlineMs: 10_000 });
    expect((await prod()).instances).toHaveLength(3);
    expect(await site.cli(['rollback', '--yes'])).toMatchObject({ exitCode: 0 });
    expect((JSON.parse((await promotion).stdout) as PromotionResult).outcome).toBe('rolled-back');
    const after = await untilProd('the old edition', ({ edition }) => edition?.id === 1);
    expect(after.instances.map(({ edition }) => edition)).toEqual(after.instances.map(() => 1));
    await untilGone();
  });
});

describe('an instance that cannot be booted', () => {
  it('is given up and told, and those that are there go on', async () => {
    // Where its folder would be.
    const folder = paths.instance(site.layout, 'prod-3');
    await writeFile(folder, '');
    const report = await underLoad(
      site,
      async () => {
        const seen = await untilProd('the failure', ({ capacity }) =>
          /could not be booted/.test(capacity.scaled?.why ?? ''),
        );
        expect(seen.capacity.wanted).toBe(2);
        expect(seen.instances).toHaveLength(2);
      },
      many,
    );
    expect(report).toMatchObject({ failed: 0 });
    await rm(folder, { force: true });
  });
});
