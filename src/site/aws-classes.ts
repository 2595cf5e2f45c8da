/**
 * Which instance classes are known. A class that AWS does not have is found here in a second instead of after twenty
 * minutes of deployment. From the tables of supported engines in the RDS user guide and of EC2 instance types.
 */

const databaseFamilies: Readonly<Record<string, readonly string[]>> = {
  t3: ['micro', 'small', 'medium', 'large', 'xlarge', '2xlarge'],
  t4g: ['micro', 'small', 'medium', 'large', 'xlarge', '2xlarge'],
  ...families(
    ['m5', 'm5d', 'r5', 'r5b', 'r5d'],
    ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '12xlarge', '16xlarge', '24xlarge'],
  ),
  ...families(
    ['m6g', 'm6gd', 'm7g', 'r6g', 'r6gd', 'r7g', 'x2g'],
    ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '12xlarge', '16xlarge'],
  ),
  ...families(
    ['m6i', 'm6id', 'm7i', 'r6i', 'r6id', 'r7i'],
    ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '12xlarge', '16xlarge', '24xlarge', '32xlarge'],
  ),
  ...families(
    ['m8g', 'r8g'],
    ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '12xlarge', '16xlarge', '24xlarge', '48xlarge'],
  ),
};

function families(names: readonly string[], sizes: readonly string[]): Record<string, readonly string[]> {
  return Object.fromEntries(names.map((name) => [name, sizes]));
}

/** What is wrong with an RDS instance class for MySQL 8.4; undefined if nothing is. Completes "it …". */
export function databaseClassProblem(value: string): string | undefined {
  const [, family, size] = /^db\.([a-z0-9-]+)\.([a-z0-9]+)$/.exec(value) ?? [];
  if (family === undefined || size === undefined) return 'must be an RDS instance class such as db.m7g.large';
  const sizes = databaseFamilies[family];
  if (!sizes) {
    return `must be a class that RDS for MySQL 8.4 runs on: db. and ${Object.keys(databaseFamilies).join(', ')}`;
  }
  return sizes.includes(size) ? undefined : `must be one of the sizes of db.${family}: ${sizes.join(', ')}`;
}

export type Architecture = 'arm64' | 'x86_64';

/** The processor of an EC2 instance type: families with a g behind their number are Graviton. */
export function architectureOf(instanceType: string): Architecture {
  return /^[a-z]+\d+g[a-z]*\./.test(instanceType) || instanceType.startsWith('a1.') ? 'arm64' : 'x86_64';
}

/** What is wrong with an EC2 instance type for a web instance; undefined if nothing is. Completes "it …". */
export function instanceTypeProblem(value: string): string | undefined {
  const known =
    /^(t3a?|t4g|[mcr][5-8](g|gd|gn|i|id|a|ad|n|flex|i-flex)?)\.(nano|micro|small|medium|large|\d{0,2}xlarge)$/;
  if (!known.test(value)) {
    return 'must be an EC2 instance type of the families t3, t4g, m, c or r with a generation from 5 to 8, such as t4g.medium';
  }
  return /\.(nano|micro)$/.test(value) ? 'must have at least 2 GB of memory: .small or larger' : undefined;
}

/** Memory of a size in GB for each family letter, by the numbers of AWS's tables: it doubles with the size. */
const smallSizes: Readonly<Record<string, number>> = { micro: 1, small: 2, medium: 4 };
const largeGb: Readonly<Record<string, number>> = { t: 8, m: 8, r: 16, x: 32 };

/** How much memory an RDS instance class has, in bytes. */
export function databaseMemoryBytes(databaseClass: string): number {
  const [, family = 'm', size = 'large'] = /^db\.([a-z])[a-z0-9]*\.([a-z0-9]+)$/.exec(databaseClass) ?? [];
  const large = largeGb[family] ?? 8;
  const times = size === 'large' ? 1 : size === 'xlarge' ? 2 : 2 * Number.parseInt(size, 10);
  return (smallSizes[size] ?? large * times) * 1024 ** 3;
}
