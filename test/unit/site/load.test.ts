import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadSite } from '../../../src/site/load.js';

/** A folder far from the checkout, with no node_modules in it or above it. */
const folder = mkdtempSync(join(tmpdir(), 'understudy-load-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function definition(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('a definition in a folder without node_modules', () => {
  it.each<[string, string]>([
    [
      'typed.ts',
      "import { defineSite, type SiteDefinition } from 'understudy';\nconst d: SiteDefinition = { name: 'shop' };\nexport default defineSite(d);\n",
    ],
    ['module.mjs', "import { defineSite } from 'understudy';\nexport default defineSite({ name: 'shop' });\n"],
    ['module.js', "import { defineSite } from 'understudy';\nexport default defineSite({ name: 'shop' });\n"],
    ['common.js', "const { defineSite } = require('understudy');\nmodule.exports = defineSite({ name: 'shop' });\n"],
    ['plain.js', "module.exports = { name: 'shop' };\n"],
    ['waits.ts', "const name = await Promise.resolve('shop');\nexport default { name };\n"],
  ])('is read: %s', async (name, text) => {
    await expect(loadSite(definition(name, text))).resolves.toMatchObject({ name: 'shop' });
  });

  it('may import a neighbour', async () => {
    definition('shared.ts', 'export const zones: string[] = ["c"];\n');
    const path = definition(
      'agency.ts',
      "import { zones } from './shared.js';\nexport default { name: 'shop', zones };\n",
    );
    await expect(loadSite(path)).resolves.toMatchObject({ zones: ['c'] });
  });

  it('has its own folder as the start of its paths, whatever the current one is', async () => {
    const path = definition(
      'relative.ts',
      "export default { name: 'shop', app: { kind: 'php', directory: './site' } };\n",
    );
    await expect(loadSite(path)).resolves.toMatchObject({ app: { directory: join(folder, 'site') } });
  });

  it('is read anew when it has changed', async () => {
    await loadSite(definition('changes.ts', "export default { name: 'before' };\n"));
    await expect(loadSite(definition('changes.ts', "export default { name: 'after' };\n"))).resolves.toMatchObject({
      name: 'after',
    });
  });

  const compiled = fileURLToPath(new URL('../../../dist/site/load.js', import.meta.url));
  it.skipIf(!existsSync(compiled))('is read by the compiled program too', () => {
    const path = definition(
      'compiled.ts',
      "import { defineSite } from 'understudy';\nexport default defineSite({ name: 'shop' });\n",
    );
    const script = `import(${JSON.stringify(compiled)}).then((m) => m.loadSite(${JSON.stringify(path)})).then((s) => console.log(s.name))`;
    expect(execFileSync(process.execPath, ['-e', script], { cwd: folder, encoding: 'utf8' })).toBe('shop\n');
  });
});

describe('a definition that cannot be read', () => {
  it.each<[string, string, string, RegExp]>([
    ['syntax.ts', 'export default {\n  name: "a",,\n};\n', 'definition-failed', /syntax\.ts:2:\d+\.$/],
    ['throws.ts', 'const x = 1;\nthrow new Error("boom");\n', 'definition-failed', /boom at \S*throws\.ts:2:\d+\.$/],
    ['absent.ts', "import { x } from './nowhere.js';\nexport default { name: x };\n", 'definition-failed', /nowhere/],
    ['named.ts', "export const site = { name: 'shop' };\n", 'definition-invalid', /has no default export/],
    ['named.js', "export const site = { name: 'shop' };\n", 'definition-invalid', /has no default export/],
    ['empty.ts', '', 'definition-invalid', /has no default export/],
    ['empty.js', '', 'definition-invalid', /name is missing/],
    ['promise.ts', "export default Promise.reject(new Error('x'));\n", 'definition-invalid', /exports a promise/],
    ['function.ts', "export default () => ({ name: 'shop' });\n", 'definition-invalid', /exports a function/],
    ['wrong.ts', "export default { name: 'Shop' };\n", 'definition-invalid', /name is "Shop"/],
    ['shop.json', '{"name":"shop"}', 'definition-failed', /ends in \.ts, \.js, \.mjs/],
  ])('%s', async (name, text, code, message) => {
    await expect(loadSite(definition(name, text))).rejects.toMatchObject({
      code,
      kind: 'usage',
      message: expect.stringMatching(message),
      remedy: expect.any(String),
    });
  });

  it('is not there: init is offered', async () => {
    await expect(loadSite(join(folder, 'none.ts'))).rejects.toMatchObject({
      code: 'definition-missing',
      kind: 'usage',
      remedy: expect.stringContaining('understudy init'),
    });
  });

  it('is a folder', async () => {
    await expect(loadSite(folder)).rejects.toMatchObject({ code: 'definition-failed', kind: 'usage' });
  });

  it('never ends: there is a deadline', async () => {
    const path = definition('hangs.ts', 'await new Promise(() => {});\nexport default {};\n');
    await expect(loadSite(path, { deadlineMs: 100 })).rejects.toMatchObject({
      code: 'definition-failed',
      message: expect.stringContaining('did not end within 0.1 s'),
    });
  });
});
