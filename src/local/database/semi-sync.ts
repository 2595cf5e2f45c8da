import type { SqlConnection } from '../../platform/databases.js';

/** Makes the primary's commits wait for an acknowledgement, or lets go all that wait (within some 15 ms). */
export async function setWaiting(primary: SqlConnection, waits: boolean): Promise<void> {
  await primary.query(`SET GLOBAL rpl_semi_sync_master_enabled = ${waits ? 1 : 0}`, [], 2_000);
}

/** Whether a server acknowledges what it receives; counts from its next connection to the primary. */
export async function setAcknowledging(server: SqlConnection, acknowledges: boolean): Promise<void> {
  await server.query(`SET GLOBAL rpl_semi_sync_slave_enabled = ${acknowledges ? 1 : 0}`);
}

export interface SemiSync {
  /** Whether commits here wait for an acknowledgement: what really is, beside what is switched on. */
  readonly waits: boolean;
  /** How many servers are connected that will acknowledge. Only the standby ever does. */
  readonly acknowledgers: number;
}

export async function readSemiSync(server: SqlConnection, deadlineMs: number): Promise<SemiSync> {
  const rows = await server.query<{ Variable_name: string; Value: string }>(
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Rpl_semi_sync_master_status', 'Rpl_semi_sync_master_clients')",
    [],
    deadlineMs,
  );
  const value = (name: string) => rows.find(({ Variable_name }) => Variable_name === name)?.Value;
  return {
    waits: value('Rpl_semi_sync_master_status') === 'ON',
    acknowledgers: Number(value('Rpl_semi_sync_master_clients') ?? 0),
  };
}

export async function setReadOnly(server: SqlConnection, readOnly: boolean): Promise<void> {
  await server.query(`SET GLOBAL read_only = ${readOnly ? 1 : 0}`, [], 2_000);
}
