import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, expect, it, vi } from 'vitest';
import { siteApp } from '../../src/aws/stacks/app.js';
import { withChecks } from '../../src/aws/synthesise.js';
import { exampleSite, imageId } from '../helpers/aws-templates.js';

const outdir = mkdtempSync(join(tmpdir(), 'understudy-advice-'));
afterAll(() => rmSync(outdir, { recursive: true, force: true }));

interface Violation {
  readonly ruleName: string;
  readonly description: string;
  readonly violatingConstructs: readonly { readonly constructPath: string }[];
}

/** What both sets of rules find in the example, beyond what is acknowledged with a reason. */
function findings(): readonly string[] {
  const app = siteApp({ of: exampleSite({}, { notify: { email: ['ops@example.com'] } }), imageId, outdir });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const said = vi.spyOn(console, 'error').mockReturnValue();
  try {
    withChecks(true, () => app.synth());
  } catch (error) {
    if (!String(error).includes('Validation failed')) throw error;
  } finally {
    said.mockRestore();
  }
  const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8'));
  const plugins: { pluginName: string; violations: Violation[] }[] = report.pluginReports;
  expect(plugins.map(({ pluginName }) => pluginName).sort()).toEqual(['AwsSolutions', 'CloudFormation Validate']);
  return plugins.flatMap(({ violations }) =>
    violations.map(({ ruleName, description, violatingConstructs }) => {
      return `${ruleName} ${description}: ${violatingConstructs.map(({ constructPath }) => constructPath).join(', ')}`;
    }),
  );
}

it("neither AWS's advice nor its rules for templates find anything that is not acknowledged with a reason", () => {
  expect(findings()).toEqual([]);
});
