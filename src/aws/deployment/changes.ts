import { DiffMethod, StackSelectionStrategy, type Toolkit } from '@aws-cdk/toolkit-lib';

/** What a deployment would do to one resource. `replaced`: removed and made anew, with what it holds. */
export interface ResourceChange {
  readonly stack: string;
  readonly resource: string;
  readonly type: string;
  readonly change: 'made' | 'changed' | 'replaced' | 'perhaps-replaced' | 'removed';
}

export interface PlannedChanges {
  readonly resources: readonly ResourceChange[];
  /** Who may do what, and who may reach whom: as lines of a table, the heading first. */
  readonly permissions: readonly (readonly string[])[];
  readonly openings: readonly (readonly string[])[];
}

/** Types whose content is gone when they are replaced or removed. */
const holdsData = /^AWS::(RDS::DBInstance|EFS::FileSystem|S3::Bucket|SecretsManager::Secret|Route53::HostedZone)$/;

/** Those changes that somebody may regret. */
export function dangerous({ resources }: PlannedChanges): readonly ResourceChange[] {
  return resources.filter(
    ({ type, change }) => holdsData.test(type) && ['replaced', 'perhaps-replaced', 'removed'].includes(change),
  );
}

/** Compares templates with what is deployed. Changes nothing. */
export async function plannedChanges(toolkit: Toolkit, directory: string): Promise<PlannedChanges> {
  const source = await toolkit.fromAssemblyDirectory(directory);
  const diffs = await toolkit.diff(source, {
    stacks: { strategy: StackSelectionStrategy.ALL_STACKS },
    method: DiffMethod.TemplateOnly(),
  });
  return Object.entries(diffs).reduce<PlannedChanges>(
    (all, [stack, diff]) => ({
      resources: [...all.resources, ...resourcesIn(stack, diff)],
      permissions: [...all.permissions, ...diff.iamChanges.summarizeStatements().map((row) => row.map(plain))],
      openings: [...all.openings, ...diff.securityGroupChanges.summarize().map((row) => row.map(plain))],
    }),
    { resources: [], permissions: [], openings: [] },
  );
}

type Diff = Awaited<ReturnType<Toolkit['diff']>>[string];

function resourcesIn(stack: string, diff: Diff): ResourceChange[] {
  const found: ResourceChange[] = [];
  diff.resources.forEachDifference((resource, difference) => {
    const type = difference.resourceType ?? '';
    const impact = String(difference.changeImpact);
    const change = difference.isAddition
      ? 'made'
      : difference.isRemoval
        ? 'removed'
        : impact === 'WILL_REPLACE'
          ? 'replaced'
          : impact === 'MAY_REPLACE'
            ? 'perhaps-replaced'
            : 'changed';
    found.push({ stack, resource, type, change });
  });
  return found;
}

/** Without the colours that the toolkit puts into its tables. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what an escape sequence begins with
const plain = (cell: string): string => cell.replaceAll(/\u001b\[[0-9;]*m/g, '');
