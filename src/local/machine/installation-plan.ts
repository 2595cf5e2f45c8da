import type { DoctorReport } from './doctor.js';
import { wordpressPackage } from './requirements.js';

export interface PlannedPackage {
  readonly name: string;
  /** What of the report it brings: "nginx: the web server of each instance". */
  readonly because: readonly string[];
}

/** What has to be installed for a report's missing programs; empty if nothing is missing. What is too old stays as it is. */
export function planInstallation({ requirements }: DoctorReport): readonly PlannedPackage[] {
  const reasons = new Map<string, string[]>();
  for (const { name, purpose, verdict, package: wanted } of requirements) {
    if (verdict !== 'missing' || wanted === undefined) continue;
    reasons.set(wanted, [...(reasons.get(wanted) ?? []), `${name}: ${purpose}`]);
  }
  if (reasons.has(wordpressPackage.name)) {
    // WordPress wants PHP in whatever form, and left to itself apt takes Apache's. The plain package is content with PHP-FPM.
    reasons.set('php', ["PHP for WordPress's package, so that it does not bring Apache"]);
  }
  return [...reasons].map(([name, because]) => ({ name, because }));
}
