import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Visitors } from '../../../src/drills/visitors.js';
import type { PromotionResult } from '../../../src/promotion/result.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';

describe('a WordPress site', () => {
  let site: TestPlatform;
  beforeAll(async () => {
    site = await startPlatform();
  });
  afterAll(() => site?.destroy());

  const promote = async (...options: string[]) => {
    const { exitCode, stdout, stderr } = await site.cli(['promote', '--yes', '--json', ...options]);
    return { exitCode, stderr, result: JSON.parse(stdout) as PromotionResult };
  };
  const visit = () =>
    new Visitors({
      url: site.up.urls.prod,
      address: '127.0.0.1',
      authority: site.authority,
      paths: ['/', '/feed/', '/?s=hello', '/sample-page/', '/hello-world/'],
      perSecond: 100,
    });

  it('is in prod after its first promotion', async () => {
    expect((await site.fetchProd('/')).status).toBe(503);
    const { exitCode, stderr, result } = await promote();
    expect(exitCode, stderr).toBe(0);
    expect(result).toMatchObject({ outcome: 'promoted', edition: { id: 1, release: 1 } });
    expect(await site.fetchProd('/')).toMatchObject({ status: 200, headers: { 'x-understudy-edition': '1' } });
  });

  it('shows an edit in prod once it is promoted and not before, and no visitor meets an error', async () => {
    await site.editPost('Edited in dev');
    await site.writeDevFile('wp-content/plugins/greeting/greeting.php', '<?php // Plugin Name: Greeting');
    expect((await site.fetchProd('/')).body).not.toContain('Edited in dev');
    const visitors = visit();
    const { exitCode, stderr, result } = await promote('--bake', '1').finally(() => visitors.stop());
    const met = await visitors.stop();
    expect(exitCode, stderr).toBe(0);
    expect((await site.fetchProd('/')).body).toContain('Edited in dev');
    expect(met.failures).toEqual([]);
    expect(met.requests).toBeGreaterThan(50);
    expect(result.visitors.failed).toBe(0);
    expect(result.visitors.requests).toBeGreaterThan(50);
    expect(result.plan?.files.added.map(({ path }) => path)).toEqual(['wp-content/plugins/greeting/greeting.php']);
  });

  it('with a fatal error in its theme is not shown to anybody', async () => {
    const theme = (await site.devPhp("require 'wp-load.php'; echo get_stylesheet();")).trim();
    await site.writeDevFile(`wp-content/themes/${theme}/functions.php`, '<?php no_such_function();');
    const visitors = visit();
    const { exitCode, stderr, result } = await promote().finally(() => visitors.stop());
    expect(exitCode, stderr).toBe(1);
    expect(result).toMatchObject({ outcome: 'rolled-back', edition: { id: 2 }, error: { code: 'page-wrong' } });
    expect((await visitors.stop()).failures).toEqual([]);
    expect(await site.fetchProd('/')).toMatchObject({ status: 200, headers: { 'x-understudy-edition': '2' } });
  });
});
