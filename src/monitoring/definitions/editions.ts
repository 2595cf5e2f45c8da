import type { AlarmId } from '../../site/alarm-settings.js';
import type { AlarmDefinition } from '../alarm.js';
import { ours } from './ours.js';

export const editionAlarms = {
  'edition-mixed': {
    title: '{what} does not serve the current edition',
    severity: 'critical',
    visitorsAffected: true,
    signal: {
      measures: 'whether an instance that gets requests serves another edition than the current one',
      part: 'edition',
      unit: 'state',
      prometheus: { expr: 'understudy_instance_edition_late', label: 'instance' },
      cloudwatch: { metric: ours('InstancesNotOnEdition') },
    },
    raisedWhen: 'above',
    threshold: 0,
    forSeconds: 60,
    missingData: 'fine',
    where: 'an instance of prod',
    visitorsSee: 'The old and the new edition by turns, each whole in itself.',
    toDo: 'Run `understudy up`, which boots it into the current edition.',
    runbook: 'prod-shows-the-old-content',
  },
  'edition-one-replica': {
    title: 'Only one replica can answer for prod',
    severity: 'warning',
    visitorsAffected: false,
    signal: {
      measures: 'replicas that hold the content of the current edition, while nothing is promoted',
      part: 'edition',
      unit: 'count',
      prometheus: {
        expr: 'understudy_edition_replicas unless on () (understudy_work_in_progress{kind="promotion"} == 1)',
      },
      cloudwatch: { metric: ours('EditionReplicas', 'Minimum') },
    },
    raisedWhen: 'below',
    threshold: 2,
    forSeconds: 60,
    missingData: 'fine',
    where: 'prod',
    visitorsSee: 'Nothing; if this replica is lost, only what is in the page cache.',
    toDo: 'See with `understudy promote --resume` whether a promotion was cut off; else rebuild the other replica. In AWS promote instead: nothing else takes in a replica that is ahead.',
    runbook: 'a-replica-is-unreachable-or-its-gate-is-not-closed',
  },
} as const satisfies Partial<Record<AlarmId, AlarmDefinition>>;
