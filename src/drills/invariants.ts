import { messageOf } from '../output/errors.js';
import type { ServerId } from '../platform/edition.js';
import type { Census } from '../platform/faults.js';
import type { DatedDatabases, GatedDatabase } from '../platform/platform.js';
import { waitUntil } from '../process/wait.js';
import { withOperator } from '../replication/operator.js';
import type { Ground } from './stage.js';
import { lacking } from './watch.js';

/** How long what is still settling may take on a busy machine: a job that ends, a standby that applies the last write. */
const settleMs = 30_000;
/** Whether a server answers quickly is for the limits to say. */
const connectMs = 10_000;
const lookMs = 250;

/**
 * What must be so at the end of every drill, whatever was broken: everything healthy and on one edition, one writable
 * primary, gates closed, positions equal, one control plane, one runner of scheduled jobs, no process left over.
 * Servers are asked themselves; nobody's word is taken for them.
 * @returns what does not hold, in words, after it has had 30 s to settle
 */
export async function brokenInvariants(ground: Ground): Promise<readonly string[]> {
  let broken: readonly string[] = [];
  const look = async () => {
    broken = await lookOnce(ground).catch((error: unknown) => [messageOf(error)]);
    return broken.length === 0;
  };
  await waitUntil(look, { what: 'the invariants to hold', deadlineMs: settleMs, everyMs: lookMs }).catch(() => false);
  return broken;
}

async function lookOnce(ground: Ground): Promise<readonly string[]> {
  const { platform, faults, status } = ground;
  const [now, census, data] = await Promise.all([
    status(),
    faults.census(),
    platform.database ? brokenData(ground, platform.database) : [],
  ]);
  return [...lacking(now), ...brokenCensus(census), ...data];
}

export function brokenCensus({ orphans, controlPlanes, cronRunners }: Census): readonly string[] {
  return [
    ...(controlPlanes === 1 ? [] : [`${controlPlanes} control planes run`]),
    ...(cronRunners <= 1 ? [] : [`${cronRunners} runs of dev's scheduled jobs at once`]),
    ...orphans.map((text) => `a process is left over: ${text}`),
  ];
}

async function brokenData({ platform }: Ground, database: GatedDatabase): Promise<readonly string[]> {
  const { databases, gate } = database;
  const [{ primary, standby, replicas }, edition] = await Promise.all([
    databases.topology(),
    platform.releases.currentEdition(),
  ]);
  const servers = [primary, ...(standby === undefined ? [] : [standby]), ...replicas];
  const seen = await Promise.all(
    servers.map(async (id) => {
      const connection = await databases.connect(id, 'operator', connectMs);
      const [row] = await connection
        .query<{ readOnly: number }>('SELECT @@read_only AS readOnly')
        .finally(() => connection.end());
      return { id, writable: row?.readOnly === 0 };
    }),
  );
  const writable = seen.filter((one) => one.writable).map(({ id }) => id);
  const gates = await Promise.all(replicas.map(async (id) => ({ id, ...(await gate.status(id)) })));
  return [
    ...(writable.length === 1 && writable[0] === primary
      ? []
      : [`writable: ${writable.join(' and ') || 'no server'}; it must be the primary, ${primary}, alone`]),
    ...(standby === undefined ? [] : await unlike(database, primary, standby)),
    ...gates.filter((one) => one.gate !== 'closed').map((one) => `the gate of ${one.id} is ${one.gate}`),
    ...gates
      .filter(({ position }) => position !== edition?.position)
      .map(({ id, position }) => `${id} stands at ${position}, the edition at ${edition?.position}`),
    ...gates
      .filter(({ errant }) => errant !== undefined)
      .map(({ id, errant }) => `${id} has changes of its own: ${errant}`),
  ];
}

/** Nobody writes any more at the end of a drill: so the standby's log ends where the primary's does. */
async function unlike({ databases, positions }: DatedDatabases, primary: ServerId, standby: ServerId) {
  const [its, primarys] = await Promise.all(
    [standby, primary].map((id) => withOperator(databases, id, (server) => positions.written(server))),
  );
  return its === primarys ? [] : [`${standby} has written up to ${its}, ${primary} up to ${primarys}`];
}
