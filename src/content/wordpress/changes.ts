import type { SchemaDifference } from '../schema-differences.js';
import type { Counts } from '../table-pair.js';

export type What = 'post' | 'menu' | 'option' | 'user' | 'comment' | 'term' | 'link';

/**
 * `published`, `unpublished`, `trashed` and `restored` are posts and comments only. `changed` also stands for what
 * hangs on a thing: a post's fields and terms, a user's settings, a menu's items.
 */
export type Action = 'added' | 'changed' | 'deleted' | 'published' | 'unpublished' | 'trashed' | 'restored';

/** One thing that a person knows, and what happened to it. */
export interface ToldChange {
  readonly what: What;
  readonly action: Action;
  /**
   * A post's title, an option's name, a term's or menu's name, a user's login, the title of the post that a comment
   * stands under. Without control characters, at most 120 characters. Never a value, an address or a hash.
   */
  readonly title: string;
  /** A post's type, a term's taxonomy, a comment's type. */
  readonly type?: string;
  /** A post's status, or a comment's: as it is after, or as it was if it is gone. */
  readonly status?: string;
  /** Text where the number would be rounded. Options and menu names have none. */
  readonly id?: number | string;
}

export interface ChangedTable extends Counts {
  readonly name: string;
  /** `words`: its changes are in `told` and `noise`; `noise`: all of its rows are; `rows`: by these numbers only. */
  readonly toldAs: 'words' | 'rows' | 'noise';
}

/** What differs between two databases of a WordPress, as plain data that can be stored as JSON. */
export interface ContentChanges {
  /** Tables with changed rows, those that came or went included; by name. */
  readonly tables: readonly ChangedTable[];
  /** By kind, then by title; at most as many as asked for. */
  readonly told: readonly ToldChange[];
  /** Things that were found and are not in `told`, because there are too many. */
  readonly notTold: number;
  /** Changed rows of tables told in words that were only counted, because there are too many of them. */
  readonly rowsNotRead: number;
  /** Rows that WordPress and its plugins write by themselves: transients, cron, sessions, revisions, … */
  readonly noise: number;
  readonly schema: readonly SchemaDifference[];
  /** Changed tables without a usable key: in them an edited row counts as one deleted and one inserted. */
  readonly unkeyed: readonly string[];
  /** Of every table that is on the side and has the same columns on both, by name. */
  readonly checksums: {
    readonly before: Readonly<Record<string, string>>;
    readonly after: Readonly<Record<string, string>>;
  };
}
