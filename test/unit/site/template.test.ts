import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { awsSite } from '../../../src/site/aws-site.js';
import { type Field, siteFields } from '../../../src/site/fields.js';
import { resolveSite } from '../../../src/site/resolve.js';
import { definitionText } from '../../../src/site/template.js';

/** What a definition exports, without a loader: it has no types and imports one function. */
function evaluate(text: string): unknown {
  const body = text.replace(/^import .*$/m, '').replace('export default defineSite(', 'return (');
  return new Function(body)();
}

/** Switches on every line that is a commented-out field. */
function switchOn(text: string): string {
  return text.replace(/^(\s*)\/\/ (\w+: .*,)$/gm, '$1$2');
}

function everyField(fields: readonly Field[], prefix = ''): { name: string; field: Field }[] {
  return fields.flatMap((field) => [
    { name: prefix + field.name, field },
    ...field.variants.flatMap((variant) => everyField(variant, `${prefix}${field.name}.`)),
  ]);
}

describe('the definition that init writes', () => {
  it('means the defaults as it stands', () => {
    expect(resolveSite(evaluate(definitionText('shop', 'commented')), '/x')).toEqual(
      resolveSite({ name: 'shop' }, '/x'),
    );
  });

  it('means the same with every field switched on, but for ports, the mail server and what AWS has no defaults for', () => {
    const text = definitionText('shop', 'commented').split('// For a PHP site')[0] ?? '';
    const rest = definitionText('shop', 'commented').split(/\n {2}\/\/ },\n/)[1] ?? '';
    const site = resolveSite(evaluate(switchOn(`${text}\n${rest}`)), '/x');
    const { aws, ...defaults } = resolveSite({ name: 'shop' }, '/x');
    expect(site).toEqual({
      ...defaults,
      notify: { ...defaults.notify, smtp: { ...defaults.notify.smtp, host: 'smtp.example.com' } },
      local: { httpPort: 8080, httpsPort: 8443 },
      aws: expect.anything(),
    });
    expect(site.aws).toMatchObject({ network: aws.network, instances: aws.instances, database: aws.database });
    expect(() => awsSite(site)).not.toThrow();
  });

  it('has a definition of a PHP site that is valid when it is put in place', () => {
    const text = definitionText('shop', 'commented');
    const block = /in its place:\n((?: {2}\/\/.*\n)+)/.exec(text)?.[1] ?? '';
    const app = block.replace(/^ {2}\/\/ /gm, '');
    const site = resolveSite(new Function(`return {name: 'shop', ${app}}`)(), '/x');
    expect(site.app).toMatchObject({ kind: 'php', directory: '/x/site', healthPath: '/', database: false });
  });

  it('names every field of the schema, each with a description', () => {
    const text = definitionText('shop', 'commented');
    const fields = everyField(siteFields());
    expect(fields.length).toBeGreaterThan(35);
    for (const { name, field } of fields) {
      expect(text, name).toMatch(new RegExp(`\\b${field.name}: `));
      if (field.name !== 'kind') expect(field.description, name).toMatch(/\.$|\}$|\]$/);
    }
  });

  it('says nothing undefined', () => {
    expect(definitionText('shop', 'commented')).not.toContain('undefined');
  });
});

it('the example definition is the schema with its defaults', () => {
  const example = new URL('../../../understudy.config.ts', import.meta.url);
  expect(readFileSync(example, 'utf8')).toBe(definitionText('example', 'active'));
});
