import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Privileged } from '../../../src/local/machine/privileged.js';
import { findGuard, placeGuard, removeGuard } from '../../../src/local/machine/service-guard.js';
import { run } from '../../../src/process/run.js';

const asIs: Privileged = (program, args, options) => run(program, args, options);
let folder: string;
let paths: { policy: string; kept: string };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-guard-'));
  paths = { policy: join(folder, 'policy-rc.d'), kept: join(folder, 'kept') };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function asked(env: Readonly<Record<string, string>> = {}): Promise<number> {
  return (await run(paths.policy, ['nginx', 'start'], { env, accept: [0, 7, 101] })).exitCode;
}

function ownPolicy(status: number): void {
  writeFileSync(paths.policy, `#!/bin/sh\n[ "$1 $2" = 'nginx start' ] && exit ${status}\n`, { mode: 0o755 });
}

describe('while packages are installed', () => {
  it('our installation may start nothing, and every other may', async () => {
    const guard = await placeGuard(['nginx'], asIs, paths);
    expect(await asked(guard.env)).toBe(101);
    expect(await asked()).toBe(0);
    expect(await asked({ UNDERSTUDY_INSTALLATION: 'another' })).toBe(0);
  });

  it('a policy that was there goes on answering others', async () => {
    ownPolicy(7);
    const guard = await placeGuard(['nginx'], asIs, paths);
    expect(await asked(guard.env)).toBe(101);
    expect(await asked()).toBe(7);
  });
});

describe('afterwards', () => {
  it('nothing is left where nothing was', async () => {
    await placeGuard(['nginx'], asIs, paths);
    await removeGuard(asIs, paths);
    await removeGuard(asIs, paths);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('the policy that was there is back, mode and all', async () => {
    ownPolicy(7);
    const before = readFileSync(paths.policy, 'utf8');
    await placeGuard(['nginx'], asIs, paths);
    await removeGuard(asIs, paths);
    expect(readdirSync(folder)).toEqual(['policy-rc.d']);
    expect(readFileSync(paths.policy, 'utf8')).toBe(before);
    expect(await asked()).toBe(7);
  });

  it('a symbolic link that was there is a symbolic link again, even a dangling one', async () => {
    symlinkSync('/nowhere/policy', paths.policy);
    await placeGuard(['nginx'], asIs, paths);
    expect(await asked()).toBe(0);
    await removeGuard(asIs, paths);
    expect(lstatSync(paths.policy).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder)).toEqual(['policy-rc.d']);
  });
});

describe('after a crash', () => {
  it('the guard that is left tells which packages were being installed, and its token', async () => {
    const guard = await placeGuard(['nginx', 'php8.2-fpm'], asIs, paths);
    expect(findGuard(paths)).toEqual(guard);
  });

  it('before the guard was in place, the policy that was there stays', async () => {
    ownPolicy(7);
    const dies: Privileged = async (program, args, options) => {
      if (program === 'mv') throw new Error('killed');
      return asIs(program, args, options);
    };
    await expect(placeGuard(['nginx'], dies, paths)).rejects.toThrow('killed');
    expect(await asked()).toBe(7);
    await removeGuard(asIs, paths);
    expect(await asked()).toBe(7);
    expect(readdirSync(folder).filter((name) => name === 'kept')).toEqual([]);
    // And a guard can be placed again.
    expect(await asked((await placeGuard(['nginx'], asIs, paths)).env)).toBe(101);
  });

  it('a policy that somebody else has placed meanwhile is not removed', async () => {
    await placeGuard(['nginx'], asIs, paths);
    ownPolicy(7);
    await removeGuard(asIs, paths);
    expect(await asked()).toBe(7);
  });
});

it("somebody else's policy is no guard of ours, nor is none", () => {
  expect(findGuard(paths)).toBeUndefined();
  ownPolicy(7);
  expect(findGuard(paths)).toBeUndefined();
});
