import { once } from 'node:events';
import { renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mustSucceed, TestInstance } from './instance.js';
import { writeRelease } from './release.js';

describe('a link that is switched all the time under load', { timeout: 60_000 }, () => {
  const instance = new TestInstance('127.8.3.1');
  const pages = 600;
  const site = (edition: number) => ({
    'index.php': `<?php require __DIR__ . '/part.php'; usleep(500); echo json_encode([${edition}, part(), (require __DIR__ . '/edition.php')['id']]);`,
    'part.php': `<?php function part() { return ${edition}; }`,
  });

  beforeAll(async () => {
    await instance.start();
    await instance.serve(1, site(1));
    await writeRelease(instance.releases, 2, site(2));
    mustSucceed(await instance.prepare(2));
  }, 30_000);
  afterAll(() => instance.remove());

  /** The same rename as the agent's. */
  function point(edition: number): void {
    const aside = join(instance.root, '.current.aside');
    symlinkSync(`editions/${edition}`, aside);
    renameSync(aside, join(instance.root, 'current'));
  }

  /** Switches without a pause in a thread of its own, so that switches fall into the middle of requests. */
  function startFlipping(): () => Promise<number> {
    const shared = new Int32Array(new SharedArrayBuffer(8));
    const thread = new Worker(
      `const { renameSync, symlinkSync } = require('node:fs');
       const { workerData: { shared, root } } = require('node:worker_threads');
       while (Atomics.load(shared, 0) === 0) {
         symlinkSync('editions/' + ((Atomics.add(shared, 1, 1) % 2) + 1), root + '/.current.flipping');
         renameSync(root + '/.current.flipping', root + '/current');
       }`,
      { eval: true, workerData: { shared, root: instance.root } },
    );
    return async () => {
      Atomics.store(shared, 0, 1);
      await once(thread, 'exit');
      return Atomics.load(shared, 1);
    };
  }

  async function askAll(check: (body: string, header: string) => void): Promise<void> {
    let page = 0;
    const visitor = async () => {
      while (page < pages) {
        const { status, headers, body } = await instance.ask(`/page-${page++}/`);
        expect(status).toBe(200);
        check(body, `${headers['x-understudy-edition']}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, visitor));
  }

  it('mixes no two editions in a page, and stores each page under its own edition', async () => {
    const stop = startFlipping();
    let flips = 0;
    try {
      for (let round = 0; round < 3; round++) {
        await askAll((body, header) => expect(body).toBe(`[${header},${header},${header}]`));
      }
    } finally {
      flips = await stop();
    }
    expect(flips).toBeGreaterThan(pages);
    for (const edition of [1, 2]) {
      point(edition);
      await askAll((body) => expect(body).toBe(`[${edition},${edition},${edition}]`));
    }
  });
});
