import type { CloudWatchInventory, CloudWatchMember } from '../../../monitoring/cloudwatch.js';
import { databaseMemoryBytes } from '../../../site/aws-classes.js';
import type { AwsSite } from '../../../site/aws-site.js';
import { environmentNames } from '../../../site/schema.js';
import { primaryId, replicaIds } from '../../naming.js';
import type { DataStack } from '../data/data-stack.js';
import type { EdgeStack } from '../edge/edge-stack.js';
import type { WebStack } from '../web/web-stack.js';

export interface InventoryParts {
  readonly of: AwsSite;
  readonly data: DataStack;
  readonly edge: EdgeStack;
  readonly web: Readonly<Record<'dev' | 'prod', WebStack>>;
}

/** RDS gives out a connection for each of these bytes of memory, unless told otherwise. */
const bytesPerConnection = 12_582_880;

/** What the stacks have that alarms can be about. */
export function inventoryOf({ of, data, edge, web }: InventoryParts): CloudWatchInventory {
  const { balancer, targets } = edge.edge;
  const target = (environment: 'dev' | 'prod') => member(environment, targets[environment].attrTargetGroupFullName);
  const server = (name: string, id: string, databaseClass: string) =>
    member(name, id, {
      maxConnections: Math.floor(databaseMemoryBytes(databaseClass) / bytesPerConnection),
      allocatedBytes: of.aws.database.storageGb * 1024 ** 3,
    });
  const { primaryClass, replicaClass } = of.aws.database;
  const primary = server(primaryId, data.database.primary.ref, primaryClass);
  const replicas = replicaIds.map((id) => server(id, data.database.replicas[id].ref, replicaClass));
  return {
    site: [member(of.site.name, of.site.name)],
    loadBalancer: [member('balancer', balancer.attrLoadBalancerFullName)],
    targetGroup: environmentNames.map(target),
    devTargetGroup: [target('dev')],
    prodTargetGroup: [target('prod')],
    autoScalingGroup: environmentNames.map((environment) =>
      member(environment, web[environment].web.group.ref, {
        minInstances: of.site.environments[environment].capacity.min,
      }),
    ),
    database: [primary, ...replicas],
    primary: [primary],
    replica: replicas,
    fileSystem: [
      member('dev-files', data.files.dev.fileSystemId),
      member('media', data.files.mediaForReading.fileSystemId),
    ],
    certificate: [member('certificate', edge.certificateArn)],
  };
}

function member(name: string, value: string, facts?: Readonly<Record<string, number>>): CloudWatchMember {
  return facts ? { name, value, facts } : { name, value };
}
