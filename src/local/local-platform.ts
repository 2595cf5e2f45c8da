import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { spanOf } from '../access-log/instance-log.js';
import { hasCode, refusal } from '../output/errors.js';
import { devIsBusy, type Fleet, type Hold, type Routing } from '../platform/fleet.js';
import type { GatedDatabase, Platform } from '../platform/platform.js';
import { releaseStore } from '../release/release-store.js';
import { mediaPathOf, stagingRules } from '../release/rules.js';
import { nameOfContent } from '../state/name-of-content.js';
import type { CallName, ControlPlaneCalls } from './control-plane/api.js';
import type { CallOptions } from './control-plane/client.js';
import { ensureControlPlane } from './control-plane/ensure.js';
import type { SiteDatabases } from './database/site-databases.js';
import { EventJournal } from './event-journal.js';
import { localEditionHistory } from './files/editions.js';
import { localReleaseArchive } from './files/local-release-archive.js';
import { type Layout, paths } from './layout.js';
import { mailNotifier } from './monitoring/mail-notifier.js';
import { mailRoute } from './monitoring/settings.js';
import { networkOf } from './network/claim.js';
import { partsOf, type SiteParts } from './parts.js';
import { readSite } from './site/applied-site.js';
import { runAgent } from './web/agent.js';
import { prepareEdition, reviseEdition, switchEdition } from './web/editions-on-instance.js';
import { leftoversOf } from './web/leftovers.js';
import { type WebInstance, webInstance } from './web/web-instance.js';

type Call = <Name extends CallName>(
  name: Name,
  params: ControlPlaneCalls[Name]['params'],
  work?: CallOptions,
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
  const call: Call = (name, params, work = {}) => callPatiently(layout, name, params, work);
  const archive = localReleaseArchive(layout.stateDir);
  const media = mediaPathOf(site.app);
  const devDocumentRoot = paths.devRoot(layout);
  return {
    site,
    urls: parts.urls,
    database: parts.database && gatedDatabase(parts.database, call),
    fleet: localFleet(parts, call),
    releases: releaseStore(archive, devDocumentRoot, stagingRules(site)),
    editions: localEditionHistory(layout.stateDir),
    files: {
      devDocumentRoot,
      media: media === undefined ? undefined : { dev: join(devDocumentRoot, media), prod: paths.prodMedia(layout) },
    },
    traffic: {
      counters: (environment) => call('traffic', { environment }),
      span: async (environment, from, until) => {
        const instances = await call('instances', { environment });
        return spanOf(
          instances.map(({ id }) => join(paths.instance(layout, id), 'logs', 'access.log')),
          from,
          until,
        );
      },
    },
    notifier: mailNotifier(mailRoute(layout, site, parts.hosts), site.name),
    events: new EventJournal(paths.events(layout)),
  };
}

/** How long a control plane that was killed may take until a new one has taken over. */
const takeOverMs = 60_000;

/**
 * Calls the control plane, and once more if it was lost in the middle or has not taken over yet: every call may be
 * repeated.
 */
async function callPatiently<Name extends CallName>(
  layout: Layout,
  name: Name,
  params: ControlPlaneCalls[Name]['params'],
  work: CallOptions,
): Promise<ControlPlaneCalls[Name]['result']> {
  const endAt = performance.now() + takeOverMs;
  for (;;) {
    try {
      return await (await ensureControlPlane(layout, work.signal)).call(name, params, work);
    } catch (error) {
      const passes = hasCode(error, 'control-plane-down') || (hasCode(error, 'not-up') && isMeantToBeUp(layout));
      if (!passes || performance.now() > endAt) throw error;
    }
    await delay(250, undefined, work.signal ? { signal: work.signal } : {});
  }
}

const isMeantToBeUp = (layout: Layout) => existsSync(paths.upMarker(layout));

function gatedDatabase({ databases, positions, gate }: SiteDatabases, call: Call): GatedDatabase {
  const routing: Routing = {
    weights: () => call('weights', {}),
    setWeight: async (replica, weight) => void (await call('setWeight', { replica, weight })),
  };
  return {
    databases,
    positions,
    gate,
    routing,
    rebuildsFrom: 'replica',
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
    configuration: () => nameOfContent(paths.configDir(layout, 'prod')),
    revise: (id, edition) => reviseEdition({ ...on(id), edition }),
    switch: async (ids, edition) => {
      const at = ids.length > 1 ? Date.now() + switchLeadMs : 0;
      const times = await Promise.all(ids.map((id) => switchEdition(instanceOf(id), edition, at)));
      return { spreadMs: times.length > 0 ? Math.max(...times) - Math.min(...times) : 0 };
    },
    verify: async (id, edition, signal) =>
      (await runAgent('verify', instanceOf(id).envFile, ['--edition', String(edition)], signal)).trim(),
    leftovers: async (edition) => {
      const ids = (await call('instances', { environment: 'prod' })).map(({ id }) => id);
      return leftoversOf(ids.map(instanceOf), instanceOf(hosts.canary.id), edition);
    },
    prune: async (id, keep) =>
      void (await runAgent('prune', instanceOf(id).envFile, ['--keep', keep.length > 0 ? keep.join(',') : '0'])),
    refresh: async (instance) => void (await call('refresh', { instance }, { deadlineMs: 120_000 })),
    holdDev: (forMs, signal) => holdDev(call, forMs, signal),
    bootCanary: () => call('bootCanary', {}, { deadlineMs: 60_000 }),
    dismissCanary: async () => void (await call('dismissCanary', {}, { deadlineMs: 60_000 })),
  };
}

/** The call lasts as long as the hold: who asked for it may die at any time, and the control plane sees that. */
async function holdDev(call: Call, forMs: number, signal: AbortSignal): Promise<Hold> {
  const released = new AbortController();
  let lasting: Promise<unknown> = Promise.resolve();
  await new Promise<void>((held, failed) => {
    lasting = call(
      'holdDev',
      { forMs },
      {
        report: () => held(),
        signal: AbortSignal.any([signal, released.signal]),
        // Dev's requests are waited for first.
        deadlineMs: forMs + 10_000,
      },
    );
    lasting.catch((error) => failed(hasCode(error, 'deadline') ? devIsBusy(error) : error));
  });
  return {
    release: async () => {
      released.abort(new Error('It is released.'));
      await lasting.catch(() => undefined);
    },
  };
}
