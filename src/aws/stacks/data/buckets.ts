import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { operationKeys, releaseKeys } from '../../naming.js';

/** Folders of the log bucket. */
export const logFolders = { balancer: 'balancer', releases: 'releases/' } as const;

const closed = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  removalPolicy: RemovalPolicy.RETAIN,
} as const;

/** The balancer's access logs, and who read the release bucket. */
export class LogBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { days }: { readonly days: number }) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      ...closed,
      // Written by services of AWS, which the policy below names, and not by access lists.
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      lifecycleRules: [
        { id: 'expire', expiration: Duration.days(days), abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
    });
    const { account, partition, region } = Stack.of(this);
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'BalancerWritesAccessLogs',
        principals: [new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects(`${logFolders.balancer}/AWSLogs/${account}/*`)],
        conditions: {
          ArnLike: { 'aws:SourceArn': `arn:${partition}:elasticloadbalancing:${region}:${account}:loadbalancer/*` },
        },
      }),
    );
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        sid: 'S3WritesAccessLogs',
        principals: [new ServicePrincipal('logging.s3.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects(`${logFolders.releases}*`)],
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
  }
}

/**
 * In days. Who asked for a promotion, how it went and its certificate are there for last year's audit; a job is watched
 * while it runs. Of both the operations host keeps the journals, on a file system that outlives it.
 */
const kept = { promotions: 400, jobs: 30 } as const;

/** Archives of releases, and which edition prod serves. Versioned: what is overwritten by mistake is still there. */
export class ReleaseBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { logs }: { readonly logs: Bucket }) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      ...closed,
      versioned: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      lifecycleRules: [
        {
          id: 'forget',
          noncurrentVersionExpiration: Duration.days(30),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
        // An instance that is there writes its report again every ten seconds; of what they were, nobody asks.
        {
          id: 'forget-reports',
          prefix: releaseKeys.reports,
          expiration: Duration.days(1),
          noncurrentVersionExpiration: Duration.days(1),
        },
        { id: 'forget-orders', prefix: releaseKeys.orders, noncurrentVersionExpiration: Duration.days(1) },
        ...(['promotions', 'jobs'] as const).map((what) => ({
          id: `forget-${what}`,
          prefix: operationKeys[what],
          expiration: Duration.days(kept[what]),
          noncurrentVersionExpiration: Duration.days(1),
        })),
      ],
    });
    // Not through the bucket's own property: it would write a second policy for the other one.
    const target = this.bucket.node.defaultChild as import('aws-cdk-lib/aws-s3').CfnBucket;
    target.loggingConfiguration = { destinationBucketName: logs.bucketName, logFilePrefix: logFolders.releases };
  }
}
