import { randomUUID } from 'node:crypto';
import {
  CreateDBInstanceReadReplicaCommand,
  type CreateDBInstanceReadReplicaCommandInput,
  type DBInstance,
  DeleteDBInstanceCommand,
  ModifyDBInstanceCommand,
} from '@aws-sdk/client-rds';
import { z } from 'zod';
import { hasCode, UnderstudyError } from '../../../output/errors.js';
import type { ReplicationGate } from '../../../platform/databases.js';
import type { ServerId } from '../../../platform/edition.js';
import type { WorkOptions } from '../../../platform/work.js';
import { waitUntil } from '../../../process/wait.js';
import { call, causedBy } from '../../call.js';
import type { Caller } from '../../deployment/clients.js';
import { primaryId, tags } from '../../naming.js';
import type { Bucket } from '../bucket.js';
import { readStored, updateStored } from '../stored-json.js';
import type { AwsDatabases } from './databases.js';
import { type RdsServer, tagOf } from './servers.js';

export interface RebuildOptions {
  readonly siteName: string;
  readonly rds: Caller;
  readonly databases: AwsDatabases;
  readonly gate: ReplicationGate;
  /** Where it is written down what the new replica has to be like, before the old one goes. */
  readonly bucket: Bucket;
  readonly replica: ServerId;
  /** Between two looks at RDS. Default 3,000. */
  readonly everyMs?: number;
  /** Of the whole. RDS takes 10 to 30 minutes, more with much data. Default two hours. */
  readonly deadlineMs?: number;
}

/** On a replica that was made by a rebuild: by which one. It tells the new server from the old one of the same name. */
const rebuildTag = 'understudy:rebuild';

const recordSchema = z.object({
  id: z.string(),
  /** What RDS is asked to make. */
  make: z.looseObject({ DBInstanceIdentifier: z.string() }),
  /** Cannot be said when a replica is made. */
  maintenanceWindow: z.string().optional(),
});
type RebuildRecord = z.output<typeof recordSchema>;
export const rebuildKey = (replica: ServerId) => `editions/rebuild-${replica}.json`;

/**
 * Makes a replica anew from the primary, under its old name, which keeps its endpoint. RDS copies no replica at its
 * position: the new one stands where the primary stood, its gate is closed, and it can answer for prod from the next
 * promotion on. The other replica is not touched.
 * What is done next is read from RDS each time, so a rebuild that was cut off goes on when it is called again.
 * @throws code `rebuild-failed`, `deadline`; what `call` throws
 */
export async function rebuildReplica(options: RebuildOptions, { report, signal }: WorkOptions): Promise<void> {
  const { replica, bucket, databases, gate, everyMs = 3_000, deadlineMs = 2 * 3_600_000 } = options;
  const record = await recordOf(options);
  const done = (status: string) => report({ kind: 'note', level: 'info', text: `${replica}: ${status}` });
  let told = '';
  await waitUntil(
    async () => {
      const found = (await databases.servers()).find(({ id }) => id === replica);
      const next = nextOf(found, record);
      const status = next === 'wait' ? `RDS says that it is ${found?.status}` : next;
      if (status !== told) done(status);
      told = status;
      if (next === 'made') return true;
      if (next !== 'wait') await act[next](options, record);
      return false;
    },
    { what: `RDS to make ${replica} anew`, deadlineMs, everyMs, signal, remedy: 'Run the same command again.' },
  );
  // A replica that RDS has made follows at once.
  await waitUntil(() => gate.close(replica).then(() => true, orNothing), {
    what: `the gate of ${replica} to be closed`,
    deadlineMs: 300_000,
    everyMs,
    signal,
  });
  await setMaintenanceWindow(options, record);
  await bucket.remove(rebuildKey(replica));
}

type Next = 'made' | 'wait' | 'unprotect' | 'delete' | 'make';

function nextOf(found: RdsServer | undefined, { id, make }: RebuildRecord): Next {
  if (!found) return 'make';
  if (tagOf(found.described, rebuildTag) === id) {
    if (found.status === 'failed') throw failed(make.DBInstanceIdentifier, 'RDS says that it has failed');
    return found.status === 'available' ? 'made' : 'wait';
  }
  if (found.status === 'deleting') return 'wait';
  return found.described.DeletionProtection === true ? 'unprotect' : 'delete';
}

type Act = (options: RebuildOptions, record: RebuildRecord) => Promise<void>;

