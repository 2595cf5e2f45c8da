import type { z } from 'zod';
import { type UnderstudyError, usageError } from '../output/errors.js';
import { knownFields, placesOf } from './fields.js';
import { nearest } from './nearest.js';
import { shown } from './shown.js';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** One thing that is wrong in a definition, as it is told: `field` and then `text` make a sentence without its full stop. */
export interface Problem {
  /** Such as `environments.prod.capacity.min`; empty for the definition as a whole. */
  readonly field: string;
  readonly text: string;
}

/** One error for all that is wrong, so that nobody repairs a definition in ten runs. */
export function definitionError(problems: readonly Problem[]): UnderstudyError {
  const sentences = problems.map(({ field, text }) => `${field || 'the definition'} ${text}.`);
  const [only] = sentences;
  return usageError({
    code: 'definition-invalid',
    message:
      sentences.length === 1
        ? `The definition is not valid: ${only}`
        : `The definition is not valid, in ${sentences.length} places:\n${sentences.map((line) => `  - ${line}`).join('\n')}`,
    remedy: 'Correct it and run the command again.',
  });
}

/** Says in words what the schema found. `input` is the definition as it was written. */
export function explain(issues: readonly Issue[], input: unknown): readonly Problem[] {
  return issues.flatMap((issue) => explainIssue(issue, [], input));
}

function explainIssue(issue: Issue, parent: Path, input: unknown): readonly Problem[] {
  const path = [...parent, ...issue.path];
  const value = valueAt(input, path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(path, key, value));
  if (issue.code === 'invalid_union') {
    // An object can be meant for one of the forms only: what is wrong with it there says more than the list of forms.
    const branch = issue.errors.find((errors) => errors.length > 0 && errors.every((inner) => isAbout(value, inner)));
    if (branch) return branch.flatMap((inner) => explainIssue(inner, path, input));
  }
  const given = value === undefined ? 'is missing' : `is ${shown(value, path)}`;
  // The key of a record is what is wrong then, not the value that stands there.
  const found = issue.code === 'invalid_key' ? 'has a name that does not fit' : given;
  return [{ field: fieldName(path), text: `${found}; it ${expectation(issue)}` }];
}

/** Whether it is about a field that was given, below the choice. */
function isAbout(value: unknown, { path: [key] }: Issue): boolean {
  return key !== undefined && Object.hasOwn(Object(value), key);
}

function unknownField(path: Path, key: string, holder: unknown): Problem {
  const known = knownFields(path, holder);
  const absent = known.filter((name) => !Object.hasOwn(Object(holder), name));
  const similar = nearest(key, absent) ?? nearest(key, known);
  const field = fieldName([...path, key]);
  const elsewhere = placesOf(key);
  const hint = elsewhere.includes(field)
    ? 'it is for another kind of app'
    : similar
      ? `did you mean ${similar}?`
      : elsewhere.length > 0
        ? `it belongs at ${elsewhere.join(' or ')}`
        : `known here: ${known.join(', ')}`;
  return { field, text: `is not a field (${hint})` };
}

/** "must be …", for what the schema has no words of its own. */
function expectation(issue: Issue): string {
  if (issue.code === 'invalid_key') return issue.issues[0] ? expectation(issue.issues[0]) : 'must have another name';
  if (issue.message.startsWith('must ')) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeNames[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${choice(issue.values)}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? `must be ${choice(issue.options)}`
        : 'must be plain data: text, a number, true, false, null, or a list or an object of them';
    case 'too_small':
      return `must ${amount(issue.origin, 'at least', issue.minimum)}`;
    case 'too_big':
      return `must ${amount(issue.origin, 'at most', issue.maximum)}`;
    default:
      return `is wrong: ${issue.message}`;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object: { … }',
  record: 'an object: { … }',
  array: 'a list: [ … ]',
};

function amount(origin: string, bound: string, limit: number | bigint): string {
  if (origin === 'string') return `have ${bound} ${limit} characters`;
  if (origin === 'array') return `have ${bound} ${limit} ${Number(limit) === 1 ? 'entry' : 'entries'}`;
  return `be ${bound} ${limit}`;
}

function choice(values: readonly unknown[]): string {
  const quoted = values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value)));
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
}

/** A path as it would be written in code: `promotion.smokePages[0].path`, `environments.dev.options['a-b']`. */
export function fieldName(path: Path): string {
  return path
    .map((part) => {
      if (typeof part === 'number') return `[${part}]`;
      const name = String(part);
      const short = name.length > 60 ? `${name.slice(0, 60)}…` : name;
      return /^[A-Za-z_$][\w$]*$/.test(short) ? `.${short}` : `[${JSON.stringify(short)}]`;
    })
    .join('')
    .replace(/^\./, '');
}

function valueAt(input: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, part) => (at === null || at === undefined ? undefined : Object(at)[part]), input);
}
