import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silent } from '../../../src/output/messages.js';
import type { FileChanges } from '../../../src/platform/releases.js';
import { type CopyMediaOptions, copyMedia } from '../../../src/release/media-copy.js';
import { planMedia } from '../../../src/release/media-plan.js';
import { applyMedia, finishMedia, revertMedia } from '../../../src/release/media-switch.js';
import { expectSameContent, listing, temporaryFolder, write } from './fixture.js';

const nothing: FileChanges = { added: [], changed: [], deleted: [] };

function makeMedia() {
  const base = temporaryFolder();
  const folders = { dev: join(base, 'dev'), prod: join(base, 'prod') };
  mkdirSync(folders.dev);
  const copy = (plan: FileChanges, options: Partial<CopyMediaOptions> = {}) =>
    copyMedia(folders, plan, { report: silent, signal: new AbortController().signal, ...options });
  return { ...folders, folders, copy };
}

/** Prod has what dev had; then dev adds, changes and deletes. */
async function makePromotion() {
  const media = makeMedia();
  write(media.dev, {
    '2023/same.jpg': 'same',
    '2023/edit.jpg': 'old',
    '2023/edit2.jpg': 'old2',
    '2022/01/gone.jpg': 'gone',
  });
  await media.copy(await planMedia(media.folders));
  const before = listing(media.prod);
  write(media.dev, { '2024/12/new.jpg': 'new', '2023/edit.jpg': 'edited', '2023/edit2.jpg': 'edited too' });
  rmSync(join(media.dev, '2022'), { recursive: true });
  const plan = await planMedia(media.folders);
  const served = () => listing(media.prod).filter((line) => !line.includes('.understudy-'));
  return { ...media, plan, before, served };
}

test('a plan tells what prod lacks, by size and time', async () => {
  const { plan, folders } = await makePromotion();
  expect(plan).toEqual({
    added: [{ path: '2024/12/new.jpg', from: 0, to: 3 }],
    changed: [
      { path: '2023/edit.jpg', from: 3, to: 6 },
      { path: '2023/edit2.jpg', from: 4, to: 10 },
    ],
    deleted: [{ path: '2022/01/gone.jpg', from: 4, to: 0 }],
  });
  utimesSync(join(folders.dev, '2023/same.jpg'), 1000, 1000);
  expect((await planMedia(folders)).changed.map(({ path }) => path)).toContain('2023/same.jpg');
});

test('a promotion brings additions first, changes at the switch, deletions at the end', async () => {
  const { dev, prod, plan, copy, folders } = await makePromotion();
  const read = (path: string) => readFileSync(join(prod, path), 'utf8');

  expect(await copy(plan)).toEqual({ files: 3, bytes: 19, vanished: [] });
  expect([read('2024/12/new.jpg'), read('2023/edit.jpg'), read('2022/01/gone.jpg')]).toEqual(['new', 'old', 'gone']);
  await applyMedia(prod, plan);
  expect([read('2023/edit.jpg'), read('2022/01/gone.jpg')]).toEqual(['edited', 'gone']);
  await finishMedia(prod, plan);

  expectSameContent(dev, prod);
  expect(listing(prod)).toEqual(listing(dev));
  expect(await planMedia(folders)).toEqual(nothing);
});

test('each step may be repeated, and taken back: do, undo, do ends the same', async () => {
  const { dev, prod, plan, copy, served } = await makePromotion();
  await copy(plan);
  const copied = served();
  expect(await copy(plan)).toEqual({ files: 0, bytes: 0, vanished: [] });
  await applyMedia(prod, plan);
  const applied = served();
  await applyMedia(prod, plan);
  expect(served()).toEqual(applied);
  await revertMedia(prod, plan);
  await revertMedia(prod, plan);
  expect(served()).toEqual(copied);
  await applyMedia(prod, plan);
  expect(served()).toEqual(applied);
  await revertMedia(prod, plan);
  expect(await copy(plan)).toEqual({ files: 0, bytes: 0, vanished: [] });
  await applyMedia(prod, plan);
  await finishMedia(prod, plan);
  await finishMedia(prod, plan);
  expect(listing(prod)).toEqual(listing(dev));
});

test('an exchange that stopped after any of its operations is finished or taken back', async () => {
  for (const stopAfter of ['link', 'half'] as const) {
    for (const next of ['apply', 'revert'] as const) {
      const { prod, plan, copy, served } = await makePromotion();
      await copy(plan);
      const old = served();
      mkdirSync(join(prod, '.understudy-previous/2023'), { recursive: true });
      linkSync(join(prod, '2023/edit.jpg'), join(prod, '.understudy-previous/2023/edit.jpg'));
      if (stopAfter === 'half')
        renameSync(join(prod, '.understudy-incoming/2023/edit.jpg'), join(prod, '2023/edit.jpg'));

      if (next === 'apply') {
        await applyMedia(prod, plan);
        expect(readFileSync(join(prod, '2023/edit.jpg'), 'utf8')).toBe('edited');
        expect(readFileSync(join(prod, '.understudy-previous/2023/edit.jpg'), 'utf8')).toBe('old');
      }
      await revertMedia(prod, plan);
      expect(served()).toEqual(old);
      await applyMedia(prod, plan);
      expect(readFileSync(join(prod, '2023/edit.jpg'), 'utf8')).toBe('edited');
    }
  }
});

