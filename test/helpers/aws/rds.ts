import {
  databaseAccounts,
  databaseSecretName,
  privateZoneName,
  replicasName,
  saltsSecretName,
  serverName,
  settingsSecretName,
  siteAdminSecretName,
  tags,
} from '../../../src/aws/naming.js';
import { type Answer, type ApiCall, type ControlApi, controlApi, xml } from './control-api.js';
import { type ServerName, type StandInServers, serverNames, standInServers } from './rds-servers.js';

export interface FakeRdsOptions {
  readonly siteName: string;
  /** The first three parts of addresses on the loopback, such as `127.14.60`: another one in each test file. */
  readonly network: string;
  /** How many instances a page of a list has. RDS has 100. */
  readonly pageSize?: number;
}

/** What RDS says of one of its servers. */
export interface FakeInstance {
  readonly name: ServerName;
  readonly identifier: string;
  status: string;
  multiAz: boolean;
  deletionProtection: boolean;
  /** `replicating`, `stopped`, `terminated`. */
  replication: string;
  tags: Readonly<Record<string, string>>;
  /** Those of the call that made it. Empty for the first ones. */
  madeWith: Readonly<Record<string, string>>;
}

export interface PublishedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
}

/** RDS with real MariaDB servers behind it, and the calls of other services that go with it: see README.md. */
export interface FakeRds extends StandInServers {
  readonly api: ControlApi;
  readonly schema: string;
  readonly passwords: Readonly<Record<string, string>>;
  /** What Secrets Manager has beside those: salts, an administrator, settings. Changed by a test that deploys others. */
  readonly secrets: Map<string, object>;
  /** Variables that lead the SDK here, and make connections trust these servers. */
  readonly environment: Readonly<Record<string, string>>;
  readonly instances: ReadonlyMap<ServerName, FakeInstance>;
  readonly weights: Map<string, number>;
  readonly metrics: readonly PublishedMetric[];
  /** What RDS would tell of its failovers, newest last. */
  readonly events: string[];
  /** Gives an account another password, in the servers and in Secrets Manager. */
  rotate(account: string, password: string): Promise<void>;
  /** As a reboot, a patch or a failed host does. Whether a stopped replica starts to replicate is not known of RDS. */
  reboot(server: ServerName, options?: { readonly startsReplication?: boolean }): Promise<void>;
  close(): Promise<void>;
}

