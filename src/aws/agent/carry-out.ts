import { join } from 'node:path';
import { askedInSpan } from '../../access-log/instance-log.js';
import { refusal } from '../../output/errors.js';
import type { Edition } from '../../platform/edition.js';
import type { Task } from '../fleet/orders.js';
import type { EditionsOnHost } from './editions-on-host.js';
import type { DevHold } from './hold.js';
import type { InstanceLogs } from './instance-logs.js';
import type { Servers } from './servers.js';

/** Without what only the class itself sees. */
export type Editions = Pick<EditionsOnHost, keyof EditionsOnHost>;

/** What an instance can do. Of prod: editions. Of dev: be held. */
export interface InstanceParts {
  readonly root: string;
  readonly servers: Pick<Servers, keyof Servers>;
  readonly logs: Pick<InstanceLogs, 'keepSmall'>;
  readonly editions: Editions | undefined;
  readonly hold: Pick<DevHold, keyof DevHold> | undefined;
  /** What prod is to serve, as it is recorded. */
  readonly currentEdition: () => Promise<Edition | undefined>;
}

/**
 * Does what an order says.
 * @returns the result of this task, as `resultSchemas` has it
 * @throws what the release agent says; refusals `order-outdated`, `order-misplaced`
 */
export async function carryOut(task: Task, parts: InstanceParts, signal: AbortSignal): Promise<object> {
  const { servers, root } = parts;
  switch (task.do) {
    case 'refresh':
      await servers.refresh(signal);
      return {};
    case 'span':
      return askedInSpan(join(root, 'logs', 'access.log'), task.from, task.until);
    case 'hold':
      await must(parts.hold).hold(task.until, signal);
      return {};
    case 'release':
      await must(parts.hold).release();
      return {};
    default:
      return changeEditions(task, must(parts.editions), parts, signal);
  }
}

type EditionTask = Extract<Task, { readonly do: 'prepare' | 'revise' | 'switch' | 'prune' | 'verify' }>;

async function changeEditions(
  task: EditionTask,
  editions: Editions,
  { currentEdition }: Pick<InstanceParts, 'currentEdition'>,
  signal: AbortSignal,
): Promise<object> {
  switch (task.do) {
    case 'prepare':
      await editions.prepare(task.edition, signal);
      return {};
    case 'revise':
      await editions.revise(task.edition);
      return {};
    case 'switch':
      await requireCurrent(task.edition, currentEdition);
      return { switchedAt: await editions.switch(task.edition, task.at) };
    case 'prune':
      await editions.prune(task.keep);
      return {};
    case 'verify':
      return { manifestHash: await editions.verify(task.edition, signal) };
  }
}

/** Visitors never get what is not recorded: the order may be of a promotion that has been taken back since. */
async function requireCurrent(edition: number, currentEdition: InstanceParts['currentEdition']): Promise<void> {
  const recorded = (await currentEdition())?.id ?? 0;
  if (recorded === edition) return;
  throw refusal({
    code: 'order-outdated',
    message: `Edition ${edition} is not the one that prod is to serve, which is ${recorded || 'none'}.`,
  });
}

function must<T>(part: T | undefined): T {
  if (part !== undefined) return part;
  throw refusal({ code: 'order-misplaced', message: 'This order is for instances of the other environment.' });
}
