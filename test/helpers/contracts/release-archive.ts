import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toPosition } from '../../../src/platform/position.js';
import type { Pack, ReleaseArchive, ReleaseRecord } from '../../../src/platform/release-archive.js';
import { sha256 } from '../../../src/release/manifest.js';

/** One storage, as two programs see it. */
export interface ArchiveUnderTest {
  readonly archive: ReleaseArchive;
  readonly other: ReleaseArchive;
  /** Takes a stored file away, by what it is. */
  damage(what: { readonly manifest: number } | { readonly pack: number }): Promise<void>;
  close(): Promise<void>;
}

/** What every `ReleaseArchive` does, whatever it stores releases in. */
export function releaseArchiveContract(storage: string, make: () => Promise<ArchiveUnderTest>): void {
  describe(`releases in ${storage}`, () => {
    let under: ArchiveUnderTest;
    beforeEach(async () => {
      under = await make();
    });
    afterEach(() => under.close());

    /** Makes a pack as staging does: a finished file in the staging folder. */
    async function makePack(number: number, content = `pack ${number}`): Promise<{ pack: Pack; file: string }> {
      await mkdir(under.archive.stagingFolder, { recursive: true });
      const file = join(under.archive.stagingFolder, `new-${number}`);
      await writeFile(file, content);
      const bytes = Buffer.byteLength(content);
      return { pack: { number, sha256: sha256(content), size: bytes, files: 1, contentBytes: bytes }, file };
    }

    async function addRelease(packs: readonly Pack[], number: number): Promise<ReleaseRecord> {
      const manifest = `understudy-manifest 1\nrelease ${number}\n`;
      const record: ReleaseRecord = {
        number,
        hash: sha256(manifest),
        files: 1,
        bytes: 7,
        createdAt: '2026-01-01T00:00:00.000Z',
        packs: [...packs],
        components: [{ id: 'core', version: '6.8', file: 'wp-includes/version.php' }],
      };
      await under.archive.addRelease(record, manifest);
      return record;
    }

    async function wholeRelease(): Promise<ReleaseRecord> {
      const number = await under.archive.claimNumber();
      const { pack, file } = await makePack(number);
      await under.archive.addPack(pack, file);
      return addRelease([pack], number);
    }

    it('are none at first, and no edition is current', async () => {
      expect(await under.archive.list()).toEqual([]);
      expect(await under.archive.currentEdition()).toBeUndefined();
    });

    it('are listed by number as they were recorded, also by another program', async () => {
      const records = [await wholeRelease(), await wholeRelease(), await wholeRelease()];
      expect(await under.archive.list()).toEqual(records);
      expect(await under.other.list()).toEqual(records);
      expect(records.map(({ number }) => number)).toEqual([1, 2, 3]);
    });

    it('have numbers that are given once, to programs that ask at the same time as well', async () => {
      const numbers = [];
      for (let turn = 0; turn < 3; turn++)
        numbers.push(await under.archive.claimNumber(), await under.other.claimNumber());
      expect(new Set(numbers).size).toBe(6);
    });

    it('keep their numbers for themselves after the newest is removed', async () => {
      await wholeRelease();
      const { number } = await wholeRelease();
      await under.archive.remove(number);
      expect(await under.archive.claimNumber()).toBeGreaterThan(number);
    });

    it('are not there before they were added, whatever of them is', async () => {
      const { pack, file } = await makePack(1);
      await under.archive.addPack(pack, file);
      expect(await under.archive.hasPack(pack)).toBe(true);
      expect(await under.archive.list()).toEqual([]);
      await expect(under.archive.manifest(1)).rejects.toMatchObject({ code: 'release-missing' });
    });

    it('give back their manifest, and their packs as files', async () => {
      const { number, packs } = await wholeRelease();
      expect(await under.other.manifest(number)).toBe(`understudy-manifest 1\nrelease ${number}\n`);
      const [pack] = packs as [Pack];
      expect(await readFile(await under.other.packFile(pack), 'utf8')).toBe('pack 1');
    });

    it('say so when their manifest or a pack is gone', async () => {
      const { number, packs } = await wholeRelease();
      const [pack] = packs as [Pack];
      await under.damage({ manifest: number });
      await under.damage({ pack: pack.number });
      await expect(under.archive.manifest(number)).rejects.toMatchObject({ code: 'release-damaged' });
      expect(await under.other.hasPack(pack)).toBe(false);
      await expect(under.other.packFile(pack)).rejects.toMatchObject({ code: 'release-damaged' });
    });

    it('say so when a pack has another size than was recorded', async () => {
      const { packs } = await wholeRelease();
      const [pack] = packs as [Pack];
      expect(await under.other.hasPack({ ...pack, size: pack.size + 1 })).toBe(false);
      await expect(under.other.packFile({ ...pack, size: pack.size + 1 })).rejects.toMatchObject({
        code: 'release-damaged',
      });
    });

    it('share packs: one goes with the last release that needs it', async () => {
      const first = await wholeRelease();
      const number = await under.archive.claimNumber();
      const second = await addRelease(first.packs, number);
      const [pack] = first.packs as [Pack];
      await under.archive.remove(first.number);
      expect(await under.archive.list()).toEqual([second]);
      expect(await under.archive.hasPack(pack)).toBe(true);
      await under.archive.remove(second.number);
      expect(await under.archive.hasPack(pack)).toBe(false);
    });

    it('may be removed twice', async () => {
      const { number } = await wholeRelease();
      await under.archive.remove(number);
      await under.archive.remove(number);
      expect(await under.archive.list()).toEqual([]);
    });

    it('lose nothing in a sweep, which removes packs that no release names', async () => {
      const record = await wholeRelease();
      const { pack, file } = await makePack(7);
      await under.archive.addPack(pack, file);
      await under.archive.sweep();
      expect(await under.archive.hasPack(pack)).toBe(false);
      expect(await under.archive.list()).toEqual([record]);
      expect(await under.archive.hasPack(record.packs[0] as Pack)).toBe(true);
    });

    it('have one current edition, which everybody sees, until there is another or none', async () => {
      const edition = { id: 1, release: 1, position: toPosition('0-1-7'), replicas: ['replica-1'] };
      await under.archive.setCurrentEdition(edition);
      expect(await under.other.currentEdition()).toEqual(edition);
      const next = { ...edition, id: 2, replicas: ['replica-1', 'replica-2'] };
      await under.other.setCurrentEdition(next);
      expect(await under.archive.currentEdition()).toEqual(next);
      await under.archive.setCurrentEdition(undefined);
      expect(await under.other.currentEdition()).toBeUndefined();
    });
  });
}
