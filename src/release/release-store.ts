import { refusal } from '../output/errors.js';
import type { Component, ReleaseArchive } from '../platform/release-archive.js';
import type { ReleaseChanges, ReleaseStore } from '../platform/releases.js';
import { compareManifests } from './compare.js';
import { groupChanges } from './group-changes.js';
import { readManifest } from './manifest.js';
import type { StagingRules } from './rules.js';
import { stageRelease } from './stage.js';
import { verifyRelease } from './verify.js';

/** The releases of a site: made from dev's document root, kept in the platform's archive. */
export function releaseStore(archive: ReleaseArchive, documentRoot: string, rules: StagingRules): ReleaseStore {
  return {
    stage: async (options) => (await stageRelease({ documentRoot, rules, archive, ...options })).release,
    compare: (from, to) => compareReleases(archive, from, to),
    verify: async (release, signal) => void (await verifyRelease(archive, release, signal)),
    list: () => archive.list(),
    currentEdition: () => archive.currentEdition(),
    setCurrentEdition: (edition) => archive.setCurrentEdition(edition),
    async remove(release) {
      if ((await archive.currentEdition())?.release === release) throw inUse(release);
      await archive.remove(release);
    },
  };
}

async function compareReleases(archive: ReleaseArchive, from: number | undefined, to: number): Promise<ReleaseChanges> {
  const records = await archive.list();
  const manifestOf = async (release: number) => readManifest(await archive.manifest(release));
  const componentsOf = (release: number | undefined): readonly Component[] =>
    records.find(({ number }) => number === release)?.components ?? [];
  const changes = compareManifests(from === undefined ? undefined : await manifestOf(from), await manifestOf(to));
  return { ...changes, groups: groupChanges(changes, componentsOf(from), componentsOf(to)) };
}

function inUse(release: number) {
  return refusal({
    code: 'release-in-use',
    message: `Release ${release} is the one that prod serves.`,
    remedy: 'Promote or roll back to another release first.',
  });
}
