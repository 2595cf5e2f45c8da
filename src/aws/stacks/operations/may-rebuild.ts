import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { replicaIds, replicasName, serverName, tags } from '../../naming.js';
import { accept } from '../accept.js';

/** The weights of the replicas, in the one name that spreads over them. */
export function maySpread(scope: Construct, siteName: string, zoneId: string): PolicyStatement[] {
  const zone = `arn:${Stack.of(scope).partition}:route53:::hostedzone/${zoneId}`;
  return [
    new PolicyStatement({ sid: 'SeeWeights', actions: ['route53:ListResourceRecordSets'], resources: [zone] }),
    new PolicyStatement({
      sid: 'SetWeights',
      actions: ['route53:ChangeResourceRecordSets'],
      resources: [zone],
      conditions: {
        'ForAllValues:StringEquals': {
          'route53:ChangeResourceRecordSetsNormalizedRecordNames': [serverName(siteName, replicasName)],
        },
      },
    }),
  ];
}

/**
 * Removing a replica of this site, and making one. The primary bears another mark, so it can be neither removed nor
 * changed by this.
 */
export function mayRebuild(scope: Construct, siteName: string): PolicyStatement[] {
  return [
    new PolicyStatement({
      sid: 'RemoveReplicas',
      actions: ['rds:ModifyDBInstance', 'rds:DeleteDBInstance'],
      resources: [rdsArn(scope, 'db')],
      conditions: {
        StringEquals: { [`aws:ResourceTag/${tags.site}`]: siteName, [`aws:ResourceTag/${tags.role}`]: [...replicaIds] },
      },
    }),
    new PolicyStatement({
      sid: 'MakeReplicas',
      actions: ['rds:CreateDBInstanceReadReplica', 'rds:AddTagsToResource'],
      resources: rebuildKinds.map((kind) => rdsArn(scope, kind)),
      conditions: {
        StringEquals: { [`aws:RequestTag/${tags.site}`]: siteName, [`aws:RequestTag/${tags.role}`]: [...replicaIds] },
      },
    }),
  ];
}

/** Servers, and what a new one is made with: parameters, subnets, options. */
const rebuildKinds = ['db', 'pg', 'subgrp', 'og'] as const;

function rdsArn(scope: Construct, kind: (typeof rebuildKinds)[number]): string {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:rds:${region}:${account}:${kind}:*`;
}

/** Why those wildcards are there. */
export function acceptRebuilding(role: Role): void {
  const { partition, region } = Stack.of(role);
  for (const kind of rebuildKinds) {
    const finding = `IAM5[Resource::arn:${partition}:rds:${region}:<AWS::AccountId>:${kind}:*]`;
    accept(role, finding, 'Conditions limit it to replicas of this site, by the tags that they have or are to have.');
  }
}
