import { InvalidArgumentError, type OptionValues } from 'commander';
import type { Drill } from '../../drills/drill.js';
import type { DrillResult } from '../../drills/verdict.js';
import { refusal, usageError } from '../../output/errors.js';
import type { CommandContext, Verb } from '../command.js';
import { confirm } from '../confirm.js';
import { drillListText, resultsText } from '../text/drill-text.js';
import { wholeNumber } from './promote.js';

export const drill: Verb = {
  name: 'drill',
  summary: 'break something on purpose, under load, and see whether the promises hold',
  examples: [
    ['drill list', 'what can be broken'],
    ['drill primary-kill', 'says what it will do, asks, and does it'],
    ['drill instance-kill balancer-kill --yes', 'two of them, without asking'],
    ['drill --all --json', 'every one, for programs: an array of verdicts; exit status 1 if one broke'],
    ['drill replica-kill --seed 7 --rate 100', 'the same victim and moment again, with 100 visitors a second'],
  ],
  declare: (command) =>
    command
      .argument('[names...]', 'which drills; `list` lists them')
      .option('--all', 'every drill that can be done here')
      .option(
        '--seed <number>',
        'repeats a run: its victims, its moments (default: another one each time)',
        wholeNumber,
      )
      .option('--rate <number>', 'GETs of prod in a second', positive, 40)
      .option('--duration <seconds>', 'how long each drill is under load, at least', positive, 20)
      .option('-y, --yes', 'do not ask; nobody is asked without a terminal'),
  onAws: { instead: 'Drills break processes of this machine. docs/aws.md says what to try there by hand.' },
  async run(context, options, names) {
    const { drills } = await import('../../drills/catalogue/index.js');
    if (names[0] === 'list') {
      context.terminal.result(
        drills.map(({ name, summary }) => ({ name, summary })),
        () => drillListText(drills),
      );
      return 0;
    }
    const chosen = choose(drills, names, options.all === true);
    const results = await carryOut(context, options, chosen);
    const single = options.all !== true && names.length === 1;
    context.terminal.result(single ? results[0] : results, () => resultsText(results));
    return results.every(({ outcome }) => outcome === 'held') ? 0 : 1;
  },
};

function choose(drills: readonly Drill[], names: readonly string[], all: boolean): readonly Drill[] {
  if (all !== (names.length === 0)) {
    throw usageError({
      code: 'drill-missing',
      message: all ? '--all and names exclude each other.' : 'Which drill?',
      remedy: 'Give names, or --all; `understudy drill list` lists them.',
    });
  }
  if (all) return drills;
  return names.map((name) => {
    const found = drills.find((one) => one.name === name);
    if (found) return found;
    throw usageError({
      code: 'drill-unknown',
      message: `There is no drill ${JSON.stringify(name)}.`,
      remedy: '`understudy drill list` lists them.',
    });
  });
}

async function carryOut(
  context: CommandContext,
  options: OptionValues,
  chosen: readonly Drill[],
): Promise<readonly DrillResult[]> {
  const { terminal, configFile, signal } = context;
  const { drillGround } = await import('../drill-ground.js');
  const { runDrills } = await import('../../drills/run-drills.js');
  const { requireFit } = await import('../../drills/fit.js');
  const { layoutFor, paths } = await import('../../local/layout.js');
  const { acquireLock, lockHolder } = await import('../../state/lock.js');
  const layout = layoutFor(configFile);
  const ground = await drillGround(context);
  const { fit, unfit } = await requireFit(chosen, ground, options.all === true);
  for (const { name, why } of unfit) terminal.say(`${name} is left out: ${why}.`);
  // Like `down`, it destroys nothing: a program that cannot be asked need not say so once more.
  if (!options.yes && terminal.interactive) await agree(context, fit);
  const lock = await acquireLock(paths.drillLock(layout), { why: `drill ${fit.map(({ name }) => name).join(', ')}` });
  try {
    const promotion = await lockHolder(paths.promotionLock(layout));
    if (promotion) {
      throw refusal({
        code: 'promotion-running',
        message: `Nothing was broken, because a promotion is going on (since ${promotion.since}).`,
        remedy: 'Wait for its end.',
      });
    }
    return await runDrills(fit, ground, {
      seed: options.seed ?? Math.floor(Math.random() * 1_000_000),
      rate: options.rate,
      durationMs: options.duration * 1_000,
      folder: paths.drills(layout),
      signal,
      report: terminal.report,
      heard: (text) => {
        if (terminal.options.verbose) terminal.say(`  ${text}`);
      },
    });
  } finally {
    await lock.release();
  }
}

async function agree(context: CommandContext, chosen: readonly Drill[]): Promise<void> {
  context.terminal.say(`This breaks parts of ${context.configFile} on purpose, while load is put on it:`);
  for (const { name, summary } of chosen) context.terminal.say(`  ${name}: ${summary}`);
  context.terminal.say(
    'Visitors of prod should see nothing of it. Posts that it writes in dev are removed at the end.',
  );
  if (await confirm('Go ahead?', context.signal)) return;
  throw refusal({ code: 'declined', message: 'Nothing was broken.' });
}

function positive(text: string): number {
  const number = wholeNumber(text);
  if (number > 0) return number;
  throw new InvalidArgumentError('It must be above 0.');
}
