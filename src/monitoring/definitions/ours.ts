import type { CloudWatchMetric } from '../signal.js';

/** A metric that our own programs publish on AWS, once a minute, for the whole site. */
export function ours(name: string, statistic: CloudWatchMetric['statistic'] = 'Maximum'): CloudWatchMetric {
  return { namespace: 'Understudy', name, statistic, dimensions: { Site: 'site' } };
}

/** The same for each replica. */
export function oursByReplica(name: string): CloudWatchMetric {
  return { namespace: 'Understudy', name, statistic: 'Maximum', dimensions: { Site: 'site', Replica: 'replica' } };
}

/** A metric of RDS for one kind of server, or for all of them. */
export function rds(
  name: string,
  statistic: CloudWatchMetric['statistic'],
  server: 'database' | 'primary' = 'database',
): CloudWatchMetric {
  return { namespace: 'AWS/RDS', name, statistic, dimensions: { DBInstanceIdentifier: server } };
}
