import { usageError } from '../../output/errors.js';
import { bucketPlace } from '../access-logs.js';
import type { Verb } from '../command.js';
import { wholeNumber } from './promote.js';

export const logs: Verb = {
  name: 'logs',
  summary: 'what servers have written: all, or those of an environment, instance or server',
  examples: [
    ['logs', 'the last lines of every log'],
    ['logs prod --follow', "prod's instances, as it comes"],
    ['logs db-1 --lines 100', 'one server'],
    ['logs control-plane', 'what was restarted, and why'],
    ['logs --access --follow', 'every request to dev and prod, as it comes'],
  ],
  declare: (command) =>
    command
      .argument('[what]', 'dev, prod, an instance such as prod-1, or a server such as db-1, haproxy-1, control-plane')
      .option('--access', "the balancer's record of requests, in the format of an AWS load balancer")
      .option(
        '--from <bucket>',
        'with --access: read s3://BUCKET/PREFIX, where load balancers of AWS put theirs',
        bucketPlace,
      )
      .option('-f, --follow', 'go on as lines come')
      .option('-n, --lines <count>', 'how many lines of each', wholeNumber, 20),
  async run({ configFile, signal }, options, [what]) {
    if (options.access) {
      if (what !== undefined) throw accessOfOne(what);
      const { showAccessLogs } = await import('../show-access-logs.js');
      const { lines, follow, from } = options;
      await showAccessLogs(configFile, { lines: Number(lines), follow: follow === true, from, signal });
      return 0;
    }
    if (options.from) throw fromOfServers();
    const { layoutFor } = await import('../../local/layout.js');
    const { logFiles } = await import('../../local/log-files.js');
    const { runAttached } = await import('../../process/run-attached.js');
    const all = await logFiles(layoutFor(configFile));
    const chosen = all.filter(
      ({ name }) => what === undefined || name === what || name.startsWith(`${what}.`) || name.startsWith(`${what}-`),
    );
    if (chosen.length === 0) {
      throw usageError({
        code: 'no-such-log',
        message: what === undefined ? 'There are no logs yet.' : `There is no log of ${JSON.stringify(what)}.`,
        remedy:
          all.length > 0
            ? `There are: ${[...new Set(all.map(({ name }) => name))].join(', ')}.`
            : 'Run `understudy up`.',
      });
    }
    signal.throwIfAborted();
    const follow = options.follow ? ['--follow=name', '--retry'] : [];
    return runAttached('tail', [...follow, '-n', String(options.lines), ...chosen.map(({ path }) => path)], {
      cwd: '/',
    });
  },
};

const accessOfOne = (what: string) =>
  usageError({
    code: 'wrong-option',
    message: `--access is about all requests, and ${JSON.stringify(what)} is one log.`,
    remedy: "Leave one of them out. An instance's own record is a log such as prod-1.access.",
  });

const fromOfServers = () =>
  usageError({
    code: 'wrong-option',
    message: '--from names a bucket of access logs, and what servers have written is not there.',
    remedy: 'Say --access as well.',
  });
