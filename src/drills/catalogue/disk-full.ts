import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../../process/wait.js';
import type { Drill } from '../drill.js';
import type { Ground } from '../stage.js';
import { lacking } from '../watch.js';
import { needsDatabase } from './needs.js';

/** Longer than a failover takes, so that the server that was lost is started on its full disk again and again. */
const fullMs = 8_000;
const againEveryMs = 250;
/** A copy of the primary is made on the way there, and another one on the way back. */
const wholeMs = 120_000;

const topology = async ({ platform }: Pick<Ground, 'platform'>) => platform.database?.databases.topology();

async function whole({ status }: Ground, what: string, and: () => Promise<boolean>, signal?: AbortSignal) {
  const isWhole = async () => (await and()) && lacking(await status()).length === 0;
  await waitUntil(isWhole, { what, deadlineMs: wholeMs, everyMs: 200, signal });
}

/** What a start of this server is called; it changes when the server has been made anew. */
const startOf = async ({ faults }: Ground, server: string) =>
  (await faults.parts()).find(({ name }) => name === server)?.start;

/** The standby takes over, and comes to be the standby of the other one. */
async function exchangeRoles(ground: Ground, primary: string, signal?: AbortSignal): Promise<void> {
  await ground.faults.kill([primary]);
  const moved = async () => (await topology(ground))?.primary !== primary;
  await whole(ground, 'the other server to be the primary', moved, signal);
}

export const diskFull: Drill = {
  name: 'disk-full',
  summary: "the disk of the primary of dev's database is full; the standby takes over. It is a small disk in memory",
  unfit: async (stage) => {
    const standby = (await topology(stage))?.standby;
    return needsDatabase(stage) ?? (standby === undefined ? undefined : stage.faults.smallDisks.whyNot(standby));
  },
  // The standby gets a small disk, is made a copy of the primary on it, and becomes the primary.
  prepare: async (ground, signal) => {
    const before = await topology(ground);
    if (before?.standby === undefined) throw new RangeError('There is no standby.');
    const { primary, standby } = before;
    const start = await startOf(ground, standby);
    await ground.faults.smallDisks.give(standby);
    const isAnew = async () => ![undefined, start].includes(await startOf(ground, standby));
    await whole(ground, `${standby} to be on a small disk`, isAnew, signal);
    await exchangeRoles(ground, primary, signal);
  },
  fault: async (stage) => {
    const { faults, strike, note, blame, platform, signal } = stage;
    const primary = (await topology(stage))?.primary ?? '';
    const since = new Date().toISOString();
    await strike(`the disk of ${primary}, the primary, is full`, () => faults.smallDisks.fill(primary));
    const end = performance.now() + fullMs;
    while (performance.now() < end) {
      await delay(againEveryMs, undefined, { signal });
      await faults.smallDisks.fill(primary);
    }
    await faults.smallDisks.clear(primary);
    note('there is room again');
    const told = (await platform.events.read(since)).find((event) => event.kind === 'failover-begun');
    if (!told) blame(['no failover was told of']);
    else if (!/disk|commit/i.test(told.detail)) blame([`the failover was told without its reason: ${told.detail}`]);
  },
  tidy: async (ground) => {
    const { smallDisks } = ground.faults;
    for (const server of await smallDisks.given()) {
      await smallDisks.clear(server);
      // What is on the small disk goes with it: so nobody may depend on it.
      await whole(ground, 'everything to be there again', async () => true);
      if ((await topology(ground))?.primary === server) await exchangeRoles(ground, server);
      const start = await startOf(ground, server);
      if (!(await smallDisks.take(server))) continue;
      const isAnew = async () => ![undefined, start].includes(await startOf(ground, server));
      await whole(ground, `${server} to be on its own disk again`, isAnew);
    }
  },
};
