import { join } from 'node:path';
import { refusal } from '../output/errors.js';
import type { Fleet, Routing } from '../platform/fleet.js';
import type { GatedDatabase, Platform } from '../platform/platform.js';
import type { WorkOptions } from '../platform/work.js';
import { releaseStore } from '../release/release-store.js';
import { mediaPathOf, stagingRules } from '../release/rules.js';
import type { CallName, ControlPlaneCalls } from './control-plane/api.js';
import { ensureControlPlane } from './control-plane/ensure.js';
import type { SiteDatabases } from './database/site-databases.js';
import { LocalEditionHistory } from './files/editions.js';
import { localReleaseArchive } from './files/local-release-archive.js';
import { type Layout, paths } from './layout.js';
import { networkOf } from './network/claim.js';
import { partsOf, type SiteParts } from './parts.js';
import { readSite } from './site/applied-site.js';
import { runAgent } from './web/agent.js';
import { prepareEdition, reviseEdition, switchEdition } from './web/editions-on-instance.js';
import { type WebInstance, webInstance } from './web/web-instance.js';

type Call = <Name extends CallName>(
  name: Name,
  params: ControlPlaneCalls[Name]['params'],
  work?: Partial<WorkOptions> & { deadlineMs?: number },
) => Promise<ControlPlaneCalls[Name]['result']>;

/**
 * The platform on this machine, for any process of the site. What stands in files and databases is reached directly;
 * what the control plane supervises is asked of it, and it is started again if it has died.
 * @throws refusal `not-up` for a site that has never been up
 */
export async function localPlatform(layout: Layout): Promise<Platform & { readonly site: SiteParts['site'] }> {
  const [site, claim] = await Promise.all([readSite(layout), networkOf(layout)]);
  if (!site || !claim) {
    throw refusal({ code: 'not-up', message: 'This site has never been up.', remedy: 'Run `understudy up`.' });
  }
  const parts = await partsOf(layout, site, claim);
  const call: Call = async (name, params, work = {}) => (await ensureControlPlane(layout)).call(name, params, work);
  const archive = localReleaseArchive(layout.stateDir);
  const media = mediaPathOf(site.app);
  const devDocumentRoot = paths.devRoot(layout);
  return {
    site,
    urls: parts.urls,
    database: parts.database && gatedDatabase(parts.database, call),
    fleet: localFleet(parts, call),
    releases: releaseStore(archive, devDocumentRoot, stagingRules(site)),
    editions: new LocalEditionHistory(layout.stateDir),
    files: {
      devDocumentRoot,
      media: media === undefined ? undefined : { dev: join(devDocumentRoot, media), prod: paths.prodMedia(layout) },
    },
    traffic: { counters: (environment) => call('traffic', { environment }) },
  };
}

function gatedDatabase({ databases, gate }: SiteDatabases, call: Call): GatedDatabase {
  const routing: Routing = {
    weights: () => call('weights', {}),
    setWeight: async (replica, weight) => void (await call('setWeight', { replica, weight })),
  };
  return {
    databases,
    gate,
    routing,
    rebuild: async (replica, from, work) =>
      void (await call('rebuildReplica', { replica, from }, { ...work, deadlineMs: rebuildMs })),
  };
}

/** Copying a replica is bounded by the size of the database and the disk. */
const rebuildMs = 30 * 60_000;
/** Until the agreed moment every instance's agent must be running and waiting for it. */
const switchLeadMs = 250;

function localFleet(parts: SiteParts, call: Call): Fleet {
  const { layout, hosts } = parts;
  const instanceOf = (id: string): WebInstance => {
    if (id === hosts.canary.id) return webInstance(layout, 'prod', hosts.canary);
    return webInstance(layout, 'prod', hosts.instance('prod', Number(id.split('-').at(-1))));
  };
  const on = (id: string) => ({ instance: instanceOf(id), hosts, layout });
  return {
    instances: (environment) => call('instances', { environment }),
    prepare: (id, edition, signal) => prepareEdition({ ...on(id), edition }, signal),
    revise: (id, edition) => reviseEdition({ ...on(id), edition }),
    switch: async (ids, edition) => {
      const at = ids.length > 1 ? Date.now() + switchLeadMs : 0;
      const times = await Promise.all(ids.map((id) => switchEdition(instanceOf(id), edition, at)));
      return { spreadMs: times.length > 0 ? Math.max(...times) - Math.min(...times) : 0 };
    },
    verify: async (id, edition, signal) =>
      void (await runAgent('verify', instanceOf(id).envFile, ['--edition', String(edition)], signal)),
    prune: async (id, keep) =>
      void (await runAgent('prune', instanceOf(id).envFile, ['--keep', keep.length > 0 ? keep.join(',') : '0'])),
    refresh: async (instance) => void (await call('refresh', { instance }, { deadlineMs: 120_000 })),
    bootCanary: () => call('bootCanary', {}, { deadlineMs: 60_000 }),
    dismissCanary: async () => void (await call('dismissCanary', {}, { deadlineMs: 60_000 })),
  };
}