/** Starts three real servers (some seconds). The replicas follow at first, as those that RDS makes do. */
export async function fakeRds({ siteName, network, pageSize = 2 }: FakeRdsOptions): Promise<FakeRds> {
  const schema = siteName.replaceAll('-', '_');
  const passwords: Record<string, string> = Object.fromEntries(
    databaseAccounts.map((account) => [account, `${account}-Password-1`]),
  );
  const real = await standInServers({ network, schema, passwords });
  const instances = new Map<ServerName, FakeInstance>(serverNames.map((name) => [name, firstInstance(name, siteName)]));
  const weights = new Map<string, number>([
    ['replica-1', 50],
    ['replica-2', 50],
  ]);
  const metrics: PublishedMetric[] = [];
  const events: string[] = [];
  const secrets = new Map<string, object>([
    [saltsSecretName(siteName), { seed: '0123456789'.repeat(6) }],
    [siteAdminSecretName(siteName), { password: 'administrator-of-the-site' }],
    ...(['dev', 'prod'] as const).map(
      (name) => [settingsSecretName(siteName, name), { constants: {}, options: {} }] as const,
    ),
  ]);
  const state: State = { siteName, network, pageSize, passwords, secrets, real, instances, weights, metrics, events };
  const api = await controlApi(`${network}.10`, {
    'rds:DescribeDBInstances': (call) => describeInstances(state, call),
    'rds:DescribeEvents': () => describeEvents(state),
    'rds:ModifyDBInstance': (call) => modifyInstance(state, call),
    'rds:DeleteDBInstance': (call) => deleteInstance(state, call),
    'rds:CreateDBInstanceReadReplica': (call) => createReplica(state, call),
    'secretsmanager:GetSecretValue': (call) => secretValue(state, call),
    'cloudwatch:PutMetricData': (call) => putMetrics(state, call),
    'route53:ListHostedZonesByName': () => hostedZones(state),
    'route53:ListResourceRecordSets': () => recordSets(state),
    'route53:ChangeResourceRecordSets': (call) => changeRecords(state, call),
  });
  const services = ['RDS', 'SECRETS_MANAGER', 'CLOUDWATCH', 'ROUTE_53'];
  return {
    ...real,
    api,
    schema,
    passwords,
    secrets,
    instances,
    weights,
    metrics,
    events,
    environment: {
      ...Object.fromEntries(services.map((service) => [`AWS_ENDPOINT_URL_${service}`, api.url])),
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_REGION: 'eu-central-1',
      UNDERSTUDY_RDS_CA: real.authorityFile,
    },
    rotate: async (account, password) => {
      passwords[account] = password;
      for (const name of serverNames) {
        await real.servers[name].sql('SET GLOBAL read_only = 0');
        await real.servers[name].sql(
          `SET STATEMENT sql_log_bin = 0 FOR ALTER USER '${account}'@'%' IDENTIFIED BY '${password}'`,
        );
        if (name !== 'primary') await real.servers[name].sql('SET GLOBAL read_only = 1');
      }
    },
    reboot: async (name, { startsReplication = false } = {}) => {
      await real.servers[name].kill();
      await real.servers[name].start();
      if (startsReplication) await real.servers[name].sql('START SLAVE');
    },
    close: async () => {
      await api.close();
      await real.remove();
    },
  };
}

interface State {
  readonly siteName: string;
  readonly network: string;
  readonly pageSize: number;
  readonly passwords: Readonly<Record<string, string>>;
  readonly secrets: ReadonlyMap<string, object>;
  readonly real: StandInServers;
  readonly instances: Map<ServerName, FakeInstance>;
  readonly weights: Map<string, number>;
  readonly metrics: PublishedMetric[];
  readonly events: readonly string[];
}

const firstInstance = (name: ServerName, siteName: string): FakeInstance => ({
  name,
  identifier: `understudy-${siteName}-data-${name}-1a2b3c`,
  status: 'available',
  multiAz: name === 'primary',
  deletionProtection: true,
  replication: 'replicating',
  tags: { [tags.site]: siteName, [tags.role]: name },
  madeWith: {},
});

const document = (call: string, result: object): Answer => ({
  type: 'application/xml',
  body: xml(`${call}Response`, { [`${call}Result`]: result, ResponseMetadata: { RequestId: '1' } }),
});
const missing = (identifier: string): Answer => ({
  status: 404,
  code: 'DBInstanceNotFound',
  message: `DBInstance ${identifier} not found.`,
});
const find = ({ instances }: State, call: ApiCall) =>
  [...instances.values()].find(({ identifier }) => identifier === call.form.get('DBInstanceIdentifier'));

