import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { verbs } from '../../../src/cli/verbs.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Paths of the repository in the text, with or without a line of code around them. */
function pathsIn(text: string): readonly string[] {
  const found = text.matchAll(/(?<![\w./-])(?:src|instance|docs|test|bench)\/[\w./-]*[\w/]/g);
  return [...new Set([...found].map(([path]) => path))];
}

/** Links to other files, and to headings, of pages that lie in the repository. */
function linksIn(text: string): readonly string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => to).filter((to) => !/^[a-z]+:/.test(to));
}

/** A heading's anchor, as code hosts make it. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe.each(pages)('%s', (page) => {
  it('names only paths that exist', () => {
    expect(pathsIn(read(page)).filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('links only to files and headings that exist', () => {
    const broken = linksIn(read(page)).filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? page : join(dirname(page), file);
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

describe('the table of commands in README.md', () => {
  const table = [...read('README.md').matchAll(/^\| `understudy ([a-z-]+)`/gm)].map(([, verb]) => verb);

  it('names exactly the commands that there are', () => {
    expect([...table].sort()).toEqual(verbs.map(({ name }) => name).sort());
  });
});

describe('the steps in docs/promotion.md', () => {
  it('are those of a promotion, each with a heading', async () => {
    const { promotionSteps } = await import('../../../src/promotion/pipeline.js');
    const database = {} as Parameters<typeof promotionSteps>[1]['database'];
    const steps = promotionSteps({ kind: 'promote' }, { database }, '').map(({ id }) => id);
    const headings = [...read('docs/promotion.md').matchAll(/^### \d+\. `([a-z-]+)`/gm)].map(([, id]) => id);
    expect(headings).toEqual(steps);
  });
});
