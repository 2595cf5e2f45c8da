import { z } from 'zod';
import { siteSchema } from './schema.js';

/** A field of the definition, as the schema describes it. */
export interface Field {
  readonly name: string;
  /** Whole sentences; may have several lines. */
  readonly description: string;
  /** A value for a field that has no default. */
  readonly example: unknown;
  /** Whether the example definition sets a field that has no default. */
  readonly inExample: boolean;
  /** Its fields, if it is an object with known ones; for `app`, those of each kind. */
  readonly variants: readonly (readonly Field[])[];
}

/** Just what is read of a JSON Schema: zod's public way to look at a schema from outside. */
interface JsonSchema {
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly inExample?: boolean;
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
}

let cached: JsonSchema | undefined;

function schemaTree(): JsonSchema {
  cached ??= z.toJSONSchema(siteSchema, { io: 'input', reused: 'inline' }) as JsonSchema;
  return cached;
}

/** All fields, in the order in which the schema lists them. */
export function siteFields(): readonly Field[] {
  return fieldsOf(schemaTree());
}

function fieldsOf(schema: JsonSchema): readonly Field[] {
  return Object.entries(schema.properties ?? {}).map(([name, field]) => ({
    name,
    description: field.description ?? '',
    example: field.const ?? field.examples?.[0],
    inExample: field.inExample ?? false,
    // A choice between a word and an object is written as a value; there is nothing to open.
    variants: branches(field).every((branch) => branch.properties) ? branches(field).map(fieldsOf) : [],
  }));
}

/** The names that may stand in the object at this path; for a choice of kinds, those of all that `value` may be. */
export function knownFields(path: readonly PropertyKey[], value: unknown): readonly string[] {
  let at: readonly JsonSchema[] = [schemaTree()];
  for (const part of path) {
    at = at.flatMap((schema) =>
      typeof part === 'number' ? branches(schema.items) : branches(schema.properties?.[String(part)]),
    );
  }
  const kind = (value as { kind?: unknown } | undefined)?.kind;
  const ofKind = at.filter((schema) => schema.properties?.kind?.const === kind);
  const objects = kind !== undefined && ofKind.length > 0 ? ofKind : at;
  return [...new Set(objects.flatMap((schema) => Object.keys(schema.properties ?? {})))];
}

/** Where in the definition a field of this name stands, such as `environments.dev.domain`. */
export function placesOf(name: string): readonly string[] {
  const places: string[] = [];
  const walk = (fields: readonly Field[], prefix: string) => {
    for (const field of fields) {
      if (field.name === name) places.push(prefix + field.name);
      for (const variant of field.variants) walk(variant, `${prefix}${field.name}.`);
    }
  };
  walk(siteFields(), '');
  return [...new Set(places)];
}

function branches(schema: JsonSchema | undefined): readonly JsonSchema[] {
  return schema === undefined ? [] : (schema.oneOf ?? schema.anyOf ?? [schema]);
}
