/** A full version: RDS refuses `8.4`. */
export const databaseVersion = '8.4.10';
export const parameterFamily = 'mysql8.4';

const both = {
  // Positions are GTIDs, on every server, always.
  'gtid-mode': 'ON',
  enforce_gtid_consistency: 'ON',
  binlog_format: 'ROW',
  // What is acknowledged is in the binary log on disk: after a failover the replicas find it there.
  sync_binlog: '1',
  innodb_flush_log_at_trx_commit: '1',
  require_secure_transport: 'ON',
  slow_query_log: '1',
  long_query_time: '2',
  log_output: 'FILE',
} as const;

export const primaryParameters: Readonly<Record<string, string>> = both;

/**
 * `read_only` stays as RDS sets it, which is on while the server is a replica. One worker applies: with more, RDS
 * refuses to stop at an exact position.
 */
export const replicaParameters: Readonly<Record<string, string>> = { ...both, replica_parallel_workers: '1' };