function described({ real, instances }: State, one: FakeInstance) {
  const { name } = one;
  const isReplica = name !== 'primary';
  const isThere = one.status !== 'creating' && one.status !== 'deleting';
  return {
    DBInstanceIdentifier: one.identifier,
    DBInstanceArn: `arn:aws:rds:eu-central-1:111122223333:db:${one.identifier}`,
    DBInstanceStatus: one.status,
    DBInstanceClass: 'db.t4g.medium',
    Engine: 'mysql',
    EngineVersion: '8.4.10',
    AvailabilityZone: { primary: 'eu-central-1a', 'replica-1': 'eu-central-1a', 'replica-2': 'eu-central-1b' }[name],
    MultiAZ: one.multiAz,
    StorageType: 'gp3',
    MaxAllocatedStorage: 500,
    DeletionProtection: one.deletionProtection,
    PubliclyAccessible: false,
    AutoMinorVersionUpgrade: false,
    CopyTagsToSnapshot: true,
    CACertificateIdentifier: 'rds-ca-rsa2048-g1',
    PreferredMaintenanceWindow: 'sun:03:00-sun:04:00',
    DBParameterGroups: {
      DBParameterGroup: { DBParameterGroupName: isReplica ? 'replicas-parameters' : 'primary-parameters' },
    },
    VpcSecurityGroups: {
      VpcSecurityGroupMembership: { VpcSecurityGroupId: isReplica ? 'sg-replicas' : 'sg-primary', Status: 'active' },
    },
    EnabledCloudwatchLogsExports: { member: ['error', 'slowquery'] },
    ...(isThere ? { Endpoint: { Address: real.servers[name].address, Port: 3306 } } : {}),
    ...(isReplica
      ? {
          ReadReplicaSourceDBInstanceIdentifier: instances.get('primary')?.identifier,
          StatusInfos: {
            DBInstanceStatusInfo: { StatusType: 'read replication', Normal: true, Status: one.replication },
          },
        }
      : {}),
    TagList: { Tag: Object.entries(one.tags).map(([Key, Value]) => ({ Key, Value })) },
  };
}

function describeInstances(state: State, call: ApiCall): Answer {
  const wanted = call.form.get('DBInstanceIdentifier');
  const all = [...state.instances.values()].filter(({ identifier }) => wanted === null || identifier === wanted);
  if (wanted !== null && all.length === 0) return missing(wanted);
  const from = Number(call.form.get('Marker') ?? 0);
  const page = all.slice(from, from + state.pageSize);
  const next = from + state.pageSize;
  return document('DescribeDBInstances', {
    DBInstances: { DBInstance: page.map((one) => described(state, one)) },
    Marker: next < all.length ? next : undefined,
  });
}

const describeEvents = ({ events }: State): Answer =>
  document('DescribeEvents', { Events: { Event: events.map((Message) => ({ Message })) } });

function modifyInstance(state: State, call: ApiCall): Answer {
  const one = find(state, call);
  if (!one) return missing(call.form.get('DBInstanceIdentifier') ?? '');
  if (one.status !== 'available') return { status: 400, code: 'InvalidDBInstanceState' };
  const protection = call.form.get('DeletionProtection');
  if (protection !== null) one.deletionProtection = protection === 'true';
  return document('ModifyDBInstance', { DBInstance: described(state, one) });
}

async function deleteInstance(state: State, call: ApiCall): Promise<Answer> {
  const one = find(state, call);
  if (!one) return missing(call.form.get('DBInstanceIdentifier') ?? '');
  if (one.deletionProtection) {
    return { status: 400, code: 'InvalidParameterCombination', message: 'Cannot delete protected DB Instance.' };
  }
  if (one.name !== 'primary' && call.form.get('SkipFinalSnapshot') !== 'true') {
    return { status: 400, code: 'InvalidParameterCombination', message: 'A replica has no final snapshot.' };
  }
  if (one.status === 'deleting') return { status: 400, code: 'InvalidDBInstanceState' };
  one.status = 'deleting';
  await state.real.servers[one.name].kill();
  // Gone after it has been seen being deleted.
  setTimeout(() => state.instances.delete(one.name), 300);
  return document('DeleteDBInstance', { DBInstance: described(state, one) });
}

function createReplica(state: State, call: ApiCall): Answer {
  const { form } = call;
  if (find(state, call)) return { status: 400, code: 'DBInstanceAlreadyExists' };
  const given = Object.fromEntries(form);
  const madeTags: Record<string, string> = {};
  for (let n = 1; form.has(`Tags.Tag.${n}.Key`); n++) {
    madeTags[form.get(`Tags.Tag.${n}.Key`) ?? ''] = form.get(`Tags.Tag.${n}.Value`) ?? '';
  }
  const name = serverNames.find((one) => one === madeTags[tags.role]);
  if (!name || name === 'primary')
    return { status: 400, code: 'InvalidParameterValue', message: 'No role in its tags.' };
  const one: FakeInstance = {
    ...firstInstance(name, state.siteName),
    identifier: form.get('DBInstanceIdentifier') ?? '',
    status: 'creating',
    deletionProtection: form.get('DeletionProtection') === 'true',
    tags: madeTags,
    madeWith: given,
  };
  state.instances.set(name, one);
  state.real.servers[name].makeAnew().then(
    () => {
      one.status = 'available';
    },
    () => {
      one.status = 'failed';
    },
  );
  return document('CreateDBInstanceReadReplica', { DBInstance: described(state, one) });
}

