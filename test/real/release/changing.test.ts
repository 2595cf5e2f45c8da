import { mkdirSync, readdirSync, renameSync, rmSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Message } from '../../../src/output/messages.js';
import { startDaemon, stopDaemon } from '../../../src/process/daemon.js';
import { waitUntil } from '../../../src/process/wait.js';
import { sha256 } from '../../../src/release/manifest.js';
import { expectSameContent, makeDev, pathsOf, temporaryFolder, unpack, write } from './fixture.js';

/** Runs `change` once, while the files are being read: the first progress is told in the midst of it. */
function during(change: () => void) {
  let pending = true;
  return (message: Message) => {
    if (message.kind !== 'progress' || !pending) return;
    pending = false;
    change();
  };
}

function manyFiles(documentRoot: string): void {
  write(documentRoot, Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`lib/${i}.php`, `<?php // ${i}`])));
}

test('what changes while it is copied is copied again, and the release is the later state', async () => {
  const { documentRoot, state, stage } = makeDev();
  manyFiles(documentRoot);
  const change = () => {
    for (let i = 0; i < 600; i += 7) writeFileSync(join(documentRoot, `lib/${i}.php`), `<?php // ${i} later`);
    renameSync(join(documentRoot, 'lib/1.php'), join(documentRoot, 'lib/1-renamed.php'));
    unlinkSync(join(documentRoot, 'lib/599.php'));
    mkdirSync(join(documentRoot, 'new'));
    writeFileSync(join(documentRoot, 'new/file.php'), 'new');
  };

  const { release, manifest } = await stage({ report: during(change) });

  expect(release.number).toBe(1);
  expectSameContent(documentRoot, await unpack(state, manifest));
});

test('a file that becomes a folder while it is copied, and a folder that becomes a file', async () => {
  const { documentRoot, state, stage } = makeDev();
  manyFiles(documentRoot);
  write(documentRoot, { thing: 'file', 'box/a': 'a', 'box/b': 'b' });
  const change = () => {
    rmSync(join(documentRoot, 'thing'));
    rmSync(join(documentRoot, 'box'), { recursive: true });
    write(documentRoot, { 'thing/inner': 'inner', box: 'now a file' });
  };
  const { manifest } = await stage({ report: during(change) });
  expectSameContent(documentRoot, await unpack(state, manifest));
});

test('a file that never rests refuses the staging, naming it and only it', async () => {
  const { documentRoot, archive, stage } = makeDev();
  manyFiles(documentRoot);
  const script = "const fs = require('fs'); let n = 0; for (;;) fs.writeFileSync('lib/busy.log', String(n++));";
  const writer = await startDaemon({
    program: process.execPath,
    args: ['-e', script],
    cwd: documentRoot,
    logFile: join(temporaryFolder(), 'log'),
  });
  onTestFinished(() => stopDaemon(writer));
  const size = await waitUntil(() => pathsOfFolder(documentRoot).includes('busy.log'), { what: '', deadlineMs: 5_000 });
  expect(size).toBe(true);

  const error = await stage().catch((thrown) => thrown);

  expect(error).toMatchObject({
    code: 'dev-is-changing',
    kind: 'refused',
    remedy: expect.stringContaining('--freeze'),
  });
  expect(error.message).toBe('Files in dev kept changing while they were copied:\n  lib/busy.log');
  expect(await archive.list()).toEqual([]);

  await stopDaemon(writer);
  expect(pathsOf((await stage()).manifest)).toContain('lib/busy.log');
});

test('a site that is updating itself is not staged until it is done, unless its marker is old', async () => {
  const { documentRoot, stage } = makeDev();
  write(documentRoot, { 'index.php': '1', '.maintenance': '<?php $upgrading = 1;' });
  await expect(stage()).rejects.toMatchObject({
    code: 'dev-is-changing',
    message: expect.stringContaining('.maintenance'),
  });

  const elevenMinutesAgo = Date.now() / 1000 - 660;
  utimesSync(join(documentRoot, '.maintenance'), elevenMinutesAgo, elevenMinutesAgo);
  expect(pathsOf((await stage()).manifest)).toEqual(['index.php']);

  write(documentRoot, { '.maintenance': '<?php $upgrading = 2;' });
  await expect(stage()).rejects.toMatchObject({ code: 'dev-is-changing' });
});

test('under a writer that replaces pairs of files in turn, every release has a pair that belongs together', async () => {
  const { documentRoot, stage } = makeDev();
  const text = (n: number) => String(n).padStart(6, '0');
  write(documentRoot, { 'a/1': text(0), 'z/2': text(0) });
  manyFiles(documentRoot);
  // In one write each, so that no file is seen empty. First a/1, then z/2, with pauses long enough for a staging to fit in between now and then.
  const script = `const fs = require('fs'); let n = 0;
    const put = (path) => {
      const file = fs.openSync(path, 'r+'); fs.writeSync(file, String(n).padStart(6, '0'), 0); fs.closeSync(file);
    };
    const step = () => { n++; put('a/1'); setTimeout(() => { put('z/2'); setTimeout(step, 150); }, 20); }; step();`;
  const writer = await startDaemon({
    program: process.execPath,
    args: ['-e', script],
    cwd: documentRoot,
    logFile: join(temporaryFolder(), 'log'),
  });
  onTestFinished(() => stopDaemon(writer));
  let staged = 0;
  for (let round = 0; round < 8; round++) {
    const result = await stage({ pausesMs: [20, 40, 60, 80, 100] }).catch((error) => {
      expect(error).toMatchObject({ code: 'dev-is-changing' });
    });
    if (!result) continue;
    staged++;
    const hash = (path: string) => result.manifest.find((entry) => entry.path === path && entry.type === 'f');
    const versions = Array.from({ length: 200 }, (_, n) => sha256(text(n)));
    const numberOf = (path: string) => versions.indexOf((hash(path) as { hash: string }).hash);
    // z/2 is the same, or one behind while its writer pauses: never ahead, never two behind.
    expect(numberOf('a/1') - numberOf('z/2')).toBeGreaterThanOrEqual(0);
    expect(numberOf('a/1') - numberOf('z/2')).toBeLessThanOrEqual(1);
  }
  expect(staged).toBeGreaterThan(0);
});

function pathsOfFolder(documentRoot: string): string[] {
  return readdirSync(join(documentRoot, 'lib'));
}