const act: Readonly<Record<Exclude<Next, 'made' | 'wait'>, Act>> = {
  unprotect: async ({ rds }, { make: { DBInstanceIdentifier } }) => {
    const change = { DBInstanceIdentifier, DeletionProtection: false, ApplyImmediately: true };
    await unlessBusy(call(rds, 'rds:ModifyDBInstance', new ModifyDBInstanceCommand(change)));
  },
  delete: async ({ rds }, { make: { DBInstanceIdentifier } }) => {
    const remove = { DBInstanceIdentifier, SkipFinalSnapshot: true };
    await unlessBusy(call(rds, 'rds:DeleteDBInstance', new DeleteDBInstanceCommand(remove)));
  },
  make: async ({ rds }, { make }) => {
    const command = new CreateDBInstanceReadReplicaCommand(make as CreateDBInstanceReadReplicaCommandInput);
    await unlessBusy(call(rds, 'rds:CreateDBInstanceReadReplica', command));
  },
};

/** RDS does one thing at a time, and lists trail behind: what it does not take now is asked again a moment later. */
async function unlessBusy(asked: Promise<unknown>): Promise<void> {
  const later = [
    'InvalidDBInstanceState',
    'InvalidDBInstanceStateFault',
    'DBInstanceNotFound',
    'DBInstanceNotFoundFault',
    'DBInstanceAlreadyExists',
    'DBInstanceAlreadyExistsFault',
  ];
  await asked.catch((error) => {
    if (!causedBy(error, ...later)) throw error;
  });
}

/** Written before anything is removed: afterwards nobody knows what the replica was like. */
async function recordOf({ bucket, databases, replica, siteName }: RebuildOptions): Promise<RebuildRecord> {
  const key = rebuildKey(replica);
  const begun = await readStored(bucket, key, recordSchema);
  if (begun) return begun;
  const servers = await databases.servers();
  const old = servers.find(({ id }) => id === replica);
  const primary = servers.find(({ id }) => id === primaryId);
  if (!old || !primary || replica === primaryId) {
    throw failed(replica, 'RDS has no such replica, so it is not known what it has to be like');
  }
  const id = randomUUID();
  const { PreferredMaintenanceWindow: maintenanceWindow } = old.described;
  const record = { id, make: likeBefore(old.described, primary.instance, id, siteName), maintenanceWindow };
  return updateStored(bucket, key, recordSchema, (found) => found ?? record);
}

function likeBefore(old: DBInstance, source: string, id: string, siteName: string) {
  // Those that begin with `aws:` are CloudFormation's own, and nobody else may set them.
  const kept = (old.TagList ?? []).filter(({ Key = '' }) => !Key.startsWith('aws:') && Key !== rebuildTag);
  if (tagOf(old, tags.site) !== siteName) throw failed(old.DBInstanceIdentifier ?? '', 'it bears no mark of this site');
  return {
    DBInstanceIdentifier: old.DBInstanceIdentifier ?? '',
    SourceDBInstanceIdentifier: source,
    DBInstanceClass: old.DBInstanceClass,
    AvailabilityZone: old.AvailabilityZone,
    MultiAZ: false,
    StorageType: old.StorageType,
    MaxAllocatedStorage: old.MaxAllocatedStorage,
    VpcSecurityGroupIds: (old.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId: group }) => group ?? []),
    // Its one worker is what lets RDS stop it at an exact position.
    DBParameterGroupName: old.DBParameterGroups?.[0]?.DBParameterGroupName,
    EnableCloudwatchLogsExports: old.EnabledCloudwatchLogsExports,
    CACertificateIdentifier: old.CACertificateIdentifier,
    AutoMinorVersionUpgrade: false,
    PubliclyAccessible: false,
    CopyTagsToSnapshot: true,
    DeletionProtection: true,
    Tags: [...kept, { Key: rebuildTag, Value: id }],
  };
}

async function setMaintenanceWindow({ rds }: RebuildOptions, { make, maintenanceWindow }: RebuildRecord) {
  if (maintenanceWindow === undefined) return;
  const change = { DBInstanceIdentifier: make.DBInstanceIdentifier, PreferredMaintenanceWindow: maintenanceWindow };
  await call(rds, 'rds:ModifyDBInstance', new ModifyDBInstanceCommand(change));
}

function orNothing(error: unknown): undefined {
  const passing = ['database-unreachable', 'deadline', 'no-such-server'];
  if (!passing.some((code) => hasCode(error, code))) throw error;
}

function failed(what: string, why: string): UnderstudyError {
  return new UnderstudyError({
    code: 'rebuild-failed',
    message: `${what} could not be made anew: ${why}.`,
    remedy: 'Look at it in RDS; `understudy aws deploy` makes what is missing.',
  });
}
