import { activePlugins } from './active-plugins.js';
import type { Finding, ReportInput } from './finding.js';

/** What WordPress itself wants of PHP, and what it works better with. */
const wanted = [
  'curl',
  'dom',
  'exif',
  'fileinfo',
  'intl',
  'json',
  'mbstring',
  'mysqli',
  'openssl',
  'simplexml',
  'sodium',
  'xml',
  'zip',
];

/** Extensions of PHP that are not here. */
export function aboutPhp(input: ReportInput): Finding[] {
  const { php } = input;
  const has = (name: string) => php.extensions.includes(name);
  const missing = wanted.filter((name) => !has(name));
  const found: Finding[] = [];
  if (!has('gd') && !has('imagick')) missing.push('gd or imagick');
  if (missing.length > 0) {
    found.push({
      severity: missing.includes('mysqli') || missing.includes('json') ? 'problem' : 'warning',
      code: 'extensions-missing',
      text: `PHP here lacks what WordPress uses: ${missing.join(', ')}.`,
      remedy: `Install them, on Debian for example with \`apt-get install php-${missing[0]?.split(' ')[0]}\`, and run \`understudy up\`.`,
    });
  }
  for (const { folder, extensions: needs } of activePlugins(input)) {
    const lacking = needs.filter((name) => !has(name));
    if (lacking.length > 0) {
      found.push({
        severity: 'problem',
        code: 'plugin-extensions-missing',
        text: `The plugin ${folder} needs PHP's ${lacking.join(', ')}, which is not here.`,
        remedy: 'Install it before you look at the site.',
      });
    }
  }
  return found;
}
