import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findDefinition, initSite, siteNameOf } from '../../../src/site/init.js';
import { loadSite } from '../../../src/site/load.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-init-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('init', () => {
  it('writes a definition that loads, named after a folder that it makes', async () => {
    const path = await initSite(join(folder, 'My Shop'));
    expect(path).toBe(join(folder, 'My Shop', 'understudy.config.ts'));
    await expect(loadSite(path)).resolves.toMatchObject({ name: 'my-shop' });
    await expect(findDefinition(join(folder, 'My Shop'))).resolves.toBe(path);
  });

  it.each(['understudy.config.ts', 'understudy.config.mjs', 'understudy.config.js'])(
    'never overwrites %s',
    async (name) => {
      writeFileSync(join(folder, name), 'mine');
      await expect(initSite(folder, 'shop')).rejects.toMatchObject({ code: 'definition-exists', kind: 'refused' });
      expect(readdirSync(folder)).toEqual([name]);
      expect(readFileSync(join(folder, name), 'utf8')).toBe('mine');
    },
  );

  it('started twice at once writes one file and refuses the other', async () => {
    const outcomes = await Promise.allSettled([initSite(folder, 'one'), initSite(folder, 'two')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(readdirSync(folder)).toEqual(['understudy.config.ts']);
  });

  it('with a bad name writes nothing', async () => {
    await expect(initSite(folder, '../x')).rejects.toMatchObject({ code: 'definition-invalid', kind: 'usage' });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('looking for the definition of a folder', () => {
  it('without one, init is offered', async () => {
    await expect(findDefinition(folder)).rejects.toMatchObject({ code: 'definition-missing', kind: 'usage' });
  });

  it('with two, neither is guessed', async () => {
    writeFileSync(join(folder, 'understudy.config.ts'), '');
    writeFileSync(join(folder, 'understudy.config.js'), '');
    await expect(findDefinition(folder)).rejects.toMatchObject({ code: 'definition-ambiguous', kind: 'usage' });
  });
});

it.each([
  ['/srv/My Shop (2024)', 'my-shop-2024'],
  ['/srv/Bücher', 'bucher'],
  ['/srv/2024-shop', 'shop'],
  ['/srv/example.com', 'example-com'],
  ['/', 'site'],
  ['/srv/日本', 'site'],
  [`/srv/${'long-name-'.repeat(5)}`, 'long-name-long-name-long-name-l'],
  [`/srv/${'a'.repeat(30)}-bcd`, 'a'.repeat(30)],
])('the folder %s names the site %s', (path, name) => {
  expect(siteNameOf(path)).toBe(name);
});
