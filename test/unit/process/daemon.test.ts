import { spawn } from 'node:child_process';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { killDaemon, startDaemon, stopDaemon } from '../../../src/process/daemon.js';
import { groupOf, identify, isAlive } from '../../../src/process/identity.js';
import { readProcess } from '../../../src/process/table.js';
import { waitUntil } from '../../../src/process/wait.js';

const folder = () => mkdtemp(join(tmpdir(), 'daemon-'));
const until = <T>(probe: () => T | undefined | false | Promise<T | undefined | false>) =>
  waitUntil<T>(probe, { what: 'it', deadlineMs: 5_000, everyMs: 10 });

async function bash(program: string) {
  const logFile = join(await folder(), 'log');
  const ref = await startDaemon({ program: 'bash', args: ['-c', program], logFile });
  onTestFinished(() => killDaemon(ref));
  return { ref, said: (text: string) => until(async () => (await readFile(logFile, 'utf8')).includes(text)) };
}

it('what a daemon says stands in its log file, after what was there', async () => {
  const logFile = join(await folder(), 'logs', 'one.log');
  for (const word of ['first', 'second']) {
    const ref = await startDaemon({ program: 'sh', args: ['-c', `echo ${word}; sleep 0.2`], logFile });
    await until(() => !isAlive(ref));
  }
  expect(await readFile(logFile, 'utf8')).toBe('first\nsecond\n');
});

it('a daemon lives on when the process that started it is killed', async () => {
  const logFile = join(await folder(), 'log');
  const module = new URL('../../../dist/process/daemon.js', import.meta.url).href;
  const program = `
    const { startDaemon } = await import(${JSON.stringify(module)});
    const ref = await startDaemon({ program: 'sleep', args: ['60'], logFile: ${JSON.stringify(logFile)} });
    console.log(JSON.stringify(ref));
    process.kill(process.pid, 'SIGKILL');
  `;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ref = JSON.parse(await new Promise((resolve) => parent.stdout.once('data', (data) => resolve(String(data)))));
  onTestFinished(() => killDaemon(ref));
  await until(() => parent.signalCode === 'SIGKILL');
  expect(isAlive(ref)).toBe(true);
});

it('a daemon leads a session of its own, so that losing the terminal does not end it', async () => {
  const { ref, said } = await bash('echo up; sleep 60');
  await said('up');
  expect(readProcess(ref.pid)?.group).toBe(ref.pid);
  expect(readProcess(process.pid)?.group).not.toBe(ref.pid);
});

it('a daemon gets none of the environment of whoever started it', async () => {
  process.env.INHERITED_WORD = 'yes';
  const { said } = await bash('echo "[$INHERITED_WORD]"; sleep 60');
  await said('[]');
});

it('a program that does not exist is an error that names it', async () => {
  await expect(
    startDaemon({ program: 'no-such-server', args: [], logFile: join(await folder(), 'log') }),
  ).rejects.toMatchObject({ code: 'program-missing', message: expect.stringContaining('no-such-server') });
});

it('a stop is polite first: the program may tidy up', async () => {
  const { ref, said } = await bash('trap "echo tidied; exit" TERM; echo up; while :; do sleep 0.05; done');
  await said('up');
  await stopDaemon(ref);
  await said('tidied');
  expect(isAlive(ref)).toBe(false);
});

it('a program that ignores the request is killed after its grace, and its children with it', async () => {
  const { ref, said } = await bash('trap "" TERM; (trap "" TERM; echo child; sleep 60) & wait');
  await said('child');
  expect(groupOf(ref).length).toBeGreaterThan(1);
  await stopDaemon(ref, { graceMs: 200 });
  expect(groupOf(ref)).toEqual([]);
});

it('a program that is stopped by a signal is ended all the same', async () => {
  const { ref, said } = await bash('echo up; exec sleep 60');
  await said('up');
  process.kill(ref.pid, 'SIGSTOP');
  await stopDaemon(ref, { graceMs: 1_000 });
  expect(isAlive(ref)).toBe(false);
});

it('children that a dead leader left behind are still ended', async () => {
  const { ref, said } = await bash('sleep 60 & echo up; wait');
  await said('up');
  process.kill(ref.pid, 'SIGKILL');
  await until(() => !isAlive(ref));
  expect(groupOf(ref)).toHaveLength(1);
  await killDaemon(ref);
  expect(groupOf(ref)).toEqual([]);
});

it('a zombie is dead, although signals to it succeed', async () => {
  // Its parent never asks how it ended.
  const parent = spawn('bash', ['-c', 'sleep 0.1 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const pid = Number(await new Promise((resolve) => parent.stdout.once('data', (data) => resolve(String(data)))));
  const ref = identify(pid);
  if (!ref) throw new Error('it ended too early');
  await until(() => !isAlive(ref));
  expect(process.kill(pid, 0)).toBe(true);
  expect(identify(pid)).toBeUndefined();
  expect(groupOf({ ...ref, pid })).toEqual([]);
});

it('another process with the same pid, or a pid from before the last boot, is not taken for the one that was meant', async () => {
  const { ref, said } = await bash('echo up; sleep 60; true');
  await said('up');
  for (const other of [
    { ...ref, startTime: ref.startTime - 1 },
    { ...ref, bootId: 'another' },
  ]) {
    expect(isAlive(other)).toBe(false);
    expect(groupOf(other)).toEqual([]);
    await killDaemon(other);
  }
  expect(isAlive(ref)).toBe(true);
});

it('a program whose name has spaces and parentheses is read rightly', async () => {
  const { ref, said } = await bash('printf "a ) S (b" > /proc/$$/comm; echo up; sleep 60; true');
  await said('up');
  expect(readProcess(ref.pid)).toMatchObject({ name: 'a ) S (b', running: true, group: ref.pid });
  expect(isAlive(ref)).toBe(true);
});
