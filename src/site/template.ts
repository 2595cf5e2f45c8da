import { type Field, siteFields } from './fields.js';
import { resolveSite } from './resolve.js';

/**
 * The text of a definition file with every field, its description and its default.
 * @param mode `commented`: each field but the required ones is a comment, one line to switch on (what `understudy init`
 *   writes); `active`: each field that has a default is set to it, and
 *   what AWS cannot do without to an example
 * @throws code `definition-invalid` if the name is not one
 */
export function definitionText(name: string, mode: 'commented' | 'active'): string {
  const defaults = resolveSite({ name }, '/');
  const body = renderFields(siteFields(), defaults, { indent: '  ', mode, required: ['name'] });
  return `import { defineSite } from 'understudy';

// The definition of one site: a dev environment, a prod environment, and how dev becomes prod.
// Only the name is required; every other field stands here with its default${mode === 'active' ? ', or (aws) an example' : ''}.
export default defineSite({
${body.join('\n')}
});
`;
}

interface Style {
  readonly indent: string;
  readonly mode: 'commented' | 'active';
  /** Fields that are never commented out at this level. */
  readonly required: readonly string[];
}

function renderFields(fields: readonly Field[], values: unknown, style: Style): string[] {
  return fields.flatMap((field, index) => [
    ...(index > 0 && style.indent === '  ' ? [''] : []),
    ...renderField(field, (values as Record<string, unknown>)[field.name], style),
  ]);
}

function renderField(field: Field, value: unknown, style: Style): string[] {
  const { indent, mode, required } = style;
  const prose = field.description.split('\n').filter((line) => line !== '');
  const about = prose.map((line) => `${indent}// ${line}`);
  const [variant, other] = field.variants;
  if (variant !== undefined) {
    const kind = variant.filter(({ name }) => name === 'kind').map(({ name }) => name);
    const inner = renderFields(variant, value, { indent: `${indent}  `, mode, required: kind });
    const object = [...about, `${indent}${field.name}: {`, ...inner, `${indent}},`];
    return field.name === 'app' && other ? [...object, ...renderOtherApp(other, style)] : object;
  }
  const line = `${field.name}: ${literal(value ?? field.example)},`;
  const active = required.includes(field.name) || (mode === 'active' && (value !== undefined || field.inExample));
  return [...about, `${indent}${active ? '' : '// '}${line}`];
}

/** The other kind of app, as a comment as a whole, since only one can be. */
function renderOtherApp(fields: readonly Field[], { indent }: Style): string[] {
  const defaults = resolveSite({ name: 'x', app: { kind: 'php', directory: '/site' } }, '/').app;
  const values = { ...defaults, directory: undefined };
  const inner = renderFields(fields, values, { indent: '    ', mode: 'active', required: ['kind', 'directory'] });
  return [
    `${indent}// For a PHP site that is not WordPress, this in its place:`,
    ...['  app: {', ...inner, '  },'].map((line) => `${indent}// ${line.slice(2)}`),
  ];
}

/** A value as this project writes it in code. */
function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value.replace(/[\\']/g, '\\$&')}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  return JSON.stringify(value);
}
