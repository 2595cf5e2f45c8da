import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../src/aws/bundles.js';
import { run } from '../../src/process/run.js';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const entry = 'aws/operate/s3-release-archive';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-bundle-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a program as one file', () => {
  it('runs where there is nothing but Node', async () => {
    const file = join(folder, 'archive.mjs');
    writeFileSync(file, bundle(entry));
    const ask = `import(${JSON.stringify(file)}).then((made) => console.log(Object.keys(made).sort().join(' ')))`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', ask], { cwd: folder });
    expect(stdout.trim()).toBe('S3ReleaseArchive releaseKeys');
  });

  it('is the same to the byte, made again and made in another place', async () => {
    const here = bundle(entry);
    expect(bundle(entry)).toBe(here);
    expect(here).not.toContain(checkout);
    const other = join(folder, 'checkout');
    mkdirSync(other);
    for (const part of ['src', 'package.json', 'tsconfig.json']) {
      cpSync(join(checkout, part), join(other, part), { recursive: true });
    }
    symlinkSync(join(checkout, 'node_modules'), join(other, 'node_modules'));
    const there = (await import(join(other, 'src/aws/bundles.ts'))) as { bundle: typeof bundle };
    // A linked folder of packages is followed to where it is: this is what the comments of the two differ in.
    const withoutComments = (text: string) => text.replaceAll(/^\/\/ .*$/gm, '');
    expect(withoutComments(there.bundle(entry))).toBe(withoutComments(here));
  });

  it('holds nothing of the CDK, and of packages only what it uses', () => {
    const text = bundle(entry);
    expect(text).not.toContain('aws-cdk-lib');
    expect(text).not.toContain('node_modules/@aws-sdk/client-rds');
    expect(Buffer.byteLength(text)).toBeLessThan(4 * 1024 ** 2);
  });

  it('names the program that cannot be found', () => {
    expect(() => bundle('aws/operate/no-such-program')).toThrow(/no-such-program/);
  });
});
