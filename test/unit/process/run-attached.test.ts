import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findAccount } from '../../../src/local/machine/accounts.js';
import { run } from '../../../src/process/run.js';

const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stdout.write('SKIPPED: only root runs programs as another account\n');
const module = new URL('../../../dist/process/run-attached.js', import.meta.url).href;
const nobody = findAccount('nobody');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-attached-'));
  await run('chmod', ['755', folder]);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program of ours that runs one as `nobody`, and ends with its status. */
async function ours(program: string, args: readonly string[]): Promise<string> {
  const file = join(folder, 'ours.mjs');
  const options = { cwd: '/', as: nobody };
  await writeFile(
    file,
    `import { runAttached } from ${JSON.stringify(module)};
    process.exitCode = await runAttached(${JSON.stringify(program)}, ${JSON.stringify(args)}, ${JSON.stringify(options)});`,
  );
  return `${process.execPath} ${file}`;
}

describe.skipIf(!isRoot)('a program that is run as another account', () => {
  it('cannot type into the shell of whoever ran it', async () => {
    // TIOCSTI, for each letter.
    const typing = 'for my $c (split //, qq(typed\\n)) { ioctl(STDIN, 0x5412, $c) } print qq(tried\\n);';
    const shell = join(folder, 'shell');
    const asked = await ours('/usr/bin/perl', ['-e', typing]);
    await writeFile(shell, `${asked}\nread -r -t 1 line; echo "[read $line]"; touch ended\n`);
    // A person who types nothing, and does not go away either.
    const silent = 'until [ -e ended ]; do sleep 0.05; done';
    const terminal = `(${silent}) | script --quiet --command 'bash ${shell}' /dev/null`;
    const { stdout } = await run('bash', ['-c', terminal], { cwd: folder, deadlineMs: 15_000 });
    expect(stdout).toContain('tried');
    expect(stdout).toContain('[read ]');
  });

  it('has its terminal, and its exit status is passed on', async () => {
    const command = await ours('/bin/sh', ['-c', 'test -t 0 && test -t 1 && id -un; exit 7']);
    const { stdout } = await run('script', ['--quiet', '--command', `${command}; echo "[status $?]"`, '/dev/null'], {
      deadlineMs: 15_000,
    });
    expect(stdout).toContain('nobody');
    expect(stdout).toContain('[status 7]');
  });

  it('passes its output on as it is where there is no terminal, and sees nothing of the environment but what it needs', async () => {
    const command = await ours('/bin/sh', ['-c', 'id -un; echo "[$OURS] [$LANG] $HOME" >&2']);
    const { stdout, stderr } = await run('bash', ['-c', command], { env: { OURS: 'secret', LANG: 'C.UTF-8' } });
    expect(stdout).toBe('nobody');
    expect(stderr).toBe('[] [C.UTF-8] /nonexistent');
  });

  it('is ended by the signal that asks its caller to end', async () => {
    const command = await ours('/bin/sh', [
      '-c',
      'trap "echo told; exit 3" TERM; echo up; while :; do sleep 0.05; done',
    ]);
    const script = `${command} > out & pid=$!; until grep -q up out; do sleep 0.05; done; kill -TERM $pid; wait $pid; echo $?; cat out`;
    const { stdout } = await run('bash', ['-c', script], { cwd: folder, deadlineMs: 15_000 });
    expect(stdout).toBe('3\nup\ntold');
  });
});
