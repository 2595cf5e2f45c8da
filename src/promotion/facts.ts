import type { ContentChanges } from '../content/wordpress/changes.js';
import type { Edition, ServerId } from '../platform/edition.js';
import type { Position } from '../platform/position.js';
import type { FileChanges, ReleaseChanges } from '../platform/releases.js';
import type { ContentAt, TableChecksum } from './table-checksums.js';
import type { VisitorCounts } from './traffic-meter.js';

/** What each step has found out, as it stands in the journal. */
export interface PromotionFacts {
  preflight: {
    /** What prod serves while the promotion begins. Null before the first one. */
    readonly previous: Edition | null;
    /** What does not stop a promotion but should be known. */
    readonly warnings: readonly PlanProblem[];
  };
  stage: {
    readonly release: number;
    readonly releaseHash: string;
    /** G: dev's database as it was right after the code was staged. Null for a site without a database. */
    readonly position: Position | null;
    /** What dev's tables held at exactly G. Null where that was not read: a rollback, `sync stop`. */
    readonly source: ContentAt | null;
  };
  plan: PromotionPlan;
  media: { readonly added: number };
  /** Of `sync stop`: what prod has come to while it followed dev, in place of what was staged and planned. */
  settle: PromotionFacts['stage'] & { readonly media: FileChanges };
  drain: {
    /** A: stays at the previous edition until the promotion is final. */
    readonly kept: ServerId;
    /** B: advanced first, and alone in the new edition during the bake. */
    readonly advanced: ServerId;
  };
  advance: { readonly transactions: number };
  canary: {
    /** The new edition as it is until the promotion is final. */
    readonly edition: Edition;
    readonly pages: readonly PageCheck[];
  };
  warm: { readonly pages: number; readonly instances: number };
  switch: {
    readonly instances: readonly string[];
    readonly spreadMs: number;
    /** Ms since 1970. */
    readonly switchedAt: number;
  };
  bake: {
    readonly requests: number;
    readonly failed: number;
    readonly seconds: number;
    /** How long 95 in 100 pages that PHP made took at most; null if there were too few to say. */
    readonly p95Ms: { readonly before: number; readonly after: number } | null;
  };
  finalise: { readonly edition: Edition };
  /** Of `sync start`: the edition with the mark that prod follows dev. */
  follow: { readonly edition: Edition };
  certificate: Omit<Certificate, 'visitors'>;
}

export interface PromotionPlan {
  /** Names exactly this change: the release, G, and the edition that it replaces. */
  readonly hash: string;
  readonly release: number;
  /** G: where replicas are brought to. Where content was compared, it is exactly the moment of dev that was compared. */
  readonly position: Position | null;
  /** What dev's tables held at exactly G; null where that was not read. */
  readonly source: ContentAt | null;
  readonly replaces: number | null;
  /** For WordPress also by part: core, each plugin and theme. Else there are no groups. */
  readonly files: ReleaseChanges;
  readonly media: FileChanges;
  /** Whether prod's own configuration, which an edition is made with, has changed. */
  readonly configurationChanged: boolean;
  readonly content: {
    /** How far dev's database has moved on. */
    readonly transactions: number;
    /** What differs, row by row. Null where it was not compared: no WordPress, the first edition, a rollback. */
    readonly changes: ContentChanges | null;
    /** Whether that is exactly what the position holds, to the transaction. */
    readonly pinned: boolean;
  };
  readonly problems: readonly PlanProblem[];
  readonly estimateMs: number;
}

export interface PlanProblem {
  /** An error refuses the promotion; a warning is only told. */
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly text: string;
  /** Absent: mend it. */
  readonly remedy?: string;
}

export interface PageCheck {
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  /**
   * Of a page that was asked of the present edition too: whether all of its text was compared. If not, the plan
   * names something that may show on it, and its status, its warnings and its own words were.
   */
  readonly compared?: boolean;
}

/** What was true of prod when the promotion ended. */
export interface Certificate {
  readonly edition: Edition;
  /** SHA-256 of the release's manifest. */
  readonly releaseHash: string;
  readonly instances: readonly CertifiedInstance[];
  readonly replicas: readonly CertifiedReplica[];
  /** What dev's primary held at the edition's position. Null where that is not known: a rollback, `sync stop`. */
  readonly source: ContentAt | null;
  readonly pages: readonly PageCheck[];
  /** What was left behind, in words. Empty, or there would be no certificate. */
  readonly leftovers: readonly string[];
  /** What visitors of prod met from the promotion's beginning to its end. */
  readonly visitors: VisitorCounts;
  /** ISO 8601. */
  readonly at: string;
}

export interface CertifiedInstance {
  readonly id: string;
  readonly edition: number;
  /** SHA-256 of the manifest that all its files were compared with. */
  readonly manifestHash: string;
}

export interface CertifiedReplica {
  readonly id: ServerId;
  readonly position: Position;
  readonly gate: string;
  readonly tables: readonly TableChecksum[];
}
