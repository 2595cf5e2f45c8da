import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { ImagebuilderClient } from '@aws-sdk/client-imagebuilder';
import { RDSClient } from '@aws-sdk/client-rds';
import { Route53Client } from '@aws-sdk/client-route-53';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { clientSettings } from './clients.js';

/** Everything that the commands ask, for the region of the definition. Making them calls nobody. */
export function makeClients(region: string) {
  // Node 20 is supported here, and the clients' versions are fixed: the warning would be no news to anybody.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const settings = clientSettings({ region });
  return {
    sts: new STSClient(settings),
    cloudFormation: new CloudFormationClient(settings),
    secrets: new SecretsManagerClient(settings),
    ssm: new SSMClient(settings),
    route53: new Route53Client(settings),
    quotas: new ServiceQuotasClient(settings),
    sns: new SNSClient(settings),
    ec2: new EC2Client(settings),
    rds: new RDSClient(settings),
    autoScaling: new AutoScalingClient(settings),
    cloudWatch: new CloudWatchClient(settings),
    balancers: new ElasticLoadBalancingV2Client(settings),
    imageBuilder: new ImagebuilderClient(settings),
  };
}
