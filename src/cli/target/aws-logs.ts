import { lastLogLines, operationsHost } from '../../aws/operate/host-commands.js';
import { usageError } from '../../output/errors.js';
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
  { of, clients, fleet }: AwsAccess,
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
  const instances = {
    operations: async () => [await operationsHost(options)],
    dev: async () => (await fleet.instances('dev')).map(({ id }) => id),
    prod: async () => (await fleet.instances('prod')).map(({ id }) => id),
  };
  const groups = what === undefined ? Object.values(instances) : Object.hasOwn(instances, what) ? [instances[what as keyof typeof instances]] : [];
  const chosen = /^i-[0-9a-f]+$/.test(what ?? '') ? [what as string] : (await Promise.all(groups.map((group) => group()))).flat();
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
    message: what === undefined ? 'No host runs.' : `There is no log of ${JSON.stringify(what)}, or no host of it runs.`,
    remedy:
      'There are operations, dev, prod, and instances such as i-0123456789abcdef0. Logs of the databases are in CloudWatch, under /aws/rds/instance.',
  });
