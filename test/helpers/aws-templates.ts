import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { siteApp } from '../../src/aws/stacks/app.js';
import { withChecks } from '../../src/aws/synthesise.js';
import { awsSite } from '../../src/site/aws-site.js';
import { resolveSite } from '../../src/site/resolve.js';

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: templates are read as what they are
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdatePolicy?: object;
  readonly DependsOn?: string | string[];
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: string } }>>;
}

export const stackIds = ['network', 'data', 'edge', 'dev', 'prod', 'operations'] as const;
export type StackId = (typeof stackIds)[number];
export type Templates = Readonly<Record<StackId, Template>>;

/** What the example says about AWS. */
export const exampleAws = {
  account: '111122223333',
  region: 'eu-central-1',
  domains: { dev: 'dev.example.com', prod: 'www.example.com' },
  hostedZone: { name: 'example.com' },
  devAccess: { allow: ['203.0.113.0/24'] },
};

export function exampleSite(aws: object = {}, rest: object = {}) {
  return awsSite(resolveSite({ name: 'example', ...rest, aws: { ...exampleAws, ...aws } }, '/x'));
}

export const imageId = 'ami-0123456789abcdef0';

/** Templates of the example site with some fields changed, made in this process. */
export function templatesOf(aws: object = {}, rest: object = {}): Templates {
  const outdir = mkdtempSync(join(tmpdir(), 'understudy-templates-'));
  try {
    const assembly = withChecks(false, () => siteApp({ of: exampleSite(aws, rest), imageId, outdir }).synth());
    return Object.fromEntries(assembly.stacks.map(({ id, template }) => [id, template])) as Templates;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

export interface Found {
  readonly stack: StackId;
  readonly id: string;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: templates are read as what they are
  readonly properties: any;
  readonly resource: Resource;
}

/** Every resource of a type, in all stacks or in one. */
export function resourcesOf(templates: Templates, type: string, stack?: StackId): readonly Found[] {
  return (stack ? [stack] : stackIds).flatMap((name) =>
    Object.entries(templates[name].Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, resource]) => ({ stack: name, id, type, properties: resource.Properties, resource })),
  );
}

/**
 * What a reference leads to, through exports of other stacks: `network/LogicalId`; for other values their text.
 */
export function targetOf(templates: Templates, stack: StackId, value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::ImportValue': imported } = value as Record<string, unknown>;
  if (typeof Ref === 'string') return Ref.startsWith('AWS::') ? Ref : `${stack}/${Ref}`;
  if (Array.isArray(attribute)) return `${stack}/${attribute[0]}`;
  if (imported !== undefined) {
    for (const name of stackIds) {
      const output = Object.values(templates[name].Outputs ?? {}).find((one) => one.Export?.Name === imported);
      if (output) return targetOf(templates, name, output.Value);
    }
  }
  return JSON.stringify(value);
}

/** A value with every reference in it replaced by what it leads to, and joined text put together. */
export function flattened(templates: Templates, stack: StackId, value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const join = (value as Record<string, unknown>)['Fn::Join'];
  if (Array.isArray(join)) {
    return (join[1] as unknown[]).map((part) => flattened(templates, stack, part)).join(String(join[0]));
  }
  const base64 = (value as Record<string, unknown>)['Fn::Base64'];
  if (base64 !== undefined) return flattened(templates, stack, base64);
  return targetOf(templates, stack, value);
}