const json = (value: object): Answer => ({ type: 'application/x-amz-json-1.0', body: JSON.stringify(value) });

function secretValue({ siteName, passwords, secrets }: State, call: ApiCall): Answer {
  const { SecretId } = JSON.parse(call.body) as { SecretId: string };
  const account = databaseAccounts.find((one) => databaseSecretName(siteName, one) === SecretId);
  const value = account ? { username: account, password: passwords[account] } : secrets.get(SecretId);
  if (!value) return { status: 400, code: 'ResourceNotFoundException' };
  return json({ Name: SecretId, SecretString: JSON.stringify(value) });
}

interface PutMetricData {
  readonly Namespace: string;
  readonly MetricData: readonly {
    readonly MetricName: string;
    readonly Value: number;
    readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  }[];
}

function putMetrics({ metrics }: State, call: ApiCall): Answer {
  const { Namespace, MetricData } = JSON.parse(call.body) as PutMetricData;
  for (const { MetricName, Value, Dimensions = [] } of MetricData) {
    const dimensions = Object.fromEntries(Dimensions.map((one) => [one.Name, one.Value]));
    metrics.push({ namespace: Namespace, name: MetricName, value: Value, dimensions });
  }
  return json({});
}

const route53 = (name: string, value: object): Answer => ({
  type: 'application/xml',
  body: xml(name, value),
});

const hostedZones = ({ siteName }: State): Answer =>
  route53('ListHostedZonesByNameResponse', {
    HostedZones: {
      HostedZone: {
        Id: '/hostedzone/Z1',
        Name: `${privateZoneName(siteName)}.`,
        CallerReference: '1',
        Config: { PrivateZone: true },
      },
    },
    IsTruncated: false,
    MaxItems: 100,
  });

/** What comes after the name that was asked for is in the list too. */
const recordSets = ({ siteName, weights }: State): Answer =>
  route53('ListResourceRecordSetsResponse', {
    ResourceRecordSets: {
      ResourceRecordSet: [
        ...[...weights].map(([SetIdentifier, Weight]) => ({
          Name: `${serverName(siteName, replicasName)}.`,
          Type: 'CNAME',
          SetIdentifier,
          Weight,
          TTL: 10,
          ResourceRecords: { ResourceRecord: { Value: `${SetIdentifier}.rds.example` } },
          HealthCheckId: `check-${SetIdentifier}`,
        })),
        {
          Name: `zz.${privateZoneName(siteName)}.`,
          Type: 'A',
          TTL: 10,
          ResourceRecords: { ResourceRecord: { Value: '10.0.0.1' } },
        },
      ],
    },
    IsTruncated: false,
    MaxItems: 100,
  });

function changeRecords({ weights }: State, call: ApiCall): Answer {
  const value = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(call.body)?.[1];
  const replica = value('SetIdentifier') ?? '';
  // Route 53 replaces the whole record: one that lacks its health check would lose it.
  if (value('Action') !== 'UPSERT' || !value('HealthCheckId') || !value('TTL') || !weights.has(replica)) {
    return { status: 400, code: 'InvalidChangeBatch' };
  }
  weights.set(replica, Number(value('Weight')));
  return route53('ChangeResourceRecordSetsResponse', {
    ChangeInfo: { Id: '/change/C1', Status: 'PENDING', SubmittedAt: '2026-01-01T00:00:00Z' },
  });
}
