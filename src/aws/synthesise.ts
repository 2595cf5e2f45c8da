import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AwsSite } from '../site/aws-site.js';
import { imageApp, siteApp } from './stacks/app.js';

export interface SynthesiseOptions {
  readonly of: AwsSite;
  readonly imageId: string;
  /** Where templates go. */
  readonly outdir: string;
  /** Whether AWS's own offline rules look at the templates; takes some seconds. */
  readonly check: boolean;
}

export interface SynthesisedStack {
  readonly name: string;
  readonly template: string;
  readonly resources: number;
}

/**
 * Writes CloudFormation for a site. No network, no credentials.
 * @throws what the CDK throws when a template breaks a rule and `check` is on
 */
export async function synthesise({ check, ...options }: SynthesiseOptions): Promise<readonly SynthesisedStack[]> {
  const assembly = withChecks(check, () => siteApp(options).synth());
  return Promise.all(
    assembly.stacks.map(async ({ stackName, templateFile }) => {
      const template = join(assembly.directory, templateFile);
      const { Resources } = JSON.parse(await readFile(template, 'utf8')) as { Resources: object };
      return { name: stackName, template, resources: Object.keys(Resources).length };
    }),
  );
}

/** The same for what builds the image. */
export function synthesiseImage(options: Parameters<typeof imageApp>[0]): void {
  withChecks(true, () => imageApp(options).synth());
}

/** The CDK has no other switch for it than this variable. Its engine takes longer to start than all templates to make. */
export function withChecks<T>(check: boolean, work: () => T): T {
  const before = process.env.CDK_VALIDATION;
  process.env.CDK_VALIDATION = String(check);
  try {
    return work();
  } finally {
    if (before === undefined) delete process.env.CDK_VALIDATION;
    else process.env.CDK_VALIDATION = before;
  }
}
