import { usageError } from '../../output/errors.js';
import { bucketPlace } from '../access-logs.js';
import type { Verb } from '../command.js';
import { operationsOf } from '../target/operations.js';
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
  onAws: 'same',
  async run(context, options, [what]) {
    const { lines, follow, from } = options;
    const how = { lines: Number(lines), follow: follow === true };
    if (options.access) {
      if (what !== undefined) throw accessOfOne(what);
      const { showAccessLogs } = await import('../show-access-logs.js');
      await showAccessLogs(context, { ...how, from, signal: context.signal });
      return 0;
    }
    if (from) throw fromOfServers();
    return (await operationsOf(context)).showLogs(what, how);
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
