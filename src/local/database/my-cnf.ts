import type { DatabaseServer, StartRole } from './server.js';

type Setting = readonly [name: string, value?: string | number];

/**
 * The whole configuration of a server: it is started with this file alone, so that a distribution's settings
 * (binary logs that expire after ten days, for one) do not count. Holds no secret.
 */
export function renderConfig(server: DatabaseServer, role: StartRole): string {
  const settings = [
    ...identity(server),
    ...safeStart,
    ...durability,
    ...replication,
    ...roleAtStart(role),
    ...content,
    ...memory(server.bufferPoolMb),
    ...logging(server),
  ];
  const lines = settings.map(([name, value]) => (value === undefined ? name : `${name} = ${value}`));
  return `# Written by understudy; changes are lost at the next start.\n[mariadbd]\n${lines.join('\n')}\n`;
}

const identity = (server: DatabaseServer): Setting[] => [
  ['server_id', server.number],
  ['bind_address', server.address],
  ['port', server.port],
  ['datadir', server.dataDir],
  ['tmpdir', server.tmpDir],
  ['socket', server.socket],
  ['pid_file', `${server.dataDir}/server.pid`],
];

/** However it was stopped, a server comes back refusing writes and applying nothing until it is told to. */
const safeStart: readonly Setting[] = [['read_only', 1], ['skip_slave_start']];

const durability: readonly Setting[] = [
  ['sync_binlog', 1],
  ['innodb_flush_log_at_trx_commit', 1],
];

const replication: readonly Setting[] = [
  ['log_bin', 'bin'],
  ['log_bin_index', 'bin.index'],
  ['relay_log', 'relay'],
  ['relay_log_index', 'relay.index'],
  ['binlog_format', 'ROW'],
  ['log_slave_updates', 1],
  ['gtid_strict_mode', 1],
  // Never by age: a gated replica may stand still for weeks. See binlogs.ts.
  ['binlog_expire_logs_seconds', 0],
  // The smallest part that can be purged.
  ['max_binlog_size', '64M'],
  ['slave_parallel_mode', 'optimistic'],
  ['slave_parallel_threads', 4],
  // A source that is silent for longer is gone; it sends a heartbeat after half of it.
  ['slave_net_timeout', 4],
  // A primary never acknowledges alone. The control plane switches this on and off, and nothing else does.
  ['rpl_semi_sync_master_enabled', 0],
  ['rpl_semi_sync_master_wait_point', 'AFTER_SYNC'],
  ['rpl_semi_sync_master_timeout', 4_294_967_295],
  ['rpl_semi_sync_master_wait_no_slave', 1],
];

/**
 * The end of a binary log that nobody acknowledged: the primary keeps it, since the standby may hold it already;
 * a standby drops it, since the primary may never have heard of it. Only a standby acknowledges.
 */
function roleAtStart(role: StartRole): readonly Setting[] {
  return [
    ['init_rpl_role', role === 'standby' ? 'SLAVE' : 'MASTER'],
    ['rpl_semi_sync_slave_enabled', role === 'standby' ? 1 : 0],
  ];
}

const content: readonly Setting[] = [
  ['character_set_server', 'utf8mb4'],
  ['collation_server', 'utf8mb4_unicode_ci'],
  ['default_storage_engine', 'InnoDB'],
  // A value of 64 MB, each byte of which is escaped in a dump, and its statement. Memory is taken only when needed.
  ['max_allowed_packet', '256M'],
];

function memory(bufferPoolMb: number): readonly Setting[] {
  return [
    ['innodb_buffer_pool_size', `${bufferPoolMb}M`],
    ['innodb_log_file_size', redoLog],
    ['innodb_log_buffer_size', '8M'],
    ['innodb_temp_data_file_path', 'ibtmp1:4M:autoextend'],
    ['key_buffer_size', '1M'],
    ['aria_pagecache_buffer_size', '8M'],
    ['performance_schema', 0],
    // Two environments of four instances with five PHP workers each, with room for operators and a failover.
    ['max_connections', 120],
    ['table_open_cache', 400],
    ['thread_cache_size', 16],
  ];
}

/** Also of the template: a clone with another size would be rewritten at its first start. */
export const redoLog = '32M';

const logging = (server: DatabaseServer): Setting[] => [
  ['slow_query_log', 1],
  ['slow_query_log_file', server.slowLog],
  ['long_query_time', 2],
  // Without the notes about connections that end before they log in: the balancer's checks do, twice a second.
  ['log_warnings', 1],
  ['skip_name_resolve'],
  ['local_infile', 0],
  ['secure_file_priv', server.filesDir],
];
