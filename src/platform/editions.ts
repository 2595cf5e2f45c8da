import type { Edition } from './edition.js';

/** An edition that prod served, or serves. */
export interface EditionRecord {
  readonly edition: Edition;
  /** Names the shape of the database at its position: code goes back alone only where this is equal. Null without one. */
  readonly schema: string | null;
  /** What `Fleet.configuration` said when it was made. Null if that was not recorded. */
  readonly configuration: string | null;
  /** ISO 8601. */
  readonly switchedAt: string;
}

/** The history of what prod served. */
export interface EditionHistory {
  /** A number for a new edition, never given out before. Durable when it returns. */
  allocate(): Promise<number>;
  /** Newest first. */
  list(): Promise<readonly EditionRecord[]>;
  /** Adds an edition, or replaces the record of the same number. */
  record(record: EditionRecord): Promise<void>;
}
