import { type Architecture, architectureOf } from './aws-classes.js';
import { definitionError, fieldName, type Problem } from './explain.js';
import { type EnvironmentName, environmentNames, type Site } from './schema.js';

type AwsFields = Site['aws'];

/** A site of which everything is said that the platform in AWS needs. */
export interface AwsSite {
  readonly site: Site;
  readonly aws: AwsFields;
  readonly account: string;
  readonly region: string;
  /** Availability zones, in the order of the site's zones; at least two. */
  readonly zones: readonly string[];
  readonly domains: Readonly<Record<EnvironmentName, string>>;
  readonly hostedZone: { readonly name: string; readonly id: string | undefined };
  /** Networks that may open dev; empty if people sign in instead. */
  readonly devAllow: readonly string[];
  /** Of all instances: there is one image. */
  readonly architecture: Architecture;
}

/**
 * What the AWS platform needs of a definition, beyond its being valid.
 * @throws code `definition-invalid` (usage), naming every field that is missing or does not fit
 */
export function awsSite(site: Site): AwsSite {
  const { aws } = site;
  const problems: Problem[] = [];
  const tell = (path: PropertyKey[], text: string) => problems.push({ field: fieldName(['aws', ...path]), text });
  const needed = (path: string[], value: string | undefined, what: string): string => {
    if (value === undefined) tell(path, `is missing; it must be ${what}`);
    return value ?? '';
  };
  const complete: AwsSite = {
    site,
    aws,
    account: needed(['account'], aws.account, 'the account to deploy to: twelve digits'),
    region: needed(['region'], aws.region, 'the region to deploy to, such as eu-central-1'),
    zones: aws.zones ?? site.zones.map((letter) => `${aws.region}${letter}`),
    domains: {
      dev: aws.domains.dev ?? site.environments.dev.domain,
      prod: aws.domains.prod ?? site.environments.prod.domain,
    },
    hostedZone: {
      name: needed(
        ['hostedZone', 'name'],
        aws.hostedZone.name,
        'the public zone of the host names, such as example.com',
      ),
      id: aws.hostedZone.id,
    },
    devAllow: aws.devAccess.allow ?? [],
    architecture: architectureOf(aws.instances.prod),
  };
  checkZones(complete, tell);
  checkNames(complete, tell);
  checkDevAccess(complete, tell);
  checkArchitecture(complete, tell);
  checkStorage(complete, tell);
  if (problems.length > 0) throw definitionError(problems);
  return complete;
}

type Tell = (path: PropertyKey[], text: string) => void;

function checkZones({ site, aws, region, zones }: AwsSite, tell: Tell): void {
  if (zones.length < 2) {
    tell(
      ['zones'],
      'has one zone (zones names only one); it must have two or three: with one there is nothing to fail over to',
    );
  }
  if (new Set(zones).size < zones.length) tell(['zones'], 'names a zone twice; it must name each once');
  if (aws.zones && aws.zones.length !== site.zones.length) {
    tell(
      ['zones'],
      `has ${aws.zones.length} zones, and the site's zones are ${site.zones.length}; it must have as many`,
    );
  }
  for (const zone of zones) {
    if (region && zone.slice(0, -1) !== region) {
      tell(['zones'], `names ${JSON.stringify(zone)}; it must be of the region ${region}`);
    }
  }
  const { vpc } = aws.network;
  if (vpc === 'own') return;
  for (const list of ['publicSubnets', 'webSubnets', 'operationsSubnets', 'dataSubnets'] as const) {
    if (vpc[list].length === zones.length) continue;
    tell(
      ['network', 'vpc', list],
      `has ${vpc[list].length} entries; it must have one for each of the ${zones.length} zones`,
    );
  }
}

function checkNames({ domains, hostedZone }: AwsSite, tell: Tell): void {
  if (domains.dev === domains.prod) tell(['domains', 'prod'], 'is the name that dev has; each must have its own');
  for (const name of environmentNames) {
    const domain = domains[name];
    if (!hostedZone.name || domain === hostedZone.name || domain.endsWith(`.${hostedZone.name}`)) continue;
    tell(['domains', name], `is ${JSON.stringify(domain)}; it must lie in the hosted zone ${hostedZone.name}`);
  }
}

function checkDevAccess({ aws, devAllow }: AwsSite, tell: Tell): void {
  if (aws.devAccess.oidc === 'none' && devAllow.length === 0) {
    tell(
      ['devAccess', 'allow'],
      'is empty and devAccess.oidc is none; dev must not be open to the world: give one of them',
    );
  }
}

/** One image serves all instances. */
function checkArchitecture({ aws, architecture }: AwsSite, tell: Tell): void {
  for (const role of ['dev', 'operations'] as const) {
    const type = aws.instances[role];
    if (architectureOf(type) === architecture) continue;
    tell(
      ['instances', role],
      `is ${JSON.stringify(type)}; it must have the processor of instances.prod (${architecture}): there is one image`,
    );
  }
}

function checkStorage({ aws: { database } }: AwsSite, tell: Tell): void {
  // RDS asks for a tenth above what is allocated.
  if (database.maxStorageGb < Math.ceil(database.storageGb * 1.1)) {
    tell(
      ['database', 'maxStorageGb'],
      `is ${database.maxStorageGb}; it must be at least a tenth more than storageGb, which is ${database.storageGb}`,
    );
  }
}
