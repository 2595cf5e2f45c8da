import { InvalidArgumentError, type OptionValues } from 'commander';
import { refusal, usageError } from '../../output/errors.js';
import { isEmptyPlan } from '../../promotion/empty-plan.js';
import type { PromotionPlan } from '../../promotion/facts.js';
import type { PromotionResult } from '../../promotion/result.js';
import type { CommandContext, Verb } from '../command.js';
import { confirm } from '../confirm.js';
import { planText, resultText } from '../text/promotion-text.js';

export const promote: Verb = {
  name: 'promote',
  summary: "bring dev's code and content to prod",
  examples: [
    ['promote --plan', 'what would change; nothing is touched'],
    ['promote', 'show that, ask, and do it'],
    ['promote --plan-hash 3f9c21aa07b4e6d1 --yes', 'exactly what was planned, even if dev has moved on'],
    ['promote --bake 60 --yes', 'watch it for a minute before the way back is given up'],
    ['promote --hold --yes', 'keep the way back open until somebody says --continue or --abort'],
    ['promote --resume', 'go on with one that was cut off'],
    ['promote --abort', 'take back one that was cut off, or that is not final yet'],
  ],
  declare: (command) =>
    command
      .option('--plan', 'only say what would change')
      .option('--details', 'every change of the content, however many')
      .option('--freeze', 'hold requests to dev and writes to its database while its files are read')
      .option('--accept-read-only', 'although plugins need to write, which prod does not let them')
      .option('--plan-hash <hash>', 'promote exactly this plan, or nothing')
      .option('--bake <seconds>', 'how long to watch before it is final (default: from the definition)', wholeNumber)
      .option('--hold', 'watch it until somebody says --continue or --abort, for a day at most')
      .option('--continue', 'make final what is held')
      .option('--resume', 'go on with a promotion that was cut off')
      .option('--abort', 'take back a promotion that was cut off, or that is not final yet')
      .option('-y, --yes', 'do not ask'),
  async run(context, options) {
    const result = await carryOut(context, options);
    const isPlan = result.outcome === 'planned';
    context.terminal.result(isPlan ? result.plan : result, () =>
      isPlan ? planText(result, options.details === true) : resultText(result),
    );
    return options.abort && result.outcome === 'rolled-back' ? 0 : exitStatusOf(result);
  },
};

async function carryOut(context: CommandContext, options: OptionValues): Promise<PromotionResult> {
  const going = (['continue', 'resume', 'abort'] as const).find((name) => options[name]);
  if (going) {
    refuseBeside(options, going);
    if (going === 'continue') return continueHolding(context);
    return continueInterrupted(context, going);
  }
  if (options.hold && options.bake !== undefined) {
    throw usageError({ code: 'options-exclusive', message: '--hold and --bake exclude each other.' });
  }
  const { startPromotion } = await import('../start-promotion.js');
  const wanted = {
    bakeSeconds: await bakeSecondsOf(context, options.bake),
    force: false,
    details: options.details === true,
    hold: options.hold === true,
    acceptReadOnly: options.acceptReadOnly === true,
    freeze: options.freeze === true,
    ...(typeof options.planHash === 'string' ? { planHash: options.planHash } : {}),
  };
  if (options.plan) return startPromotion(context, { ...wanted, kind: 'plan' });
  if (options.yes) return startPromotion(context, { ...wanted, kind: 'promote' });
  refuseWithoutTerminal(context);
  const planned = await startPromotion(context, { ...wanted, kind: 'plan' });
  if (planned.outcome !== 'planned' || !planned.plan) return planned;
  context.terminal.say(planText(planned, options.details === true));
  // There is nothing to ask about what would be refused anyway; the promotion itself says why.
  if (!isRefused(planned.plan) && !(await confirm('Promote this?', context.signal))) {
    throw refusal({
      code: 'declined',
      message: 'Nothing was promoted.',
      remedy: 'The plan is kept: give its hash to --plan-hash.',
    });
  }
  return startPromotion(context, { ...wanted, kind: 'promote', planHash: planned.plan.hash });
}

const isRefused = (plan: PromotionPlan) =>
  isEmptyPlan(plan) || plan.problems.some(({ severity }) => severity === 'error');

/** What was asked for stands in the interrupted promotion's request, and cannot be asked for anew. */
function refuseBeside(options: OptionValues, mode: 'continue' | 'resume' | 'abort'): void {
  const others = ['continue', 'resume', 'abort', 'plan', 'planHash', 'bake', 'hold'].filter(
    (name) => name !== mode && options[name] !== undefined,
  );
  if (others.length === 0) return;
  const named = others.map((name) => `--${name.replace('planHash', 'plan-hash')}`).join(' and ');
  throw usageError({ code: 'options-exclusive', message: `--${mode} and ${named} exclude each other.` });
}

async function continueInterrupted(context: CommandContext, mode: 'resume' | 'abort'): Promise<PromotionResult> {
  const { runningPromotion, takeBackPromotion } = await import('../running-promotion.js');
  const running = mode === 'abort' ? await runningPromotion(context.configFile) : undefined;
  if (running) return takeBackPromotion(context, running);
  const { interruptedPromotion } = await import('../../promotion/history.js');
  const { layoutFor, paths } = await import('../../local/layout.js');
  const interrupted = await interruptedPromotion(paths.promotions(layoutFor(context.configFile)));
  if (!interrupted) {
    throw refusal({
      code: 'nothing-interrupted',
      message: 'No promotion was cut off after it had begun to change prod.',
      remedy: 'Run `understudy status`.',
    });
  }
  const { continuePromotion } = await import('../start-promotion.js');
  return continuePromotion(context, interrupted.id, mode);
}

/** Lets a promotion that holds in the bake go on, and watches it to its end. */
async function continueHolding(context: CommandContext): Promise<PromotionResult> {
  const { continuePromotionThatHolds, runningPromotion } = await import('../running-promotion.js');
  const running = await runningPromotion(context.configFile);
  if (running) return continuePromotionThatHolds(context, running);
  throw refusal({
    code: 'nothing-held',
    message: 'No promotion is going on, so none waits to be continued.',
    remedy: 'If it was cut off, resume it first: `understudy promote --resume`.',
  });
}

/** From the option, else from the definition as `up` has applied it. */
async function bakeSecondsOf({ configFile }: CommandContext, option: unknown): Promise<number> {
  if (typeof option === 'number') return option;
  const { layoutFor } = await import('../../local/layout.js');
  const { readSite } = await import('../../local/site/applied-site.js');
  const site = await readSite(layoutFor(configFile));
  if (!site) throw refusal({ code: 'not-up', message: 'This site has never been up.', remedy: 'Run `understudy up`.' });
  return site.promotion.bakeSeconds;
}

export function refuseWithoutTerminal({ terminal }: CommandContext): void {
  if (terminal.interactive) return;
  throw refusal({
    code: 'not-confirmed',
    message: 'Nobody can be asked here, so nothing was changed.',
    remedy: 'Give --yes to go ahead without asking.',
  });
}

export function exitStatusOf({ outcome }: PromotionResult): number {
  if (outcome === 'promoted' || outcome === 'planned') return 0;
  return outcome === 'refused' ? 3 : 1;
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
