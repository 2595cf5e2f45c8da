import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { AwsSite } from '../../../site/aws-site.js';
import { dataOutputs, releaseBucketExport } from '../../naming.js';
import type { NetworkStack } from '../network/network-stack.js';
import { LogBucket, ReleaseBucket } from './buckets.js';
import { Database } from './database.js';
import { DatabaseNames } from './database-names.js';
import { FileSystems } from './file-systems.js';
import { PublicZone } from './public-zone.js';
import { SiteSecrets } from './secrets.js';

export interface DataStackProps extends StackProps {
  readonly of: AwsSite;
  readonly network: NetworkStack;
}

/** What cannot be made again: databases, files, releases, secrets. Protected against removal in three ways. */
export class DataStack extends Stack {
  readonly database: Database;
  readonly files: FileSystems;
  readonly secrets: SiteSecrets;
  readonly logs: Bucket;
  readonly releases: Bucket;
  /** Under a name of its own, which other stacks import. */
  readonly releaseBucketArn: string;
  readonly publicZoneId: string;
  /** The zone with the names of the databases. */
  readonly privateZoneId: string;
  /** The site's schema, on every server. */
  readonly schema: string;

  constructor(scope: Construct, id: string, { of, network, ...props }: DataStackProps) {
    super(scope, id, props);
    const { name } = of.site;
    this.schema = name.replaceAll('-', '_');
    this.secrets = new SiteSecrets(this, 'Secrets', { siteName: name });
    this.database = new Database(this, 'Database', {
      of,
      network: network.network,
      groups: { primary: network.groups.idOf('primary'), replicas: network.groups.idOf('replicas') },
      administrator: this.secrets.database.administrator,
      schema: this.schema,
    });
    this.privateZoneId = new DatabaseNames(this, 'DatabaseNames', {
      siteName: name,
      vpcId: network.network.vpcId,
      primary: this.database.primary,
      replicas: this.database.replicas,
    }).zone.attrId;
    this.files = new FileSystems(this, 'Files', {
      siteName: name,
      network: network.network,
      groups: { dev: network.groups.idOf('dev-files'), media: network.groups.idOf('media-files') },
    });
    this.logs = new LogBucket(this, 'Logs', { days: of.site.accessLogs.retentionDays }).bucket;
    this.releases = new ReleaseBucket(this, 'Releases', { logs: this.logs }).bucket;
    this.releaseBucketArn = this.exportValue(this.releases.bucketArn, { name: releaseBucketExport(name) });
    new CfnOutput(this, dataOutputs.releaseBucket, { value: this.releases.bucketName });
    new CfnOutput(this, dataOutputs.logBucket, { value: this.logs.bucketName });
    this.publicZoneId = new PublicZone(this, 'PublicZone', of.hostedZone).zoneId;
  }
}
