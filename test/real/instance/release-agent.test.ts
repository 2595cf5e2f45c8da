import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../../../src/process/identity.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { mustSucceed, TestInstance, webAccount } from './instance.js';
import { type Files, writeRelease } from './release.js';

const canMount = webAccount !== undefined && (await canMountTmpfs());

async function canMountTmpfs(): Promise<boolean> {
  const place = mkdtempSync(join(tmpdir(), 'understudy-mount-'));
  const { exitCode } = await run('mount', ['-t', 'tmpfs', 'none', place], { accept: [0, 1, 32] });
  if (exitCode === 0) await run('umount', [place]);
  rmSync(place, { recursive: true });
  return exitCode === 0;
}

const site: Files = {
  'index.php': '<?php // first',
  'a/b/deep.php': '<?php // deep',
  'a/link': { link: 'b/deep.php' },
  'empty.txt': '',
};

describe('the release agent', { timeout: 30_000 }, () => {
  let instance: TestInstance;
  const at = (...path: string[]) => join(instance.root, ...path);
  const edition = (id: number, path: string) => at('editions', `${id}`, path);
  const read = (id: number, path: string) => readFileSync(edition(id, path), 'utf8');
  const report = async () => JSON.parse((await instance.agent('report')).stdout);
  /** What a failed prepare may leave: nothing but the editions that were there. */
  const expectNothingLeft = (ids: readonly number[] = []) => {
    expect(readdirSync(at('editions')).sort()).toEqual(['.lock', '0', ...ids.map(String)]);
  };

  beforeAll(async () => {
    instance = new TestInstance('127.8.5.1');
    mustSucceed(await instance.boot());
  });
  beforeEach(async () => {
    await instance.agent('switch', '--edition', '0');
    for (const name of readdirSync(at('editions'))) {
      if (name !== '0' && name !== '.lock') rmSync(at('editions', name), { recursive: true });
    }
    for (const name of readdirSync(at('manifests'))) rmSync(at('manifests', name));
    rmSync(at('next'));
    symlinkSync('editions/0', at('next'));
    rmSync(join(instance.directory, 'releases'), { recursive: true, force: true });
    rmSync(instance.config, { recursive: true });
    mkdirSync(instance.config);
  });
  afterAll(() => instance.remove());

  it('makes an edition of a release, the configuration, the link to media and the edition file', async () => {
    mkdirSync(join(instance.config, 'a/new'), { recursive: true });
    writeFileSync(join(instance.config, 'wp-config.php'), 'configuration');
    writeFileSync(join(instance.config, 'a/new/robots.txt'), 'robots');
    await writeRelease(instance.releases, 1, site);
    mustSucceed(await instance.prepare(1));
    expect(read(1, 'index.php')).toBe('<?php // first');
    expect(read(1, 'a/link')).toBe('<?php // deep');
    expect(readlinkSync(edition(1, 'a/link'))).toBe('b/deep.php');
    expect(read(1, 'wp-config.php')).toBe('configuration');
    expect(read(1, 'a/new/robots.txt')).toBe('robots');
    expect(readlinkSync(edition(1, 'wp-content/uploads'))).toBe(instance.media);
    expect(read(1, 'edition.php')).toContain("'id' => 1");
    expect(statSync(edition(1, 'index.php')).mode & 0o777).toBe(0o644);
    expect(statSync(edition(1, 'wp-config.php')).mode & 0o777).toBe(0o640);
    expect(await report()).toEqual({ current: 0, next: 1, editions: [1] });
    mustSucceed(await instance.agent('verify', '--edition', '1'));
  });

  it('shares what is unchanged between editions, and never writes through what is shared', async () => {
    writeFileSync(join(instance.config, 'wp-config.php'), 'old');
    await writeRelease(instance.releases, 1, { ...site, 'wp-config.php': 'from the release', 'robots.txt': 'same' });
    mustSucceed(await instance.prepare(1));
    writeFileSync(join(instance.config, 'wp-config.php'), 'new');
    writeFileSync(join(instance.config, 'robots.txt'), 'ours');
    const next = { ...site, 'index.php': '<?php // second', 'robots.txt': 'same', 'wp-config.php': 'from the release' };
    await writeRelease(instance.releases, 2, next, { 'a/b/deep.php': 1, 'empty.txt': 1, 'robots.txt': 1 });
    mustSucceed(await instance.prepare(2));
    expect(statSync(edition(1, 'a/b/deep.php')).ino).toBe(statSync(edition(2, 'a/b/deep.php')).ino);
    expect(statSync(edition(1, 'a/b/deep.php')).nlink).toBe(2);
    expect([read(1, 'index.php'), read(2, 'index.php')]).toEqual(['<?php // first', '<?php // second']);
    expect([read(1, 'wp-config.php'), read(2, 'wp-config.php')]).toEqual(['old', 'new']);
    expect([read(1, 'robots.txt'), read(2, 'robots.txt')]).toEqual(['same', 'ours']);
    mustSucceed(
      await instance.agent('revise', ...instance.prepareArguments(2).slice(0, 2), '--edition-file', revised()),
    );
    expect([read(1, 'edition.php'), read(2, 'edition.php')]).toEqual([
      "<?php return ['id' => 1];\n",
      '<?php // revised',
    ]);
    // What the configuration covered in edition 2 comes from a pack again, not from the covering file.
    rmSync(join(instance.config, 'robots.txt'));
    await writeRelease(instance.releases, 3, next, {
      'a/b/deep.php': 1,
      'empty.txt': 1,
      'robots.txt': 1,
      'index.php': 2,
    });
    mustSucceed(await instance.prepare(3));
    expect(read(3, 'robots.txt')).toBe('same');
    for (const id of ['1', '2', '3']) mustSucceed(await instance.agent('verify', '--edition', id));
  });

  function revised(): string {
    const file = join(instance.directory, 'revised.php');
    writeFileSync(file, '<?php // revised');
    return file;
  }

  it('takes every name that a file may have', async () => {
    const names = [
      '-rf',
      '--help',
      '-',
      '~',
      '*',
      'a b  c',
      ' leading',
      'trailing ',
      `it's "quoted"`,
      '$(touch x)',
      '`x`',
      'back\\slash',
      'back\\nslash',
      '\\',
      'é/ü/日本語.txt',
      '#comment',
      '[x]',
      '%s%n',
      '!',
      'a=b',
      'stage=x',
      '...',
      '..a',
      'n\\040',
      '@file',
      '&amp;',
      '10',
      '9',
      '\u00ff',
      '0x1A',
      '1e3',
      '1E3',
    ];
    const files = Object.fromEntries(names.map((name) => [name, `content of ${name}`]));
    const nested = Object.fromEntries(
      names.filter((n) => !n.includes('/')).map((name) => [`in/${name}/${name}`, name]),
    );
    const all = { ...files, ...nested, 'in/-link': { link: '$(x) \\n' }, 'in/a link': { link: '-rf' } };
    await writeRelease(instance.releases, 1, all);
    mustSucceed(await instance.prepare(1));
    for (const [path, content] of Object.entries({ ...files, ...nested })) expect(read(1, path)).toBe(content);
    expect(readlinkSync(edition(1, 'in/-link'))).toBe('$(x) \\n');
    mustSucceed(await instance.agent('verify', '--edition', '1'));
    const held = Object.fromEntries(Object.keys({ ...files, ...nested }).map((path) => [path, 1]));
    await writeRelease(instance.releases, 2, { ...all, new: '' }, held);
    mustSucceed(await instance.prepare(2));
    for (const path of Object.keys(files)) expect(statSync(edition(2, path)).nlink).toBe(2);
    mustSucceed(await instance.agent('verify', '--edition', '2'));
  });

  it('takes a release of more files than a list for tar may have, from several packs', async () => {
    const many = Object.fromEntries(Array.from({ length: 700 }, (_, n) => [`many/${n % 7}/${n}.php`, `<?php // ${n}`]));
    await writeRelease(instance.releases, 1, { ...many, 'gone.php': 'not in release 2' });
    const held = Object.fromEntries(Object.keys(many).map((path) => [path, 1]));
    await writeRelease(instance.releases, 2, { ...many, 'many/new.php': 'new' }, held);
    mustSucceed(await instance.prepare(2));
    expect(existsSync(edition(2, 'gone.php'))).toBe(false);
    expect(read(2, 'many/new.php')).toBe('new');
    mustSucceed(await instance.agent('verify', '--edition', '2'));
  });

  it('may be repeated, and refuses another release under the same number', async () => {
    await writeRelease(instance.releases, 1, site);
    mustSucceed(await instance.prepare(1));
    const before = statSync(edition(1, 'index.php')).ino;
    mustSucceed(await instance.prepare(1));
    expect(statSync(edition(1, 'index.php')).ino).toBe(before);
    await writeRelease(instance.releases, 2, { ...site, more: '' });
    const { exitCode, stderr } = await instance.prepare(1, 2);
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('made from another manifest')]);
  });

  describe('given a release that is damaged, leaves nothing and names the file', () => {
    const refusals: readonly (readonly [what: string, said: string, damage: () => Promise<void>])[] = [
      ['a pack is missing', '1.tar.zst is missing', async () => rmSync(join(instance.releases.packs, '1.tar.zst'))],
      [
        'a pack is cut off',
        '1.tar.zst',
        async () => {
          const pack = join(instance.releases.packs, '1.tar.zst');
          writeFileSync(pack, readFileSync(pack).subarray(0, 60));
        },
      ],
      [
        'a pack has other content',
        './index.php: FAILED',
        () => repack({ 'index.php': '<?php // FIRST', 'a/b/deep.php': '<?php // deep', 'empty.txt': '' }),
      ],
      ['a pack has a file less', 'index.php', () => repack({ 'a/b/deep.php': '<?php // deep', 'empty.txt': '' })],
      ['a pack has a link in place of a file', 'index.php', () => repackLink('index.php')],
      ['a pack has a link in place of a directory', 'deep.php', () => repackLink('a')],
    ];
    it.each(refusals)('%s', async (_what, said, damage) => {
      await writeRelease(instance.releases, 1, site);
      await damage();
      const { exitCode, stderr } = await instance.prepare(1);
      expect(stderr).toContain(said);
      expect(exitCode).toBe(4);
      expectNothingLeft();
      expect(await report()).toEqual({ current: 0, next: 0, editions: [] });
    });

    async function repack(files: Record<string, string>): Promise<void> {
      const manifest = readFileSync(instance.releases.manifest(1));
      rmSync(join(instance.directory, 'releases/source-1'), { recursive: true });
      await writeRelease(instance.releases, 1, files);
      writeFileSync(instance.releases.manifest(1), manifest);
    }

    /** The link leads to a directory or file that has the right content, outside. */
    async function repackLink(path: string): Promise<void> {
      const source = join(instance.directory, 'releases/source-1');
      const outside = join(instance.directory, 'outside');
      rmSync(outside, { recursive: true, force: true });
      await run('mv', [join(source, path), outside]);
      await run('ln', ['-s', outside, join(source, path)]);
      await run('tar', ['-C', source, '--zstd', '-cf', join(instance.releases.packs, '1.tar.zst'), '.']);
    }
  });

  const hash = 'a'.repeat(64);
  it.each([
    ['', 'it is empty'],
    ['understudy-manifest 2\n', 'does not begin'],
    [`f\t644\t1\t${hash}\t1`, '5 fields'],
    [`f\t644\t1\t${hash}\t1\t../out`, 'leads outside'],
    [`f\t644\t1\t${hash}\t1\t/etc/passwd`, 'leads outside'],
    [`f\t644\t1\t${hash}\t1\ta/./b`, 'leads outside'],
    [`f\t644\t1\t${hash}\t1\ta//b`, 'leads outside'],
    [`f\t644\t1\t${hash}\t1\t`, 'leads outside'],
    [`f\t644\t1\t${hash}\t1\ta\u0007b`, 'control character'],
    [`f\t644\t1\t${hash}\t1\tb\nf\t644\t1\t${hash}\t1\ta`, 'not in order'],
    [`f\t644\t1\t${hash}\t1\ta\nf\t644\t1\t${hash}\t1\ta`, 'there twice'],
    [`f\t644\t1\t${hash}\t1\ta\nf\t644\t1\t${hash}\t1\ta/b`, 'parent is not a directory'],
    [`l\t777\t0\tb\t-\ta\nf\t644\t1\t${hash}\t1\ta/b`, 'parent is not a directory'],
    ['l\t777\t0\t/etc\t-\ta', 'link does not lead'],
    [`f\t4755\t1\t${hash}\t1\ta`, 'mode'],
    [`f\t644\t-1\t${hash}\t1\ta`, 'size'],
    ['f\t644\t1\tabc\t1\ta', 'SHA-256'],
    [`f\t644\t1\t${hash}\t../1\ta`, 'pack'],
    ['x\t644\t1\t-\t-\ta', 'type'],
    ['d\t755\t0\t-\t1\ta', 'only files'],
  ])('refuses the manifest %j', async (rows, said) => {
    await writeRelease(instance.releases, 1, {});
    writeFileSync(instance.releases.manifest(1), rows.includes('\t') ? `understudy-manifest 1\n${rows}\n` : rows);
    const { exitCode, stderr } = await instance.prepare(1);
    expect(stderr).toContain(said);
    expect(exitCode).toBe(4);
    expectNothingLeft();
  });

  it.each([
    { 'a/out': { link: '../../x' } },
    { 'deep/er/up': { link: '../..' }, 'x/out': { link: '../deep/er/up/../../y' } },
    { 'a/b': { link: '../../../current/index.php' } },
  ])('refuses links that lead outside: %j', async (links) => {
    await writeRelease(instance.releases, 1, links);
    const { exitCode, stderr } = await instance.prepare(1);
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('link that leads outside')]);
    expectNothingLeft();
  });

  it('that was killed at any moment leaves no edition or a whole one, and the next run completes it', async () => {
    const many = Object.fromEntries(Array.from({ length: 800 }, (_, n) => [`${n % 40}/${n}.php`, `<?php // ${n}`]));
    await writeRelease(instance.releases, 1, many);
    for (let delayMs = 10; delayMs <= 190; delayMs += 20) {
      const started = performance.now();
      const agent = await instance.startAgent('prepare', ...instance.prepareArguments(1));
      await waitUntil(() => performance.now() - started >= delayMs, { what: '', deadlineMs: 1_000, everyMs: 1 });
      // Only the script: what it started goes on for a while, as after a kill by hand.
      if (isAlive(agent)) process.kill(agent.pid, 'SIGKILL');
      await waitUntil(() => !isAlive(agent), { what: 'the agent to end', deadlineMs: 5_000, everyMs: 1 });
      if ((await report()).editions.length === 1) mustSucceed(await instance.agent('verify', '--edition', '1'));
      mustSucceed(await instance.prepare(1));
      mustSucceed(await instance.agent('verify', '--edition', '1'));
      expectNothingLeft([1]);
      mustSucceed(await instance.agent('switch', '--edition', '0'));
      rmSync(at('editions/1'), { recursive: true });
    }
  });

  it.skipIf(!canMount)(
    'ends with its own status when the disk is full (skipped: needs the right to mount)',
    async () => {
      const noise = Array.from({ length: 300 }, (_, n) => [`${n}.bin`, randomBytes(8_000).toString('base64')]);
      await writeRelease(instance.releases, 1, Object.fromEntries(noise));
      // Too small for the release; and large enough, but without room for so many names.
      for (const size of ['size=2m', 'size=64m,nr_inodes=100']) {
        await run('mount', ['-t', 'tmpfs', '-o', size, 'none', at('editions')]);
        try {
          const { exitCode, stderr } = await instance.prepare(1);
          expect(stderr).toContain('the disk is full');
          expect(exitCode).toBe(5);
          expect(readdirSync(at('editions'))).toEqual(['.lock']);
        } finally {
          await run('umount', [at('editions')]);
        }
      }
      mustSucceed(await instance.prepare(1));
    },
  );

  it.skipIf(!webAccount)(
    'leaves nothing in an edition that the web account can write (skipped: needs root)',
    async () => {
      writeFileSync(join(instance.config, 'wp-config.php'), 'password');
      await writeRelease(instance.releases, 1, site);
      mustSucceed(await instance.prepare(1));
      const options = { as: webAccount, accept: [0, 1], cwd: '/' };
      for (const path of [
        'index.php',
        'wp-config.php',
        'edition.php',
        'new.php',
        'a/new.php',
        '../new',
        '../../new',
        '../../etc/new',
      ]) {
        expect((await run('touch', [edition(1, path)], options)).exitCode, path).toBe(1);
      }
      expect((await run('cat', [edition(1, 'wp-config.php')], options)).stdout).toBe('password');
      const stranger = { as: { name: 'nobody', uid: 65534, gid: 65534 }, accept: [0, 1], cwd: '/' };
      expect((await run('cat', [edition(1, 'wp-config.php')], stranger)).exitCode).toBe(1);
    },
  );

  it('verifies an edition, naming each file that differs', async () => {
    await writeRelease(instance.releases, 1, site);
    mustSucceed(await instance.prepare(1));
    writeFileSync(edition(1, 'index.php'), '<?php // FIRST');
    const changed = await instance.agent('verify', '--edition', '1');
    expect([changed.exitCode, changed.stderr]).toEqual([4, expect.stringContaining('./index.php')]);
    rmSync(edition(1, 'empty.txt'));
    writeFileSync(edition(1, 'extra.php'), '');
    const more = await instance.agent('verify', '--edition', '1');
    expect(more.stderr).toContain('empty.txt: is missing');
    expect(more.stderr).toContain('extra.php: does not belong');
  });

  it('switches to complete editions only, and not before the agreed moment', async () => {
    await writeRelease(instance.releases, 1, site);
    mustSucceed(await instance.prepare(1));
    expect((await instance.agent('switch', '--edition', '2')).exitCode).toBe(3);
    mkdirSync(at('editions/3'));
    expect((await instance.agent('switch', '--edition', '3')).exitCode).toBe(3);
    const moment = Date.now() + 400;
    mustSucceed(await instance.agent('switch', '--edition', '1', '--at', `${moment}`));
    expect(Date.now()).toBeGreaterThanOrEqual(moment);
    expect((await report()).current).toBe(1);
    expect((await instance.agent('switch', '--edition', '1', '--at', `${Date.now() + 3_600_000}`)).exitCode).toBe(2);
  });

  it('prunes what is not named, but never what is served or about to be', async () => {
    for (const id of [1, 2, 3, 4]) {
      await writeRelease(instance.releases, id, site);
      mustSucceed(await instance.prepare(id));
    }
    mustSucceed(await instance.agent('switch', '--edition', '2'));
    mkdirSync(at('editions/.9.partial'));
    mustSucceed(await instance.agent('prune', '--keep', '3'));
    expect(await report()).toEqual({ current: 2, next: 4, editions: [2, 3, 4] });
    mustSucceed(await instance.agent('prune', '--keep', ''));
    expectNothingLeft([2, 4]);
    expect(readdirSync(at('manifests')).map((name) => name.split('.')[0])).toEqual(['2', '2', '4', '4']);
  });

  it('says what is wrong with its arguments', async () => {
    for (const [args, said] of [
      [['prepare', '--edition', '1'], 'needs --manifest'],
      [['prepare', '--edition', '../1'], 'not the number'],
      [['prune'], 'needs --keep'],
      [['prune', '--keep', '../x'], 'separated by commas'],
      [['switch', '--edition', '1', '--at', 'noon'], '--at'],
      [['dance'], 'no verb dance'],
      [['report', '--loud', '1'], 'no option --loud'],
    ] as const) {
      const [verb, ...rest] = args;
      const { exitCode, stderr } = await instance.agent(verb, ...rest);
      expect(stderr).toContain(said);
      expect(exitCode).toBe(2);
    }
  });
});