test('going back that stopped between its operations goes on in either direction', async () => {
  const { prod, plan, copy, served } = await makePromotion();
  await copy(plan);
  const old = served();
  await applyMedia(prod, plan);
  const applied = served();
  linkSync(join(prod, '2023/edit.jpg'), join(prod, '.understudy-incoming/2023/edit.jpg'));
  await applyMedia(prod, plan);
  expect(served()).toEqual(applied);
  linkSync(join(prod, '2023/edit.jpg'), join(prod, '.understudy-incoming/2023/edit.jpg'));
  await revertMedia(prod, plan);
  expect(served()).toEqual(old);
});

test('what a crash left of copies is not taken for media, and goes', async () => {
  const { prod, plan, copy, folders } = await makePromotion();
  write(prod, {
    '.understudy-incoming/.aside/0': 'half',
    '.understudy-previous/2023/edit.jpg': 'of an earlier promotion',
  });
  expect(await planMedia(folders)).toEqual(plan);
  await copy(plan);
  expect(readdirSync(join(prod, '.understudy-incoming'))).toEqual(['2023']);
  await applyMedia(prod, plan);
  await revertMedia(prod, plan);
  expect(readFileSync(join(prod, '2023/edit.jpg'), 'utf8')).toBe('old');
});

test('a file that is gone from dev when it is to be copied is left out and told', async () => {
  const { dev, prod, plan, copy } = await makePromotion();
  rmSync(join(dev, '2024'), { recursive: true });
  rmSync(join(dev, '2023/edit.jpg'));
  expect(await copy(plan)).toEqual({ files: 1, bytes: 10, vanished: ['2023/edit.jpg', '2024/12/new.jpg'] });
  await applyMedia(prod, plan);
  await finishMedia(prod, plan);
  expect(readFileSync(join(prod, '2023/edit.jpg'), 'utf8')).toBe('old');
});

test('links and special files are refused and never followed', async () => {
  const { dev, folders } = makeMedia();
  write(dev, { 'a.jpg': '' });
  symlinkSync('/etc/passwd', join(dev, 'passwd'));
  symlinkSync('a.jpg', join(dev, 'inside'));
  execFileSync('mkfifo', [join(dev, 'pipe')]);
  const error = await planMedia(folders).catch((thrown) => thrown);
  expect(error).toMatchObject({ code: 'not-releasable', kind: 'refused' });
  expect(error.message).toMatch(/inside is a symbolic link\n {2}passwd is a symbolic link\n {2}pipe is a named pipe/);
});

test('a link that takes the place of a planned file is not followed', async () => {
  const { dev, prod, folders, copy } = makeMedia();
  write(dev, { 'a.jpg': 'a' });
  const plan = await planMedia(folders);
  rmSync(join(dev, 'a.jpg'));
  symlinkSync('/etc/passwd', join(dev, 'a.jpg'));
  expect(await copy(plan)).toEqual({ files: 0, bytes: 0, vanished: ['a.jpg'] });
  expect(existsSync(join(prod, 'a.jpg'))).toBe(false);
});

test('a path that is a file in dev and a folder in prod is refused', async () => {
  const { dev, prod, folders } = makeMedia();
  write(dev, { x: 'file', 'y/inner': '' });
  write(prod, { 'x/inner': '', y: 'file' });
  const error = await planMedia(folders).catch((thrown) => thrown);
  expect(error.message).toMatch(/x is a file in dev and a folder in prod\n {2}y is a folder in dev and a file in prod/);
});

test("without dev's folder nothing is planned, and prod's media are not given up", async () => {
  const { dev, prod, folders } = makeMedia();
  rmSync(dev, { recursive: true });
  expect(await planMedia(folders)).toEqual(nothing);
  write(prod, { 'a.jpg': 'a' });
  await expect(planMedia(folders)).rejects.toMatchObject({ code: 'media-missing', kind: 'refused' });
});

test.runIf(process.getuid?.() === 0)(
  'copies belong to the account that serves them and have modes 644 and 755',
  async () => {
    const { dev, prod, folders, copy } = makeMedia();
    write(dev, { '2024/01/a.jpg': 'a', '2024/b.jpg': 'b' });
    chmodSync(join(dev, '2024/b.jpg'), 0o700);
    chmodSync(join(dev, '2024'), 0o700);
    await copy(await planMedia(folders), { owner: { name: 'nobody', uid: 65534, gid: 65534 } });
    for (const [path, mode] of [
      ['2024', 0o755],
      ['2024/01', 0o755],
      ['2024/01/a.jpg', 0o644],
      ['2024/b.jpg', 0o644],
    ] as const) {
      const stats = statSync(join(prod, path));
      expect([path, stats.uid, stats.mode & 0o7777]).toEqual([path, 65534, mode]);
    }
  },
);

test('many files at once, odd names among them', async () => {
  const { dev, prod, folders, copy } = makeMedia();
  for (let i = 0; i < 1500; i++) write(dev, { [`${i % 40}/-f ${i} é'"\\.jpg`]: `${i}`.repeat(50) });
  writeFileSync(join(dev, 'big.bin'), Buffer.alloc(3_000_001, 'x'));
  const progress: number[] = [];
  const plan = await planMedia(folders);
  await copy(plan, {
    report: (message) => message.kind === 'progress' && progress.push(message.done),
  });
  await finishMedia(prod, plan);
  expectSameContent(dev, prod);
  expect(progress.length).toBeGreaterThan(10);
  expect(await planMedia(folders)).toEqual(nothing);
});
