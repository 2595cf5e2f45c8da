import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Fleet } from '../../../platform/fleet.js';
import type { Traffic } from '../../../platform/traffic.js';
import { clientSettings } from '../../deployment/clients.js';
import { awsFleet } from './aws-fleet.js';
import { type CanaryOnHostOptions, canaryOnHost } from './canary-on-host.js';
import { devJobs } from './hold-dev.js';
import { Members } from './members.js';
import { awsTraffic } from './traffic.js';

/** What `instance/aws/units/understudy-cron.service` looks at. */
const jobsHeld = '/run/understudy/jobs-held';

/** Fleet and traffic of a site for a process on its operations host: with this host's role, in the site's region. */
export async function openFleet(
  options: CanaryOnHostOptions,
): Promise<{ readonly fleet: Fleet; readonly traffic: Traffic }> {
  const { of, bucket } = options;
  const settings = clientSettings(of);
  const balancers = new ElasticLoadBalancingV2Client(settings);
  const autoScaling = new AutoScalingClient(settings);
  const members = new Members(of.site.name, { autoScaling, balancers, ec2: new EC2Client(settings) });
  const fleet = awsFleet({ bucket, members, canary: await canaryOnHost(options), jobs: devJobs(jobsHeld) });
  const cloudWatch = new CloudWatchClient(settings);
  return { fleet, traffic: awsTraffic({ fleet, members, clients: { balancers, cloudWatch } }) };
}
