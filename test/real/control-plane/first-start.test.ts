import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { layoutFor, paths } from '../../../src/local/layout.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import type { SiteDefinition } from '../../../src/site/schema.js';
import { processesOf } from './processes.js';

const program = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const isRoot = process.getuid?.() === 0;

/** A site that has never been up. */
async function newSite(definition: Partial<SiteDefinition> = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'first-'));
  const configFile = join(dir, 'understudy.config.ts');
  const write = (change: Partial<SiteDefinition>) =>
    writeFile(
      configFile,
      `import { defineSite } from 'understudy';\nexport default defineSite(${JSON.stringify({ name: 'first', ...change })});\n`,
    );
  await write(definition);
  const understudy = (...args: readonly string[]) => [program, ...args, '--config', configFile] as const;
  const cli = (...args: readonly string[]) =>
    run(process.execPath, understudy(...args), { cwd: dir, accept: [0, 1, 2, 3], deadlineMs: 120_000 });
  const layout = layoutFor(configFile);
  onTestFinished(async () => {
    await cli('down', '--destroy', '--yes');
    await rm(dir, { recursive: true, force: true });
  });
  return { cli, layout, understudy, write };
}

/** Servers are stopped before the command ends; the control plane, which has nothing to do then, a little later. */
const nothingRuns = (layout: ReturnType<typeof layoutFor>) =>
  waitUntil(() => processesOf(layout).length === 0, {
    what: `nothing to run of ${layout.stateDir}`,
    deadlineMs: 20_000,
    everyMs: 100,
  });

it('a port that is taken is named, nothing is left running, and the next start succeeds', async () => {
  const blocker = createServer();
  await new Promise<void>((resolve) => blocker.listen({ host: '127.0.0.1', port: 0 }, resolve));
  const port = (blocker.address() as { port: number }).port;
  const { cli, layout, write } = await newSite({ local: { httpPort: port } });
  const { exitCode, stderr } = await cli('up');
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`The port ${port} on 127.0.0.1 (local.httpPort) is taken`);
  await nothingRuns(layout);
  blocker.close();
  await write({});
  const again = await cli('up');
  expect(again, again.stderr).toMatchObject({ exitCode: 0 });
});

it('a server that cannot start is named with its log, and everything else is stopped again', async () => {
  const { cli, layout } = await newSite();
  // The folder of its data is a file: it can be neither made nor entered.
  await mkdir(paths.databases(layout), { recursive: true });
  await writeFile(join(paths.databases(layout), 'replica-1'), '');
  const { exitCode, stderr } = await cli('up');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('replica-1');
  await nothingRuns(layout);
});

it.runIf(isRoot)('a disk that is full is said plainly, and nothing is left running', async () => {
  const { cli, layout } = await newSite();
  await mkdir(layout.stateDir, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', 'size=96m,mode=755', 'tmpfs', layout.stateDir]);
  try {
    const { exitCode, stderr } = await cli('up');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/no room|No space left|disk/i);
    await nothingRuns(layout);
  } finally {
    await run('umount', ['--lazy', layout.stateDir]);
  }
});

it.runIf(isRoot)('a program that is missing is named before anything is started', async () => {
  const { layout, understudy } = await newSite();
  // Hidden from this command alone, in a name space of its own.
  const hide = 'mount --bind /dev/null "$(command -v haproxy)" && exec "$@"';
  const { exitCode, stderr } = await run(
    'unshare',
    ['--mount', 'sh', '-c', hide, 'sh', process.execPath, ...understudy('up')],
    { accept: [0, 1, 2, 3] },
  );
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/lacks haproxy.*\n.*doctor --install/);
  expect(processesOf(layout)).toEqual([]);
});

it('a program that does not work is told in its own words, and nothing is left running', async () => {
  const { layout, understudy } = await newSite();
  const folder = await mkdtemp(join(tmpdir(), 'path-'));
  await writeFile(join(folder, 'haproxy'), '#!/bin/sh\necho "a library is missing" >&2\nexit 127\n', { mode: 0o755 });
  const { exitCode, stderr } = await run(process.execPath, understudy('up'), {
    env: { PATH: `${folder}:${process.env.PATH}` },
    accept: [0, 1, 2, 3],
  });
  expect(exitCode).toBe(1);
  expect(stderr).toContain('a library is missing');
  await nothingRuns(layout);
});

it('Ctrl-C during the first start ends everything that was started', async () => {
  const { layout, understudy } = await newSite();
  const child = spawn(process.execPath, understudy('up'), { stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await waitUntil(() => processesOf(layout).some(({ command }) => command.includes('mariadbd')), {
    what: 'the databases to be started',
    deadlineMs: 30_000,
    everyMs: 10,
  });
  child.kill('SIGINT');
  expect(await ended).toBe(1);
  await nothingRuns(layout);
  expect(existsSync(paths.upMarker(layout))).toBe(false);
});
