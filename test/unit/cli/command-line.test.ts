import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { verbs } from '../../../src/cli/verbs.js';
import { run } from '../../../src/process/run.js';

const program = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

async function understudy(...args: readonly string[]) {
  const cwd = await mkdtemp(join(tmpdir(), 'cli-'));
  return run(process.execPath, [program, ...args], { cwd, accept: [0, 1, 2, 3] });
}

it('--help of every verb says what it is for and shows examples', async () => {
  const names = verbs.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['init', 'doctor', 'up', 'down', 'status', 'open', 'promote', 'rollback']),
  );
  for (const { name, summary } of verbs) {
    const { stdout, exitCode } = await understudy(name, '--help');
    expect(exitCode, name).toBe(0);
    expect(stdout.replace(/\s+/g, ' '), name).toContain(summary.replace(/\s+/g, ' '));
    expect(stdout, name).toMatch(new RegExp(`Examples:\\n {2}understudy ${name}`));
  }
  // Every one is a program of its own that starts.
}, 60_000);

it.each([
  [['statsu'], 'status'],
  [['up', '--forec'], 'forec'],
  [['shell'], 'environment'],
  [['shell', 'staging'], 'Say dev or prod.'],
])('wrong usage ends with 2 and says what is wrong: %s', async (args, expected) => {
  const { exitCode, stderr } = await understudy(...args);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(expected);
});

it('a site that has never been up is refused with 3, and with --json in one document', async () => {
  const { exitCode, stdout, stderr } = await understudy('status', '--json');
  expect(exitCode).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'definition-missing', kind: 'refused' } });
  expect(stderr).toContain('understudy init');
});

it('to take down what was never up is done already', async () => {
  expect(await understudy('down', '--destroy', '--yes', '--json')).toMatchObject({ exitCode: 0 });
});

it('without a terminal nothing is destroyed unless --yes is given', async () => {
  expect(await understudy('down', '--destroy')).toMatchObject({ exitCode: 3 });
});
