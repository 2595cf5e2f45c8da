import { Option } from 'commander';
import { reportTask } from '../../output/messages.js';
import { accessLogsOf, bucketPlace } from '../access-logs.js';
import type { Verb } from '../command.js';
import { duration } from '../duration.js';
import { environmentArgument } from '../environment-argument.js';
import { type TrafficReport, trafficText } from '../text/traffic-text.js';

const hourMs = 3_600_000;

export const traffic: Verb = {
  name: 'traffic',
  summary: 'what visitors asked and got: answers, latency, the slowest and most failing pages, by edition',
  examples: [
    ['traffic', "prod's last hour"],
    ['traffic --since 15m', 'the last quarter of an hour'],
    ['traffic --from s3://my-logs --since 1d', 'from the bucket of a load balancer of AWS'],
    ['traffic dev --since 1d --json', "dev's last day, for programs"],
  ],
  declare: (command) =>
    command
      .argument('[environment]', 'prod or dev (default: prod)')
      .addOption(
        new Option('--since <time>', 'how far back: 90s, 15m, 1h, 7d').argParser(duration).default(hourMs, '1h'),
      )
      .option('--from <bucket>', 'read s3://BUCKET/PREFIX, where load balancers of AWS put theirs', bucketPlace),
  onAws: 'same',
  async run(context, options, [name = 'prod']) {
    const { terminal, signal } = context;
    // Histograms are a lot to load, for this verb alone.
    const { summaryOf } = await import('../../access-log/summary-of.js');
    const environment = environmentArgument(name);
    const { site, logs, domains } = await accessLogsOf(context, options.from);
    const until = Date.now();
    const since = until - Number(options.since);
    const summary = await reportTask(terminal.report, 'traffic', 'Access logs', () =>
      summaryOf(logs, {
        since,
        until,
        domain: domains[environment],
        signal,
        read: (done) => terminal.report({ kind: 'progress', task: 'traffic', done, unit: 'lines' }),
      }),
    );
    const report: TrafficReport = {
      site: site.name,
      environment,
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
      ...summary,
    };
    terminal.result(report, () => trafficText(report));
    return 0;
  },
};
