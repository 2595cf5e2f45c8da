import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/process/run.js';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const biome = join(checkout, 'node_modules/.bin/biome');

/** An import that must not be, by the folder of the file that has it. */
const forbidden: readonly (readonly [folder: string, line: string])[] = [
  ['output', "import { x } from '../process/run.js';"],
  ['process', "import { x } from '../state/lock.js';"],
  ['state', "import { x } from '../site/schema.js';"],
  ['site', "import { x } from '../platform/fleet.js';"],
  ['platform', "import { x } from '../sql/connect.js';"],
  ['platform', "import type { x } from '../local/supervisor.js';"],
  ['sql', "import { x } from '../replication/gate.js';"],
  ['replication', "import { x } from '../promotion/step.js';"],
  ['replication', "export { x } from '../local/supervisor.js';"],
  ['release', "import { x } from '../local/layout.js';"],
  ['content', "import { x } from '../drills/load.js';"],
  ['monitoring', "import { x } from '../aws/alarms.js';"],
  ['monitoring', "import { x } from '../local/layout.js';"],
  ['replication', "import { x } from '../monitoring/alarms.js';"],
  ['promotion', "import { x } from '../local/layout.js';"],
  ['import', "import { x } from '../local/layout.js';"],
  ['promotion', "import { x } from '../import/load.js';"],
  ['promotion', "export const x = await import('../aws/fleet.js');"],
  ['promotion', "import { x } from '../replication/mariadb.js';"],
  ['promotion', "import { x } from '../../replication/rds-mysql.js';"],
  ['drills', "import { x } from '../replication/mariadb.js';"],
  ['import', "import { x } from '../replication/mariadb.js';"],
  ['drills', "import { x } from '../cli/main.js';"],
  ['local', "import { x } from '../cli/main.js';"],
  ['local', "import { x } from '../promotion/step.js';"],
  ['local/balancer', "import { x } from '../../aws/fleet.js';"],
  ['aws', "import { x } from '../local/layout.js';"],
  ['local', "import { x } from 'node:child_process';"],
  ['cli', "import { x } from 'execa';"],
  ['promotion', "import { x } from 'mysql2/promise';"],
  ['local', "import { x } from 'yoctocolors';"],
  ['local', "import { x } from '@aws-sdk/client-rds';"],
  ['cli', "import { x } from 'aws-cdk-lib/aws-ec2';"],
];

const allowed: typeof forbidden = [
  ['cli', "import { x } from '../local/layout.js';"],
  ['cli', "import { x } from 'commander';"],
  ['local', "import { x } from '../replication/gate.js';"],
  ['local', "import { x } from '../monitoring/alarms.js';"],
  ['aws', "import { x } from '../monitoring/alarms.js';"],
  ['promotion', "import { x } from '../release/manifest.js';"],
  ['promotion', "import { x } from '../replication/capture.js';"],
  ['import', "import { x } from '../promotion/run-steps.js';"],
  ['process', "import { x } from 'node:child_process';"],
  ['aws', "import { x } from '@aws-sdk/client-rds';"],
  ['site', "import { x } from '../output/errors.js';"],
];

let copy: string;
let findings: readonly string[];

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'understudy-direction-'));
  for (const file of ['biome.json', 'biome.direction.json']) cpSync(join(checkout, file), join(copy, file));
  const write = (prefix: string) => (entry: readonly [string, string], index: number) => {
    const [folder, line] = entry;
    mkdirSync(join(copy, 'src', folder), { recursive: true });
    writeFileSync(join(copy, 'src', folder, `${prefix}-${index}.ts`), `${line}\n`);
  };
  forbidden.forEach(write('forbidden'));
  allowed.forEach(write('allowed'));
  const { stdout } = await run(
    biome,
    [
      'lint',
      '--vcs-enabled=false',
      '--only=style/noRestrictedImports',
      '--reporter=github',
      '--max-diagnostics=none',
      'src',
    ],
    { cwd: copy, accept: [0, 1] },
  );
  findings = stdout.split('\n').filter((line) => line.startsWith('::error') && line.includes('noRestrictedImports'));
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe('the lint rule on the direction of dependencies', () => {
  it.each(forbidden.map(([folder, line], index) => ({ folder, line, index })))(
    'in $folder refuses $line',
    ({ folder, index }) => {
      expect(findings.filter((finding) => finding.includes(`src/${folder}/forbidden-${index}.ts`))).toHaveLength(1);
    },
  );

  it('lets through what goes the right way', () => {
    expect(findings.filter((finding) => finding.includes('allowed-'))).toEqual([]);
  });
});
