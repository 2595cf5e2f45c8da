import { CfnDeletionPolicy, Tags } from 'aws-cdk-lib';
import { CfnDBInstance, CfnDBParameterGroup, CfnDBSubnetGroup } from 'aws-cdk-lib/aws-rds';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { AwsSite } from '../../../site/aws-site.js';
import { primaryId, type ReplicaId, replicaIds, tags } from '../../naming.js';
import { accept } from '../accept.js';
import { type Network, subnetIds } from '../network/network.js';
import { databaseVersion, parameterFamily, primaryParameters, replicaParameters } from './database-parameters.js';

export interface DatabaseProps {
  readonly of: AwsSite;
  readonly network: Network;
  readonly groups: { readonly primary: string; readonly replicas: string };
  /** RDS's master user. */
  readonly administrator: Secret;
  /** The site's schema. */
  readonly schema: string;
}

/**
 * RDS for MySQL: the master with a synchronous standby in another zone, which takes over by itself, and two replicas
 * in different zones, which prod reads. Versions change only when the definition of this program does: a replica
 * that is upgraded by itself is rebooted, and may come back replicating.
 */
export class Database extends Construct {
  readonly primary: CfnDBInstance;
  readonly replicas: Readonly<Record<ReplicaId, CfnDBInstance>>;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: DatabaseProps,
  ) {
    super(scope, id);
    accept(this, 'RDS11', 'The port is no secret: nobody but three security groups reaches it.');
    const { of, network, groups, administrator, schema } = props;
    const { database } = of.aws;
    const subnets = new CfnDBSubnetGroup(this, 'Subnets', {
      dbSubnetGroupDescription: `Databases of ${of.site.name}: no way to the internet`,
      subnetIds: subnetIds(network, 'data'),
    });
    this.primary = new CfnDBInstance(this, 'Primary', {
      ...this.#common(database.primaryClass),
      engine: 'mysql',
      engineVersion: databaseVersion,
      dbName: schema,
      masterUsername: administrator.secretValueFromJson('username').unsafeUnwrap(),
      masterUserPassword: administrator.secretValueFromJson('password').unsafeUnwrap(),
      dbSubnetGroupName: subnets.ref,
      vpcSecurityGroups: [groups.primary],
      dbParameterGroupName: this.#parameters('PrimaryParameters', 'the master', primaryParameters).ref,
      multiAz: true,
      storageEncrypted: true,
      allocatedStorage: String(database.storageGb),
      backupRetentionPeriod: database.backupDays,
      preferredBackupWindow: '01:30-02:30',
      deleteAutomatedBackups: false,
    });
    this.primary.cfnOptions.deletionPolicy = CfnDeletionPolicy.SNAPSHOT;
    this.primary.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.SNAPSHOT;
    Tags.of(this.primary).add(tags.role, primaryId);
    const parameters = this.#parameters('ReplicaParameters', 'the replicas', replicaParameters);
    const [first, second] = replicaIds;
    this.replicas = { [first]: this.#replica(first, 0, parameters), [second]: this.#replica(second, 1, parameters) };
  }

  #replica(id: ReplicaId, zoneIndex: number, parameters: CfnDBParameterGroup): CfnDBInstance {
    const { of, groups } = this.props;
    const replica = new CfnDBInstance(this, id, {
      ...this.#common(of.aws.database.replicaClass),
      sourceDbInstanceIdentifier: this.primary.ref,
      availabilityZone: of.zones[zoneIndex] ?? '',
      vpcSecurityGroups: [groups.replicas],
      dbParameterGroupName: parameters.ref,
      multiAz: false,
    });
    // A replica is a copy: it is made anew, not restored.
    replica.cfnOptions.deletionPolicy = CfnDeletionPolicy.DELETE;
    replica.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.DELETE;
    Tags.of(replica).add(tags.role, id);
    accept(replica, 'RDS2', 'A replica takes encryption from its source; to say it here is an error.');
    accept(replica, 'RDS3', 'The two replicas stand in for each other, in different zones.');
    return replica;
  }

  #common(dbInstanceClass: string) {
    return {
      dbInstanceClass,
      // Said of replicas too: otherwise they get another type than their source.
      storageType: 'gp3',
      maxAllocatedStorage: this.props.of.aws.database.maxStorageGb,
      autoMinorVersionUpgrade: false,
      deletionProtection: true,
      publiclyAccessible: false,
      copyTagsToSnapshot: true,
      enableCloudwatchLogsExports: ['error', 'slowquery'],
      preferredMaintenanceWindow: 'sun:03:00-sun:04:00',
      caCertificateIdentifier: 'rds-ca-rsa2048-g1',
    };
  }

  #parameters(id: string, whose: string, parameters: Readonly<Record<string, string>>): CfnDBParameterGroup {
    return new CfnDBParameterGroup(this, id, {
      family: parameterFamily,
      description: `For ${whose} of ${this.props.of.site.name}`,
      parameters,
    });
  }
}
