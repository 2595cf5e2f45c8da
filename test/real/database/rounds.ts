import type { Cluster, ClusterStatus } from '../../../src/local/database/cluster.js';
import { type Roles, readRoles } from '../../../src/local/database/roles-record.js';
import type { NewEvent } from '../../../src/local/event-journal.js';
import { paths } from '../../../src/local/layout.js';
import { waitUntil } from '../../../src/process/wait.js';
import { Ledger } from '../../helpers/ledger.js';
import type { RunningSite } from './running-site.js';

/** A cluster of a site with what it told, and rounds like those of a control plane. */
export interface Rounds {
  readonly cluster: Cluster;
  /** Primaries that the endpoint was moved to. */
  readonly announced: string[];
  readonly events: NewEvent[];
  roles(): Promise<Roles>;
  /** Rounds until the state is reached. */
  to(state: ClusterStatus['state'], deadlineMs?: number): Promise<ClusterStatus>;
  /** Rounds of their own every 50 ms, until `stop`. */
  begin(): { stop(): Promise<void> };
}

export function roundsOf(it: RunningSite): Rounds {
  const announced: string[] = [];
  const events: NewEvent[] = [];
  const cluster = it.site.cluster(
    it.processes,
    async (primary) => void announced.push(primary),
    (event) => events.push(event),
  );
  return {
    cluster,
    announced,
    events,
    roles: async () => {
      const recorded = await readRoles(paths.databaseRoles(it.layout));
      if (!recorded) throw new Error('no record');
      return recorded;
    },
    to: (state, deadlineMs = 20_000) => {
      let last: ClusterStatus | undefined;
      return waitUntil(
        async () => {
          last = await cluster.converge();
          return last.state === state ? last : undefined;
        },
        { what: `the state ${state}`, deadlineMs, everyMs: 50 },
      ).catch((error) => {
        throw new Error(`${error.message} ${JSON.stringify(last)}`);
      });
    },
    begin: () => {
      const stopping = new AbortController();
      const ended = (async () => {
        while (!stopping.signal.aborted) {
          await cluster.converge(stopping.signal).catch(() => undefined);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      })();
      return {
        stop: () => {
          stopping.abort();
          return ended;
        },
      };
    },
  };
}

/** Whether a commit is seen at work on a server that has not been acknowledged. */
export const seenWaiting = (it: RunningSite, server: string): Promise<true> =>
  waitUntil(
    async () => {
      const rows = await it.sql<{ State: string | null }>(server, 'operator', 'SHOW PROCESSLIST');
      return rows.some(({ State }) => /semi-sync ACK/i.test(State ?? '')) || undefined;
    },
    { what: 'a commit that waits', deadlineMs: 5_000, everyMs: 20 },
  );

/** Of writes to whoever is announced as the primary. */
export const ledgerOf = (it: RunningSite, { announced }: Pick<Rounds, 'announced'>) =>
  new Ledger(() => it.site.databases.connect(announced.at(-1) ?? 'db-1', 'dev', 500));

/** What was acknowledged and is not there, and how many primary and standby differ by. */
export async function verdictOn(it: RunningSite, ledger: Ledger) {
  const [there, onOther] = await Promise.all(
    ['db-1', 'db-2'].map(async (server) => {
      const rows = await it.sql<{ n: number }>(server, 'operator', 'SELECT n FROM ledger');
      return new Set(rows.map(({ n }) => n));
    }),
  );
  if (!there || !onOther) throw new Error('two servers');
  return { lost: ledger.lostFrom(there), differs: [...there].filter((n) => !onOther.has(n)).length };
}
