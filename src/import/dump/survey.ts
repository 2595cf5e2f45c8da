import type { Judged } from './judge.js';
import { columnsIn, rowsIn } from './rows.js';
import { isWord, tokensOf } from './tokens.js';

export interface SurveyedTable {
  readonly name: string;
  /** Of its rows, as text in the dump. */
  readonly bytes: number;
  /** As the dump says it. */
  readonly engine: string | undefined;
  /** Whether it has a primary key or a unique index. */
  readonly hasKey: boolean;
}

/** A place on the disk of the server that the site came from. */
export interface DiskPath {
  readonly table: string;
  readonly count: number;
  readonly example: string;
}

/** What can be known of a site from the text of its dump. */
export interface Survey {
  readonly tables: readonly SurveyedTable[];
  /** Of the tables whose names end in `options`, by what the name begins with: prefixes of WordPress. */
  readonly prefixes: readonly string[];
  /** Options that matter to an import, by name, of the prefix that was asked for. */
  readonly options: Readonly<Record<string, string>>;
  readonly isMultisite: boolean;
  readonly diskPaths: readonly DiskPath[];
  /** What is never done, with how often it was met. */
  readonly leftOut: readonly { readonly what: string; readonly count: number }[];
}

const wantedOptions = new Set([
  'siteurl',
  'home',
  'active_plugins',
  'template',
  'stylesheet',
  'db_version',
  'blogname',
  'upload_path',
  'permalink_structure',
]);

const optionOrder = ['option_id', 'option_name', 'option_value', 'autoload'];
const roots = new Set([
  'home',
  'var',
  'srv',
  'www',
  'usr',
  'data',
  'mnt',
  'opt',
  'kunden',
  'homepages',
  'nas',
  'customers',
  'hosting',
  'htdocs',
  'web',
  'sites',
  'public_html',
  'chroot',
  'Users',
  'Applications',
]);

/** Collects what is to be known of a dump, statement by statement. */
export class Surveyor {
  readonly #tables = new Map<string, { bytes: number; engine: string | undefined; hasKey: boolean }>();
  readonly #options = new Map<string, Record<string, string>>();
  readonly #paths = new Map<string, { count: number; example: string }>();
  readonly #leftOut = new Map<string, number>();

  see(judged: Judged): void {
    if (judged.kind === 'table') this.#seeTable(judged);
    else if (judged.kind === 'rows') this.#seeRows(judged);
    else if (judged.kind === 'left-out') this.leaveOut(judged.what);
  }

  leaveOut(what: string): void {
    const kind = what.replace(/\b(?:root|DEFINER|localhost)\b/g, '').trim();
    this.#leftOut.set(kind, (this.#leftOut.get(kind) ?? 0) + 1);
  }

  /** @param prefix of the tables; undefined where there is only one */
  result(prefix: string | undefined): Survey {
    const names = [...this.#tables.keys()];
    const prefixes = names
      .filter((name) => /options$/.test(name) && names.includes(name.replace(/options$/, 'posts')))
      .map((name) => name.replace(/options$/, ''))
      .filter((found) => !/_\d+_$/.test(found));
    const chosen = prefix ?? (prefixes.length === 1 ? prefixes[0] : undefined);
    return {
      tables: [...this.#tables].map(([name, table]) => ({ name, ...table })),
      prefixes,
      options: (chosen === undefined ? undefined : this.#options.get(`${chosen}options`)) ?? {},
      isMultisite: names.some((name) => /blogs$/.test(name) && names.includes(name.replace(/blogs$/, 'sitemeta'))),
      diskPaths: [...this.#paths].map(([table, found]) => ({ table, ...found })),
      leftOut: [...this.#leftOut].map(([what, count]) => ({ what, count })),
    };
  }

  #seeTable({ verb, table, text, engineBefore }: Extract<Judged, { kind: 'table' }>): void {
    // phpMyAdmin makes a table in the place of each view first, and drops it later.
    if (verb === 'drop') {
      this.#tables.delete(table);
      return;
    }
    const known = this.#tables.get(table);
    const tokens = tokensOf(text);
    const hasKey = tokens.some(
      (token, at) => (isWord(token, 'PRIMARY') && isWord(tokens[at + 1], 'KEY')) || isWord(token, 'UNIQUE'),
    );
    if (verb === 'create') this.#tables.set(table, { bytes: 0, engine: engineBefore ?? 'InnoDB', hasKey });
    else if (known && hasKey) known.hasKey = true;
  }

  #seeRows({ table, bytes }: Extract<Judged, { kind: 'rows' }>): void {
    const known = this.#tables.get(table) ?? { bytes: 0, engine: undefined, hasKey: true };
    known.bytes += bytes.length;
    this.#tables.set(table, known);
    this.#seePaths(table, bytes);
    if (/options$/.test(table)) this.#seeOptions(table, bytes);
  }

  #seeOptions(table: string, bytes: Buffer): void {
    const insert = bytes.toString('latin1');
    const order = columnsIn(insert) ?? optionOrder;
    const [name, value] = [order.indexOf('option_name'), order.indexOf('option_value')];
    const found = this.#options.get(table) ?? {};
    for (const row of rowsIn(insert)) {
      const option = row[name];
      if (typeof option === 'string' && wantedOptions.has(option)) found[option] = row[value] ?? '';
    }
    this.#options.set(table, found);
  }

  /** Folders of WordPress on a disk: `/home/somebody/htdocs/wp-content`. */
  #seePaths(table: string, bytes: Buffer): void {
    for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + marker.length)) {
      let from = at;
      while (from > 0 && at - from < 200 && isPathByte(bytes[from - 1] as number)) from--;
      const path = bytes.toString('latin1', from, at + marker.length);
      if (!path.startsWith('/') || path.startsWith('//') || !roots.has(path.split('/')[1] ?? '')) continue;
      const known = this.#paths.get(table) ?? { count: 0, example: path };
      known.count++;
      this.#paths.set(table, known);
    }
  }
}

const marker = '/wp-content';

/** Letters, digits, `.`, `/`, `-`, `_`, `~`. */
const isPathByte = (byte: number) =>
  (byte >= 97 && byte <= 122) ||
  (byte >= 65 && byte <= 90) ||
  (byte >= 45 && byte <= 57) ||
  byte === 95 ||
  byte === 126;
