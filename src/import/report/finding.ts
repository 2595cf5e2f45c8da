import type { Latin1Columns } from '../latin1.js';
import type { Loaded } from '../load.js';
import type { SiteFiles } from '../site-files.js';
import type { Surveyed } from '../survey-dump.js';

/** `problem`: something will not work before it is dealt with; `warning`: look at it; `info`: good to know. */
export interface Finding {
  readonly severity: 'problem' | 'warning' | 'info';
  /** Stable, kebab-case. */
  readonly code: string;
  readonly text: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** What a report is made of: what is known before an import, or also what one has done. */
export interface ReportInput {
  readonly files: SiteFiles & { readonly leftOut?: readonly string[] };
  readonly loaded: Surveyed & Partial<Loaded> & { readonly latin1?: Latin1Columns };
  readonly php: { readonly version: string; readonly extensions: readonly string[] };
  /** Of the site's tables. */
  readonly prefix: string;
  /** Of both environments' tables, as the definition says. */
  readonly definedPrefix: string;
}

export const times = (count: number) => (count === 1 ? 'once' : `${count} times`);

export const some = (names: readonly string[]) =>
  names.length <= 8 ? names.join(', ') : `${names.slice(0, 8).join(', ')} and ${names.length - 8} more`;
