import { mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeSiteFolders } from '../../../src/local/folders.js';
import { type Layout, layoutFor, paths } from '../../../src/local/layout.js';

/** A Unix socket's path, with the byte that ends it. */
const longestSocket = 107;
const file = `/home/${'agency/'.repeat(20)}understudy.config.ts`;

it.each([
  ['root', layoutFor(file, true)],
  ['somebody', layoutFor(file, false, { HOME: '/home/somebody' })],
])('the sockets of a site of %s have short paths, however deep its definition lies', (_, layout) => {
  for (const socket of [paths.controlSocket(layout), join(paths.runtime(layout, 'prod-99'), 'status.sock')]) {
    expect(Buffer.byteLength(socket)).toBeLessThanOrEqual(longestSocket);
  }
});

it('two definitions never share a folder', () => {
  const [one, two] = [layoutFor('/a/site/understudy.config.ts', true), layoutFor('/b/site/understudy.config.ts', true)];
  expect(one.stateDir).not.toBe(two.stateDir);
  expect(one.runtimeDir).not.toBe(two.runtimeDir);
});

it('the runtime directory is the same in every session of a user: servers outlive a login', () => {
  const inDesktop = layoutFor(file, false, { HOME: '/home/x', XDG_RUNTIME_DIR: '/run/user/1000', TMPDIR: '/var/tmp' });
  expect(inDesktop.runtimeDir).toBe(layoutFor(file, false, { HOME: '/home/x' }).runtimeDir);
});

async function layoutIn(): Promise<Layout> {
  const dir = await mkdtemp(join(tmpdir(), 'layout-'));
  return { configFile: '', stateDir: join(dir, 'state'), runtimeDir: join(dir, 'run', 'key'), machineDir: dir };
}

it.each([
  ['by root let the accounts of servers pass', true, 0o711],
  ['otherwise are for their user alone', false, 0o700],
])('folders that are made %s, whatever the umask', async (_, isRoot, mode) => {
  const layout = await layoutIn();
  const before = process.umask(isRoot ? 0o077 : 0o000);
  onTestFinished(() => void process.umask(before));
  await makeSiteFolders(layout, isRoot);
  for (const folder of [layout.stateDir, layout.runtimeDir]) expect((await stat(folder)).mode & 0o777).toBe(mode);
});

it("the site's code and content, and what was planned with them, are for their owner alone, also where they were not", async () => {
  const layout = await layoutIn();
  await mkdir(join(layout.stateDir, 'packs'), { recursive: true, mode: 0o755 });
  await makeSiteFolders(layout, true);
  expect((await stat(layout.stateDir)).mode & 0o777).toBe(0o711);
  for (const name of ['packs', 'releases', 'promotions', 'imports', 'drills', 'access-logs']) {
    expect((await stat(join(layout.stateDir, name))).mode & 0o777, name).toBe(0o700);
  }
});

it("a link in the runtime directory's place is not followed: anybody can make one in /tmp", async () => {
  const layout = await layoutIn();
  const elsewhere = await mkdtemp(join(tmpdir(), 'elsewhere-'));
  await mkdir(layout.stateDir, { recursive: true });
  await symlink(elsewhere, join(layout.machineDir, 'run'));
  onTestFinished(() => rm(elsewhere, { recursive: true }));
  await expect(makeSiteFolders(layout)).rejects.toMatchObject({ code: 'folder-unsafe' });
});
