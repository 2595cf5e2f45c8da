import type { Report } from '../../output/messages.js';

/** What a toolkit of AWS tells while it works, as far as it is read here. */
export interface ToolkitMessage {
  readonly code?: string;
  readonly level: string;
  readonly message: string;
  readonly data?: unknown;
}

export interface FailedResource {
  readonly stack: string;
  readonly resource: string;
  readonly type: string;
  readonly reason: string;
}

interface StackEvent {
  readonly StackName?: string;
  readonly LogicalResourceId?: string;
  readonly ResourceType?: string;
  readonly ResourceStatus?: string;
  readonly ResourceStatusReason?: string;
}

interface Activity {
  readonly event: StackEvent;
  readonly progress: { readonly completed: number; readonly total?: number };
}

const codes = { begins: 'CDK_TOOLKIT_I5501', happens: 'CDK_TOOLKIT_I5502', ends: 'CDK_TOOLKIT_I5503' } as const;

/** CloudFormation gives up everything else when one thing fails: those are not the reason. */
const isConsequence = (reason: string) => /resource (creation|update) cancelled|cancelled by/i.test(reason);

/** Tells what CloudFormation does in our own words, and remembers what failed. */
export class DeploymentActivity {
  readonly failed: FailedResource[] = [];
  readonly #started = new Map<string, number>();

  constructor(
    private readonly report: Report,
    private readonly now: () => number = () => performance.now(),
  ) {}

  take({ code, level, message, data }: ToolkitMessage): void {
    if (code === codes.happens) this.#happens(data as Activity);
    else if (code === codes.begins) this.#begins((data as { stackName: string }).stackName);
    else if (code === codes.ends) this.#ends((data as { stackName: string }).stackName);
    else if (level === 'warn') this.report({ kind: 'note', level: 'warning', text: message.trim() });
  }

  #begins(stack: string): void {
    this.#started.set(stack, this.now());
    this.report({ kind: 'start', task: stack, title: stack });
  }

  #happens({ event, progress }: Activity): void {
    const stack = event.StackName ?? '';
    const { LogicalResourceId: resource = '', ResourceType: type = '', ResourceStatus: status = '' } = event;
    const reason = event.ResourceStatusReason ?? '';
    this.report({
      kind: 'progress',
      task: stack,
      done: progress.completed,
      ...(progress.total === undefined ? {} : { total: progress.total }),
      unit: `resources, ${resource}`,
    });
    if (status.endsWith('_FAILED')) {
      if (!isConsequence(reason)) this.failed.push({ stack, resource, type, reason });
      this.report({
        kind: 'note',
        level: 'warning',
        text: `${stack}: ${resource} (${type}) ${wordsFor(status)}: ${reason}`,
      });
    } else if (status.endsWith('_COMPLETE')) {
      this.report({ kind: 'note', level: 'info', text: `${stack}: ${resource} (${type}) ${wordsFor(status)}` });
    }
  }

  #ends(stack: string): void {
    const outcome = this.failed.some((one) => one.stack === stack) ? 'failed' : 'done';
    const ms = Math.round(this.now() - (this.#started.get(stack) ?? this.now()));
    this.report({ kind: 'end', task: stack, title: stack, outcome, ms });
  }
}

/** `CREATE_COMPLETE` as a person says it. */
function wordsFor(status: string): string {
  const words: Readonly<Record<string, string>> = {
    CREATE_COMPLETE: 'is made',
    UPDATE_COMPLETE: 'is changed',
    DELETE_COMPLETE: 'is removed',
    CREATE_FAILED: 'could not be made',
    UPDATE_FAILED: 'could not be changed',
    DELETE_FAILED: 'could not be removed',
    UPDATE_ROLLBACK_COMPLETE: 'is as it was',
    ROLLBACK_COMPLETE: 'is taken back',
  };
  return words[status] ?? status.toLowerCase().replaceAll('_', ' ');
}
