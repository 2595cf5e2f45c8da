import type { InstanceId } from '../../../platform/edition.js';
import type { Fleet, Instance } from '../../../platform/fleet.js';
import type { EnvironmentName } from '../../../site/schema.js';
import { ports } from '../../naming.js';
import type { Bucket } from '../bucket.js';
import type { Canary } from './canary.js';
import { Dispatch } from './dispatch.js';
import { type DevJobs, holdDev } from './hold-dev.js';
import { type Member, type Members, stateOf } from './members.js';

export interface AwsFleetOptions {
  /** Of releases. */
  readonly bucket: Bucket;
  readonly members: Pick<Members, 'of'>;
  readonly canary: Canary;
  /** Dev's scheduled jobs, which run on this host. */
  readonly jobs: DevJobs;
  /** Default: 4,000. Until then every instance has to have read an order, and be waiting for the moment. */
  readonly switchLeadMs?: number;
}

/** The fleet, and what its instances say of themselves. */
export interface AwsFleet extends Fleet {
  readonly dispatch: Readonly<Record<EnvironmentName, Dispatch>>;
}

/** Instances are told of an edition by its number and release: they fetch it themselves, which takes a while. */
const minutes = 60_000;
const quickMs = 30_000;

/** The web instances in AWS, for a process on the operations host. */
export function awsFleet(options: AwsFleetOptions): AwsFleet {
  const { bucket, members, canary, jobs, switchLeadMs = 4_000 } = options;
  const present = async (environment: EnvironmentName) => new Set((await members.of(environment)).map(({ id }) => id));
  const dispatchOf = (environment: EnvironmentName) =>
    new Dispatch({ bucket, environment, present: () => present(environment) });
  const dispatch = { dev: dispatchOf('dev'), prod: dispatchOf('prod') };
  const { prod } = dispatch;
  const isCanary = (id: InstanceId) => id === canary.id;

  const instances = async (environment: EnvironmentName): Promise<readonly Instance[]> => {
    const all = await members.of(environment);
    const described = await Promise.all(all.map((member) => describe(dispatch[environment], environment, member)));
    return described.filter((one) => one !== undefined);
  };

  return {
    dispatch,
    instances,
    async prepare(id, edition, signal) {
      if (isCanary(id)) return canary.editions.prepare(edition, signal);
      await prod.give([id], { do: 'prepare', edition }, { deadlineMs: 5 * minutes, signal });
    },
    configuration: () => canary.configuration(),
    async revise(id, edition) {
      if (isCanary(id)) return canary.editions.revise(edition);
      await prod.give([id], { do: 'revise', edition }, { deadlineMs: quickMs });
    },
    async switch(ids, edition) {
      if (ids.some(isCanary)) await canary.editions.switch(edition, 0);
      const others = ids.filter((id) => !isCanary(id));
      const at = others.length > 1 ? Date.now() + switchLeadMs : 0;
      const answers = await prod.give(others, { do: 'switch', edition, at }, { deadlineMs: switchLeadMs + quickMs });
      const times = [...answers.values()].map(({ switchedAt }) => switchedAt);
      return { spreadMs: times.length > 0 ? Math.max(...times) - Math.min(...times) : 0 };
    },
    async verify(id, edition, signal) {
      if (isCanary(id)) return canary.editions.verify(edition, signal);
      const answers = await prod.give([id], { do: 'verify', edition }, { deadlineMs: 5 * minutes, signal });
      return answers.get(id)?.manifestHash ?? `no files: ${id} is gone`;
    },
    async leftovers(edition) {
      const reports = await Promise.all((await instances('prod')).map(({ id }) => prod.report(id)));
      const found = reports.flatMap((report) =>
        (report?.editions ?? [])
          .filter((name) => name !== String(edition))
          .map(
            (name) =>
              `${report?.instance} has ${/^\d+$/.test(name) ? 'edition' : 'a remainder of an edition,'} ${name}`,
          ),
      );
      return [...found, ...((await canary.isThere()) ? ['the canary has not been dismissed'] : [])];
    },
    async prune(id, keep) {
      if (isCanary(id)) return canary.editions.prune(keep);
      await prod.give([id], { do: 'prune', keep: [...keep] }, { deadlineMs: 2 * minutes });
    },
    async refresh(id) {
      await prod.give([id], { do: 'refresh' }, { deadlineMs: minutes });
    },
    holdDev: async (forMs, signal) => {
      // Also one that has said nothing yet: it gets requests, and is waited for.
      const ids = (await members.of('dev')).filter(({ lifecycle }) => lifecycle === 'InService').map(({ id }) => id);
      return holdDev({ dispatch: dispatch.dev, instances: ids, jobs }, forMs, signal);
    },
    bootCanary: () => canary.boot(),
    dismissCanary: () => canary.dismiss(),
  };
}

/** @returns undefined for one that has not said anything yet: it boots, and goes to what is recorded by itself */
async function describe(
  dispatch: Dispatch,
  environment: EnvironmentName,
  member: Member,
): Promise<Instance | undefined> {
  const report = await dispatch.report(member.id);
  if (!report || member.address === undefined) return undefined;
  return {
    id: member.id,
    environment,
    zone: member.zone,
    state: stateOf(member, report.at, Date.now()),
    edition: report.current || undefined,
    origin: `http://${member.address}:${ports.web}`,
    previewOrigin: `http://${member.address}:${ports.preview}`,
  };
}
