import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { identify } from '../../../src/process/identity.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';

const folder = () => mkdtemp(join(tmpdir(), 'run-'));
const gone = (pid: number) =>
  waitUntil(() => identify(pid) === undefined, { what: `${pid} to be gone`, deadlineMs: 5_000 });

it('a program gets its input on standard input and answers on both streams', async () => {
  const result = await run('sh', ['-c', 'cat; echo problem >&2'], { input: 'secret' });
  expect(result).toEqual({ stdout: 'secret', stderr: 'problem', exitCode: 0 });
});

it('an exit status that is accepted is a result; any other is an error with the end of what the program said', async () => {
  expect((await run('sh', ['-c', 'exit 3'], { accept: [0, 3] })).exitCode).toBe(3);
  await expect(run('sh', ['-c', 'echo no room >&2; exit 4'])).rejects.toMatchObject({
    code: 'program-failed',
    message: 'sh ended with 4: no room',
  });
});

it('a program that does not exist is named, with what to do', async () => {
  await expect(run('no-such-program', [])).rejects.toMatchObject({
    code: 'program-missing',
    remedy: expect.stringContaining('doctor'),
  });
});

it('a deadline ends the program and its children, also those that ignore SIGTERM', async () => {
  const file = join(await folder(), 'pid');
  const program = `trap '' TERM; (trap '' TERM; echo $BASHPID > ${file}; sleep 60) & wait`;
  await expect(run('bash', ['-c', program], { deadlineMs: 500, graceMs: 200 })).rejects.toMatchObject({
    code: 'program-timeout',
  });
  await gone(Number(await readFile(file, 'utf8')));
});

it('an abort ends the program and its children, and throws the reason', async () => {
  const file = join(await folder(), 'pid');
  const abort = new AbortController();
  const running = run('bash', ['-c', `sleep 60 & echo $! > ${file}; wait`], { signal: abort.signal });
  await waitUntil(() => readFile(file, 'utf8').catch(() => undefined), { what: 'its start', deadlineMs: 5_000 });
  abort.abort(new Error('enough'));
  await expect(running).rejects.toThrow('enough');
  await gone(Number(await readFile(file, 'utf8')));
});

it('a program that fails leaves no child behind', async () => {
  const file = join(await folder(), 'pid');
  await expect(run('bash', ['-c', `sleep 60 >/dev/null 2>&1 & echo $! > ${file}; exit 1`])).rejects.toMatchObject({
    code: 'program-failed',
  });
  await gone(Number(await readFile(file, 'utf8')));
});

it('an abort that came before the start starts nothing', async () => {
  const file = join(await folder(), 'started');
  await expect(run('touch', [file], { signal: AbortSignal.abort(new Error('too late')) })).rejects.toThrow('too late');
  await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('a clean environment has only what is given', async () => {
  const { stdout } = await run('/usr/bin/env', [], { env: { ONLY: 'this' }, cleanEnv: true });
  expect(stdout).toBe('ONLY=this');
});
