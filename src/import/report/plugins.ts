import { needsWritableProd, writingPlugin } from '../../content/wordpress/plugins-that-write.js';
import { activeFiles } from './active-plugins.js';
import type { Finding, ReportInput } from './finding.js';

const doings = {
  shop: 'visitors order or book',
  form: 'visitors send forms',
  membership: 'visitors log in',
  community: 'visitors comment, vote or write',
  statistics: 'it counts visitors in the database',
  code: 'it writes into folders of code, or wants to change code',
  cache: 'it keeps a cache of pages or objects of its own',
} as const;

const elsewise = {
  statistics: {
    code: 'plugin-counts',
    remedy:
      'In prod it counts nobody. Count in the access logs (`understudy traffic`), or with a service outside of the site.',
  },
  cache: {
    code: 'plugin-caches',
    remedy: 'Deactivate it in dev: prod has a page cache and an object cache of its own.',
  },
  code: {
    code: 'plugin-writes-code',
    remedy:
      'In prod it finds nothing that it may write. Deactivate it in dev, or leave its files there with promotion.excludes.',
  },
} as const;

/** Plugins that need something that prod does not let them, or that are not there. */
export function aboutPlugins(input: ReportInput): Finding[] {
  const known = activeFiles(input).flatMap((file) => writingPlugin(file) ?? []);
  const found: Finding[] = known
    .filter(({ writes }) => needsWritableProd(writes))
    .map(({ name, writes }) => ({
      severity: 'problem',
      code: 'plugin-needs-writable-prod',
      text: `${name} is active: ${doings[writes]}. Prod is read-only, so that does not work there.`,
      remedy: 'Replace it by a service outside of the site, or keep this site where it can write.',
    }));
  for (const { name, writes } of known) {
    if (needsWritableProd(writes)) continue;
    found.push({
      severity: 'warning',
      code: elsewise[writes].code,
      text: `${name} is active: ${doings[writes]}.`,
      remedy: elsewise[writes].remedy,
    });
  }
  const missing = activeFiles(input).filter(
    (file) => !input.files.plugins.some(({ folder }) => folder === file.split('/')[0]),
  );
  if (missing.length > 0) {
    found.push({
      severity: 'warning',
      code: 'plugins-missing',
      text: `Plugins are active whose files are not there: ${missing.join(', ')}.`,
      remedy: 'WordPress deactivates them when it notices. Install them in dev if the site needs them.',
    });
  }
  if (input.files.mustUse.length > 0) {
    found.push({
      severity: 'warning',
      code: 'must-use-plugins',
      text: `There are must-use plugins: ${input.files.mustUse.join(', ')}.`,
      remedy: 'Those of the server that the site came from are of no use here: remove them in dev.',
    });
  }
  return found;
}
