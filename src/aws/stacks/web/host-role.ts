import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { EnvironmentName } from '../../../site/schema.js';
import { ordersKey } from '../../fleet/orders.js';
import { reportsBelow } from '../../fleet/reports.js';
import { releaseBucketExport } from '../../naming.js';
import { accept } from '../accept.js';
import type { FileAccess } from '../data/file-systems.js';

/** What every host of the platform may do: be reached through Session Manager. It needs no secret and no open port. */
export function hostRole(scope: Construct, id: string, description: string, statements: PolicyStatement[]): Role {
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    description,
    inlinePolicies: {
      host: new PolicyDocument({ statements: [...sessionManager(), ...statements] }),
    },
  });
  accept(role, 'IAM5[Resource::*]', 'Session Manager, and lists of what runs, which AWS does not limit to a resource.');
  return role;
}

/** Everything below these keys of the release bucket. */
export function belowKeys(role: Role, siteName: string, keys: readonly string[]): void {
  for (const key of keys) {
    const finding = `IAM5[Resource::${releaseBucketExport(siteName)}/${key}*]`;
    accept(role, finding, 'Releases, editions and reports are many objects below one key each.');
  }
}

/**
 * What the agent of Systems Manager calls, and no more: AWS's managed policy for it would also let a host read every
 * parameter of the account. None of these calls can be limited to a resource.
 */
function sessionManager(): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'SessionManager',
      actions: [
        'ssm:UpdateInstanceInformation',
        'ssmmessages:CreateControlChannel',
        'ssmmessages:CreateDataChannel',
        'ssmmessages:OpenControlChannel',
        'ssmmessages:OpenDataChannel',
        'ec2messages:AcknowledgeMessage',
        'ec2messages:DeleteMessage',
        'ec2messages:FailMessage',
        'ec2messages:GetEndpoint',
        'ec2messages:GetMessages',
        'ec2messages:SendReply',
      ],
      resources: ['*'],
    }),
  ];
}

/**
 * What an instance's agent does in the release bucket: it reads what the operations host wants of its environment, and
 * writes what it serves. Whoever may not list a bucket is told of an object that is not there that it may not read it.
 */
export function mayObey(bucketArn: string, environment: EnvironmentName): PolicyStatement[] {
  return [
    new PolicyStatement({ sid: 'TellMissingFromForbidden', actions: ['s3:ListBucket'], resources: [bucketArn] }),
    new PolicyStatement({
      sid: 'ReadOrders',
      actions: ['s3:GetObject'],
      resources: [`${bucketArn}/${ordersKey(environment)}`],
    }),
    new PolicyStatement({
      sid: 'ReportWhatIsServed',
      actions: ['s3:PutObject'],
      resources: [`${bucketArn}/${reportsBelow(environment)}*`],
    }),
  ];
}

/** Mounting through one access point; without `write` the file system refuses to change anything. */
export function mayMount(access: FileAccess, write: boolean): PolicyStatement {
  return new PolicyStatement({
    actions: ['elasticfilesystem:ClientMount', ...(write ? ['elasticfilesystem:ClientWrite'] : [])],
    resources: [access.fileSystemArn],
    conditions: { StringEquals: { 'elasticfilesystem:AccessPointArn': access.accessPointArn } },
  });
}

export function mayRead(secrets: readonly { readonly secretArn: string }[]): PolicyStatement {
  return new PolicyStatement({
    actions: ['secretsmanager:GetSecretValue'],
    resources: secrets.map(({ secretArn }) => secretArn),
  });
}
