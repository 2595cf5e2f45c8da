import ignore from 'ignore';
import { usageError } from '../output/errors.js';
import type { Site } from '../site/schema.js';

/** What of dev's document root becomes part of a release. */
export interface StagingRules {
  /** Whether a path stays in dev; a folder that stays takes everything in it along. */
  readonly stays: (path: string, isFolder: boolean) => boolean;
  /** Paths that every environment has of its own, so that a link to them is good although no release holds them. */
  readonly provided: readonly string[];
  /** A file at the root that says, while it is young, that the site is updating its own code. */
  readonly updateMarker: string | undefined;
}

/** Never part of a site: version control, what editors leave while a file is open, what systems leave in folders. */
const leftovers = [
  '.git',
  '.svn',
  '.hg',
  '.bzr',
  'CVS',
  '*.swp',
  '*.swo',
  '*~',
  '.#*',
  '#*#',
  '.DS_Store',
  'Thumbs.db',
];

/**
 * WordPress's own: caches, its scratch folders for updates, logs, and its marker of an update in progress, which would
 * show "briefly unavailable" to prod's visitors. The drop-ins for database, objects and pages belong to an environment.
 */
const wordpressOwn = [
  '/.maintenance',
  '/wp-content/cache/',
  '/wp-content/upgrade/',
  '/wp-content/upgrade-temp-backup/',
  '/wp-content/*.log',
  '/wp-content/db.php',
  '/wp-content/object-cache.php',
  '/wp-content/advanced-cache.php',
  '/wp-content/mu-plugins/understudy.php',
  '/wp-content/mu-plugins/understudy/',
  'error_log',
];

export const wordpressMedia = 'wp-content/uploads';

/** The folder of uploads below the document root; undefined if the site has none. */
export function mediaPathOf(app: Site['app']): string | undefined {
  return app.kind === 'wordpress' ? wordpressMedia : app.mediaPath;
}

/**
 * The rules of a site: what is always left out, and the definition's excludes (`promotion.excludes`, patterns as in
 * .gitignore, case-sensitive). An exclude that begins with `!` brings back what an exclude before it took out, but
 * never what is always left out.
 * @throws code `definition-invalid` for an empty or unusable pattern
 */
export function stagingRules({ app, promotion }: Pick<Site, 'app' | 'promotion'>): StagingRules {
  const media = mediaPathOf(app);
  const provided = [...environmentFiles(app), ...(media === undefined ? [] : [media])];
  const own = new Set(provided);
  const always = matcher(app.kind === 'wordpress' ? [...leftovers, ...wordpressOwn] : leftovers);
  const chosen = matcher(promotion.excludes);
  return {
    stays: (path, isFolder) => {
      if (own.has(path)) return true;
      const asPattern = isFolder ? `${path}/` : path;
      return always.ignores(asPattern) || chosen.ignores(asPattern);
    },
    provided,
    updateMarker: app.kind === 'wordpress' ? '.maintenance' : undefined,
  };
}

/** Files that differ between the environments and are therefore never promoted. */
function environmentFiles(app: Site['app']): string[] {
  if (app.kind === 'wordpress') return ['wp-config.php'];
  return [...new Set([...Object.keys(app.staticFiles.dev), ...Object.keys(app.staticFiles.prod)])];
}

function matcher(patterns: readonly string[]) {
  const made = ignore({ ignorecase: false, allowRelativePaths: true });
  for (const pattern of patterns) {
    try {
      made.add(pattern);
      // Patterns are compiled when they are first used.
      made.ignores('a');
    } catch (cause) {
      throw usageError({
        code: 'definition-invalid',
        message: `promotion.excludes: ${JSON.stringify(pattern)} is not a pattern.`,
        remedy: 'Write it as in .gitignore, such as "node_modules/" or "*.map".',
        cause,
      });
    }
  }
  return made;
}
