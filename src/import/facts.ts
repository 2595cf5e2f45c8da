import { z } from 'zod';
import type { RewrittenColumn } from '../content/rewrite/findings.js';
import type { Mention } from '../content/rewrite/scan.js';
import type { ImportTarget } from '../platform/import-target.js';
import type { Platform } from '../platform/platform.js';
import type { WorkOptions } from '../platform/work.js';
import type { Site, WordpressApp } from '../site/schema.js';
import type { Latin1Columns } from './latin1.js';
import type { Loaded } from './load.js';
import type { SiteFiles } from './site-files.js';

export const importRequestSchema = z.object({
  /** Also names what is kept. */
  id: z.string(),
  by: z.string(),
  at: z.string(),
  /** Absolute paths. */
  files: z.string(),
  database: z.string(),
  /** Addresses of the site so far; none: what the dump says. */
  urls: z.array(z.string()),
  prefix: z.string().optional(),
  schema: z.string().optional(),
});

/** What was asked for. */
export type ImportRequest = z.infer<typeof importRequestSchema>;

/** What the steps of an import find out: plain JSON, kept in its journal. */
export interface ImportFacts {
  readonly files: SiteFiles & { readonly leftOut: readonly string[] };
  readonly database: Loaded & { readonly latin1: Latin1Columns };
  readonly addresses: {
    readonly from: readonly string[];
    readonly to: string;
    readonly columns: readonly RewrittenColumn[];
    readonly mentions: readonly Mention[];
  };
  readonly exchange: { readonly keptFolder: string; readonly keptSchema: string };
  readonly finish: {
    readonly home: { readonly status: number } | { readonly problem: string };
    /** Views that could not be made. */
    readonly failedViews: readonly string[];
    readonly tables: readonly { readonly name: string; readonly rows: number; readonly bytes: number }[];
  };
}

export interface ImportContext extends WorkOptions {
  readonly request: ImportRequest;
  readonly platform: Platform;
  readonly target: ImportTarget;
  readonly site: Site;
  readonly app: WordpressApp;
}

/** The name under which an import keeps what was there, in the database and beside the document root. */
export const keptName = ({ id }: ImportRequest): string => `kept_${id.replace(/[^0-9A-Za-z]/g, '_')}`;
