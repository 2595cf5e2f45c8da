import { InvalidArgumentError, type OptionValues } from 'commander';
import { refusal, usageError } from '../../output/errors.js';
import { isEmptyPlan } from '../../promotion/empty-plan.js';
import type { PromotionPlan } from '../../promotion/facts.js';
import type { PromotionResult } from '../../promotion/result.js';
import type { CommandContext, Verb } from '../command.js';
import { confirm } from '../confirm.js';
import { type Operations, operationsOf, type Promotions } from '../target/operations.js';
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
  onAws: 'same',
  async run(context, options) {
    const operations = await operationsOf(context);
    const result = await carryOut(context, operations, options);
    const isPlan = result.outcome === 'planned';
    context.terminal.result(isPlan ? result.plan : result, () =>
      isPlan ? planText(result, options.details === true) : resultText(result),
    );
    return options.abort && result.outcome === 'rolled-back' ? 0 : exitStatusOf(result);
  },
};

async function carryOut(
  context: CommandContext,
  { promotions, site }: Operations,
  options: OptionValues,
): Promise<PromotionResult> {
  const going = (['continue', 'resume', 'abort'] as const).find((name) => options[name]);
  if (going) {
    refuseBeside(options, going);
    if (going === 'continue') return continueHolding(promotions);
    return continueInterrupted(promotions, going);
  }
  if (options.hold && options.bake !== undefined) {
    throw usageError({ code: 'options-exclusive', message: '--hold and --bake exclude each other.' });
  }
  const wanted = {
    bakeSeconds: await bakeSecondsOf(site, options.bake),
    force: false,
    details: options.details === true,
    hold: options.hold === true,
    acceptReadOnly: options.acceptReadOnly === true,
    freeze: options.freeze === true,
    ...(typeof options.planHash === 'string' ? { planHash: options.planHash } : {}),
  };
  if (options.plan) return promotions.start({ ...wanted, kind: 'plan' });
  if (options.yes) return promotions.start({ ...wanted, kind: 'promote' });
  refuseWithoutTerminal(context);
  const planned = await promotions.start({ ...wanted, kind: 'plan' });
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
  return promotions.start({ ...wanted, kind: 'promote', planHash: planned.plan.hash });
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

async function continueInterrupted(promotions: Promotions, mode: 'resume' | 'abort'): Promise<PromotionResult> {
  const running = mode === 'abort' ? await promotions.running() : undefined;
  if (running) return promotions.takeBack(running);
  const interrupted = await promotions.interrupted();
  if (interrupted !== undefined) return promotions.goOn(interrupted, mode);
  throw refusal({
    code: 'nothing-interrupted',
    message: 'No promotion was cut off after it had begun to change prod.',
    remedy: 'Run `understudy status`.',
  });
}

/** Lets a promotion that holds in the bake go on, and watches it to its end. */
async function continueHolding(promotions: Promotions): Promise<PromotionResult> {
  const running = await promotions.running();
  if (running) return promotions.letGoOn(running);
  throw refusal({
    code: 'nothing-held',
    message: 'No promotion is going on, so none waits to be continued.',
    remedy: 'If it was cut off, resume it first: `understudy promote --resume`.',
  });
}

/** From the option, else from the definition as it was last applied. */
async function bakeSecondsOf(site: Operations['site'], option: unknown): Promise<number> {
  return typeof option === 'number' ? option : (await site()).promotion.bakeSeconds;
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
