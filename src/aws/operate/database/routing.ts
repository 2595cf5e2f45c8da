import {
  ChangeResourceRecordSetsCommand,
  ListHostedZonesByNameCommand,
  type ListHostedZonesByNameCommandOutput,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandOutput,
  type ResourceRecordSet,
} from '@aws-sdk/client-route-53';
import { UnderstudyError } from '../../../output/errors.js';
import type { ServerId } from '../../../platform/edition.js';
import type { Routing } from '../../../platform/fleet.js';
import { call } from '../../call.js';
import type { Caller } from '../../deployment/clients.js';
import { privateZoneName, replicasName, serverName } from '../../naming.js';

/**
 * The weighted records of the private zone, which spread clients over the replicas. Editions name their replicas
 * themselves: no switch and no rollback waits for a name. A resolver may keep an answer for ten seconds, and a change
 * takes up to a minute to reach all of Route 53's servers, which is not waited for.
 */
export function route53Routing(route53: Caller, siteName: string): Routing {
  const name = `${serverName(siteName, replicasName)}.`;
  let zone: Promise<string> | undefined;
  const zoneId = () => {
    zone ??= privateZoneId(route53, siteName);
    zone.catch(() => {
      zone = undefined;
    });
    return zone;
  };
  const records = async (): Promise<ReadonlyMap<ServerId, ResourceRecordSet>> => {
    const { ResourceRecordSets = [] } = await call<ListResourceRecordSetsCommandOutput>(
      route53,
      'route53:ListResourceRecordSets',
      new ListResourceRecordSetsCommand({
        HostedZoneId: await zoneId(),
        StartRecordName: name,
        StartRecordType: 'CNAME',
      }),
    );
    // The list goes on with names that come after.
    const ours = ResourceRecordSets.filter((one) => one.Name === name && one.SetIdentifier !== undefined);
    return new Map(ours.map((one) => [one.SetIdentifier ?? '', one]));
  };
  return {
    weights: async () => Object.fromEntries([...(await records())].map(([id, { Weight }]) => [id, Weight ?? 0])),
    setWeight: async (replica, weight) => {
      const record = (await records()).get(replica);
      if (!record) throw noRecord(replica, name);
      if (record.Weight === weight) return;
      // All else as it stands there: the address and the health check are CloudFormation's.
      const Changes = [{ Action: 'UPSERT' as const, ResourceRecordSet: { ...record, Weight: weight } }];
      await call(
        route53,
        'route53:ChangeResourceRecordSets',
        new ChangeResourceRecordSetsCommand({ HostedZoneId: await zoneId(), ChangeBatch: { Changes } }),
      );
    },
  };
}

async function privateZoneId(route53: Caller, siteName: string): Promise<string> {
  const name = `${privateZoneName(siteName)}.`;
  const { HostedZones = [] } = await call<ListHostedZonesByNameCommandOutput>(
    route53,
    'route53:ListHostedZonesByName',
    new ListHostedZonesByNameCommand({ DNSName: name }),
  );
  const found = HostedZones.find((zone) => zone.Name === name && zone.Config?.PrivateZone === true);
  if (found?.Id) return found.Id;
  throw new UnderstudyError({
    code: 'no-private-zone',
    message: `Route 53 has no private zone ${name}`,
    remedy: '`understudy aws deploy` makes it.',
  });
}

const noRecord = (replica: ServerId, name: string) =>
  new UnderstudyError({
    code: 'no-such-server',
    message: `The name ${name} has no weighted record for ${replica}.`,
    remedy: '`understudy aws deploy` makes it.',
  });
