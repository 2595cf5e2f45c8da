import type { AwsSite } from '../../site/aws-site.js';
import { alarmName, operateDocumentName, settingsSecretName, sharedKeys, stackName, tags } from '../naming.js';

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: object;
}

/**
 * What a person or a pipeline needs to work with a deployed site: to deploy it, look at it, get a shell on the
 * operations host. Stacks are changed by the roles that `aws bootstrap` made, which these statements let one take;
 * making those needs an administrator, once for each account and region.
 */
export function operatorPolicy(of: AwsSite): { readonly Version: string; readonly Statement: readonly Statement[] } {
  const { account, region, site } = of;
  const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`;
  const ofSite = { StringEquals: { [`aws:ResourceTag/${tags.site}`]: site.name } };
  const statement = (
    Sid: string,
    Action: readonly string[],
    Resource: readonly string[],
    Condition?: object,
  ): Statement => ({
    Sid,
    Effect: 'Allow',
    Action,
    Resource,
    ...(Condition ? { Condition } : {}),
  });
  return {
    Version: '2012-10-17',
    Statement: [
      statement(
        'TakeTheRolesOfTheBootstrap',
        ['sts:AssumeRole'],
        [`arn:aws:iam::${account}:role/cdk-hnb659fds-*-${account}-${region}`],
      ),
      statement('SeeTheBootstrap', ['ssm:GetParameter'], [arn('ssm', 'parameter/cdk-bootstrap/hnb659fds/version')]),
      statement(
        'SeeStacks',
        [
          'cloudformation:DescribeStacks',
          'cloudformation:DescribeStackEvents',
          'cloudformation:ListStackResources',
          'cloudformation:GetTemplate',
          'cloudformation:UpdateTerminationProtection',
        ],
        [arn('cloudformation', `stack/${stackName(site.name, 'network').replace(/network$/, '*')}/*`)],
      ),
      statement(
        'SeeThePlatform',
        [
          'autoscaling:Describe*',
          'cloudwatch:DescribeAlarms',
          'cloudwatch:GetMetricData',
          'ec2:DescribeImages',
          'ec2:DescribeInstances',
          'elasticloadbalancing:Describe*',
          'rds:DescribeDBInstances',
          'rds:DescribeEvents',
          'route53:GetHostedZone',
          'route53:ListHostedZonesByName',
          'route53:ListResourceRecordSets',
          'servicequotas:GetServiceQuota',
          'sns:GetSMSSandboxAccountStatus',
          'sns:ListSubscriptionsByTopic',
          'sts:GetCallerIdentity',
        ],
        ['*'],
      ),
      statement(
        'PutSettings',
        ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
        (['dev', 'prod'] as const).map((environment) =>
          arn('secretsmanager', `secret:${settingsSecretName(site.name, environment)}-*`),
        ),
      ),
      statement(
        'BuildTheImage',
        ['imagebuilder:StartImagePipelineExecution', 'imagebuilder:GetImage'],
        [
          arn('imagebuilder', `image-pipeline/${stackName(site.name, 'image')}`),
          arn('imagebuilder', `image/${stackName(site.name, 'image')}/*`),
        ],
      ),
      statement(
        'ShellOnTheOperationsHost',
        ['ssm:StartSession', 'ssm:SendCommand'],
        [arn('ec2', 'instance/*')],
        ofSite,
      ),
      statement('WhatASessionRuns', ['ssm:StartSession'], [arn('ssm', 'document/SSM-SessionManagerRunShell')]),
      statement('WhatACommandRuns', ['ssm:SendCommand'], [arn('ssm', `document/${operateDocumentName(site.name)}`)]),
      statement('HowACommandWent', ['ssm:GetCommandInvocation'], ['*']),
      statement(
        'EndOwnSessions',
        ['ssm:TerminateSession', 'ssm:ResumeSession'],
        [arn('ssm', 'session/$' + '{aws:username}-*')],
      ),
      statement(
        'RemoveTheSite',
        ['elasticloadbalancing:ModifyLoadBalancerAttributes', 'rds:ModifyDBInstance'],
        [arn('elasticloadbalancing', 'loadbalancer/app/*'), arn('rds', 'db:*')],
        ofSite,
      ),
      statement(
        'ReadReleases',
        ['s3:ListBucket', 's3:GetObject'],
        [`arn:aws:s3:::${stackName(site.name, 'data')}-*`, `arn:aws:s3:::${stackName(site.name, 'data')}-*/*`],
      ),
      statement(
        'AskForPromotions',
        ['s3:PutObject', 's3:DeleteObject'],
        sharedKeys.map((key) => `arn:aws:s3:::${stackName(site.name, 'data')}-*/${key}*`),
      ),
      statement(
        'SilenceAlarms',
        ['cloudwatch:EnableAlarmActions', 'cloudwatch:DisableAlarmActions'],
        [arn('cloudwatch', `alarm:${alarmName(site.name, '*')}`)],
      ),
    ],
  };
}
