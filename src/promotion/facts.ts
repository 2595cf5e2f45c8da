import type { ContentChanges } from '../content/wordpress/changes.js';
import type { Edition, ServerId } from '../platform/edition.js';
import type { Position } from '../platform/position.js';
import type { FileChanges } from '../platform/releases.js';

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
  switch: { readonly instances: readonly string[]; readonly spreadMs: number };
  bake: { readonly requests: number; readonly failed: number; readonly seconds: number };
  finalise: { readonly edition: Edition };
  /** Of `sync start`: the edition with the mark that prod follows dev. */
  follow: { readonly edition: Edition };
  certificate: Certificate;
}

export interface PromotionPlan {
  /** Names exactly this change: the release, G, and the edition that it replaces. */
  readonly hash: string;
  readonly release: number;
  readonly position: Position | null;
  readonly replaces: number | null;
  readonly files: FileChanges;
  readonly media: FileChanges;
  /** Whether prod's own configuration, which an edition is made with, has changed. */
  readonly configurationChanged: boolean;
  readonly content: {
    /** How far dev's database has moved on. */
    readonly transactions: number;
    /** What differs, row by row. Null where it was not compared: no WordPress, the first edition, a rollback. */
    readonly changes: ContentChanges | null;
  };
  readonly problems: readonly PlanProblem[];
  readonly estimateMs: number;
}

export interface PlanProblem {
  /** An error refuses the promotion; a warning is only told. */
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly text: string;
}

export interface PageCheck {
  readonly path: string;
  readonly status: number;
  readonly ms: number;
}

/** What was true of prod when the promotion ended. */
export interface Certificate {
  readonly edition: Edition;
  readonly releaseHash: string;
  readonly instances: readonly { readonly id: string; readonly edition: number; readonly filesVerified: boolean }[];
  readonly replicas: readonly { readonly id: ServerId; readonly position: Position; readonly gate: string }[];
  readonly pages: readonly PageCheck[];
  /** ISO 8601. */
  readonly at: string;
}
