import type { Column, Index, TableShape } from './shapes.js';

/** How the shape of two databases differs. Texts are as a person would write a definition, not statements. */
export interface SchemaDifference {
  readonly table: string;
  readonly what: 'table' | 'column' | 'index' | 'engine' | 'collation' | 'column-order';
  readonly kind: 'added' | 'removed' | 'changed';
  /** The column's or index's. */
  readonly name?: string;
  readonly before?: string;
  readonly after?: string;
}

export function schemaDifferences(
  before: ReadonlyMap<string, TableShape>,
  after: ReadonlyMap<string, TableShape>,
): SchemaDifference[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((table): SchemaDifference[] => {
    const [was, is] = [before.get(table), after.get(table)];
    if (!was) return [{ table, what: 'table', kind: 'added' }];
    if (!is) return [{ table, what: 'table', kind: 'removed' }];
    return differencesOf(was, is);
  });
}

function differencesOf(was: TableShape, is: TableShape): SchemaDifference[] {
  return [
    ...named(was.name, 'column', texts(was.columns, columnText), texts(is.columns, columnText)),
    ...named(was.name, 'index', texts(was.indexes, indexText), texts(is.indexes, indexText)),
    ...changed(was.name, 'engine', was.engine ?? '', is.engine ?? ''),
    ...changed(was.name, 'collation', was.collation ?? '', is.collation ?? ''),
    ...changed(was.name, 'column-order', orderOfShared(was, is), orderOfShared(is, was)),
  ];
}

const texts = <T extends { readonly name: string }>(items: readonly T[], text: (item: T) => string) =>
  new Map(items.map((item) => [item.name, text(item)]));

function named(
  table: string,
  what: 'column' | 'index',
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): SchemaDifference[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name): SchemaDifference[] => {
    const [was, is] = [before.get(name), after.get(name)];
    if (was === is) return [];
    if (was === undefined) return [{ table, what, kind: 'added', name, ...(is === undefined ? {} : { after: is }) }];
    if (is === undefined) return [{ table, what, kind: 'removed', name, before: was }];
    return [{ table, what, kind: 'changed', name, before: was, after: is }];
  });
}

const changed = (table: string, what: SchemaDifference['what'], before: string, after: string): SchemaDifference[] =>
  before === after ? [] : [{ table, what, kind: 'changed', before, after }];

const orderOfShared = (shape: TableShape, other: TableShape) =>
  shape.columns
    .map(({ name }) => name)
    .filter((name) => other.columns.some((column) => column.name === name))
    .join(', ');

function columnText({ type, nullable, collation, defaultValue, extra, expression }: Column): string {
  return [
    type,
    ...(collation === null ? [] : [`collate ${collation}`]),
    nullable ? 'null' : 'not null',
    ...(defaultValue === null || defaultValue === 'NULL' ? [] : [`default ${defaultValue}`]),
    ...(expression === null ? [] : [`as (${expression})`]),
    ...(extra === '' ? [] : [extra.toLowerCase()]),
  ].join(' ');
}

function indexText({ unique, type, parts }: Index): string {
  const columns = parts.map(({ column, length }) => `${column ?? 'expression'}${length === null ? '' : `(${length})`}`);
  return `${unique ? 'unique ' : ''}${type.toLowerCase()} (${columns.join(', ')})`;
}
