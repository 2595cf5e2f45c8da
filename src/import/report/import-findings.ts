import type { Finding, ReportInput } from './finding.js';
import { aboutPhp } from './php.js';
import { aboutPlugins } from './plugins.js';
import { aboutSource } from './source.js';
import { aboutTables } from './tables.js';
import { aboutVersions } from './versions.js';

/** Everything that somebody who brings a site here should know about it, with what to do about each. */
export function importFindings(input: ReportInput): readonly Finding[] {
  return [
    ...aboutVersions(input),
    ...aboutPhp(input),
    ...aboutPlugins(input),
    ...aboutTables(input),
    ...aboutSource(input),
  ];
}
