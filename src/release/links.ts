import { dirname } from 'node:path/posix';
import type { Problem } from './problems.js';
import type { Tree } from './tree.js';

export interface LinkScope {
  /** The document root under every name that an absolute link may use: as configured, and with links resolved. */
  readonly roots: readonly string[];
  /** Paths that exist beside a release on every instance. */
  readonly provided: readonly string[];
}

export interface CheckedLinks {
  /** For each link that can be kept: its target, relative to the link's folder. */
  readonly targets: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

/**
 * A release stands in another folder on another machine, so a link is kept only if, followed through the release
 * alone, it ends at something in it. A link that is absolute and points below the document root is made relative.
 */
export function checkLinks(tree: Tree, scope: LinkScope): CheckedLinks {
  const targets = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [path, entry] of tree) {
    if (entry.type !== 'l') continue;
    const relative = relativeTarget(path, entry.target, scope.roots);
    const end = relative === undefined ? 'outside' : follow(tree, path, relative, scope);
    if (relative !== undefined && end === 'inside') targets.set(path, relative);
    else problems.push({ path, what: `is a symbolic link to ${entry.target}, ${explanation[end]}` });
  }
  return { targets, problems };
}

export const linkRemedy =
  'Put the files themselves in the place of such a link, or leave it in dev with promotion.excludes in the definition.';

type End = 'inside' | 'outside' | 'nowhere' | 'loop';

const explanation: Record<End, string> = {
  inside: '',
  outside: 'which leads outside the document root',
  nowhere: 'which is not there, or not part of a release',
  loop: 'which leads in a circle',
};

/** As many as Linux follows. */
const mostHops = 40;

function relativeTarget(path: string, target: string, roots: readonly string[]): string | undefined {
  if (!target.startsWith('/')) return target;
  const root = roots.find((each) => target === each || target.startsWith(`${each}/`));
  if (root === undefined) return undefined;
  const up = '../'.repeat(path.split('/').length - 1);
  return `${up}${target.slice(root.length + 1)}`.replace(/\/+$/, '') || '.';
}

/** Follows a link step by step as the kernel would, but within the tree: `..` above its root is outside. */
function follow(tree: Tree, link: string, target: string, { roots, provided }: LinkScope): End {
  const at = folderOf(link).split('/').filter(Boolean);
  const ahead = target.split('/').reverse();
  let hops = 1;
  for (let step = ahead.pop(); step !== undefined; step = ahead.pop()) {
    if (step === '' || step === '.') continue;
    if (step === '..') {
      if (at.pop() === undefined) return 'outside';
      continue;
    }
    at.push(step);
    const path = at.join('/');
    if (provided.includes(path)) return ahead.includes('..') ? 'outside' : 'inside';
    const entry = tree.get(path);
    if (!entry) {
      if (provided.some((each) => each.startsWith(`${path}/`))) continue;
      return 'nowhere';
    }
    if (entry.type === 'f' && ahead.length > 0) return 'nowhere';
    if (entry.type !== 'l') continue;
    if (++hops > mostHops) return 'loop';
    const next = relativeTarget(path, entry.target, roots);
    if (next === undefined) return 'outside';
    at.pop();
    ahead.push(...next.split('/').reverse());
  }
  return 'inside';
}

function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === '.' ? '' : folder;
}
