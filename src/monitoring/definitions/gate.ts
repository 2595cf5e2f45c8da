import type { AlarmId } from '../../site/alarm-settings.js';
import type { AlarmDefinition } from '../alarm.js';
import type { Signal } from '../signal.js';
import { ours, oursByReplica } from './ours.js';

const aReplica = 'a-replica-is-unreachable-or-its-gate-is-not-closed';

const gateIn = (state: 'broken' | 'open', name: string): Signal => ({
  measures: `whether the gate of a replica is ${state}`,
  part: 'gate',
  unit: 'state',
  prometheus: { expr: `understudy_replica_gate{gate="${state}"}`, label: 'server' },
  cloudwatch: { metric: oursByReplica(name) },
});

const closedDays: Signal = {
  measures: 'how long prod has stood at the same position',
  part: 'gate',
  unit: 'days',
  prometheus: { expr: 'understudy_position_age_seconds / 86400' },
  cloudwatch: { metric: ours('GateClosedDays') },
};

const closedFor = (days: number) =>
  ({
    title: `The gate has been closed for ${days} days`,
    visitorsAffected: false,
    signal: closedDays,
    raisedWhen: 'above',
    threshold: days,
    forSeconds: 60,
    missingData: 'fine',
    where: 'prod',
    visitorsSee: `The content of ${days} days ago.`,
    runbook: 'nothing-was-promoted-for-weeks',
  }) as const;

export const gateAlarms = {
  'gate-leak': {
    title: '{what} has moved past the position of prod',
    severity: 'critical',
    visitorsAffected: true,
    signal: {
      measures: "whether a replica that answers for prod stands elsewhere than prod's edition, or follows dev",
      part: 'gate',
      unit: 'state',
      prometheus: { expr: 'understudy_replica_leaked', label: 'server' },
      cloudwatch: { metric: oursByReplica('GateLeaked') },
    },
    raisedWhen: 'above',
    threshold: 0,
    forSeconds: 10,
    missingData: 'unchanged',
    where: 'a replica',
    visitorsSee: 'Content that was not promoted, on pages that are not in the page cache.',
    toDo: 'Run `understudy replica rebuild` for it; if both have moved, promote.',
    runbook: aReplica,
  },
  'gate-broken': {
    title: "{what} cannot apply dev's changes",
    severity: 'warning',
    visitorsAffected: false,
    signal: gateIn('broken', 'GateBroken'),
    raisedWhen: 'above',
    threshold: 0,
    forSeconds: 30,
    missingData: 'unchanged',
    where: 'a replica',
    visitorsSee: 'Nothing: the replica stays where it is. The next promotion will be refused.',
    toDo: 'Run `understudy replica rebuild` for it.',
    runbook: aReplica,
  },
  'gate-open': {
    title: '{what} has followed dev for a day',
    severity: 'warning',
    visitorsAffected: false,
    signal: gateIn('open', 'GateOpen'),
    raisedWhen: 'above',
    threshold: 0,
    forSeconds: 86_400,
    missingData: 'fine',
    where: 'a replica',
    visitorsSee: 'What dev shows, as soon as it is written there, where this replica answers.',
    toDo: 'Close the gate, and promote.',
    runbook: aReplica,
  },
  'gate-closed-14-days': {
    ...closedFor(14),
    severity: 'warning',
    toDo: 'Promote. Binary logs are kept for the replicas until then.',
  },
  'gate-closed-21-days': {
    ...closedFor(21),
    severity: 'warning',
    toDo: 'Promote. On AWS the replicas are lost nine days from now: RDS ends replication that has stood still for 30 days.',
  },
  'gate-closed-25-days': {
    ...closedFor(25),
    severity: 'critical',
    toDo: 'Promote today. On AWS the replicas are lost five days from now: RDS ends replication that has stood still for 30 days.',
  },
} as const satisfies Partial<Record<AlarmId, AlarmDefinition>>;
