import { Members } from '../../aws/operate/fleet/members.js';
import { lastLogLines, operationsHost } from '../../aws/operate/host-commands.js';
import { usageError } from '../../output/errors.js';
import type { EnvironmentName } from '../../site/schema.js';
import type { AwsAccess } from './aws-site-access.js';

/** Systems Manager gives back 24,000 characters, whatever was written. */
const mostLines = 200;

/**
 * The last lines that hosts have written, each behind the name of its host: of the operations host, of an environment's
 * instances, or of one of them.
 * @returns the exit status
 * @throws usage `wrong-option`, `no-such-log`
 */
export async function showAwsLogs(
  { of, clients }: AwsAccess,
  what: string | undefined,
  { lines, follow }: { readonly lines: number; readonly follow: boolean },
): Promise<number> {
  if (follow) {
    throw usageError({
      code: 'wrong-option',
      message: 'Logs of hosts in AWS cannot be followed.',
      remedy:
        'Open a session on the host: `understudy shell dev --target aws`, then `journalctl -f`. `logs --access --follow` works.',
    });
  }
  const options = { clients, siteName: of.site.name };
  const members = new Members(of.site.name, clients);
  const inGroup = async (environment: EnvironmentName) => (await members.of(environment)).map(({ id }) => id);
  const kinds: Readonly<Record<string, () => Promise<readonly string[]>>> = {
    operations: async () => [await operationsHost(options)],
    dev: () => inGroup('dev'),
    prod: () => inGroup('prod'),
  };
  const named = /^i-[0-9a-f]+$/.test(what ?? '') ? [what ?? ''] : undefined;
  const asked = Object.entries(kinds).filter(([kind]) => what === undefined || what === kind);
  const chosen = named ?? (await Promise.all(asked.map(([, find]) => find()))).flat();
  if (chosen.length === 0) throw unknown(what);
  for (const instance of chosen) {
    const text = await lastLogLines(instance, Math.min(lines, mostLines), options);
    process.stdout.write(`==> ${instance} <==\n${text.trimEnd()}\n`);
  }
  return 0;
}

const unknown = (what: string | undefined) =>
  usageError({
    code: 'no-such-log',
    message:
      what === undefined ? 'No host runs.' : `There is no log of ${JSON.stringify(what)}, or no host of it runs.`,
    remedy:
      'There are operations, dev, prod, and instances such as i-0123456789abcdef0. Logs of the databases are in CloudWatch, under /aws/rds/instance.',
  });
