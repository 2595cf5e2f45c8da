import ora, { type Ora } from 'ora';
import { UnderstudyError } from '../output/errors.js';
import type { Message, Report } from '../output/messages.js';
import { colors } from './text/colors.js';

export interface TerminalOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** The only thing that writes to the standard streams: results to standard output, all the rest to standard error. */
export class Terminal {
  #spinner: Ora | undefined;
  /** Of the task that began last. */
  #title = '';

  constructor(
    readonly options: TerminalOptions,
    private readonly out: NodeJS.WriteStream = process.stdout,
    private readonly err: NodeJS.WriteStream = process.stderr,
  ) {}

  /** Whether a person can be asked. */
  get interactive(): boolean {
    return process.stdin.isTTY === true && this.err.isTTY === true && !this.options.json;
  }

  /** The outcome of a command: one JSON document, or what `text` says. */
  result(document: unknown, text: () => string): void {
    this.#spinner?.stop();
    this.out.write(this.options.json ? `${JSON.stringify(document, undefined, 2)}\n` : `${text().trimEnd()}\n`);
  }

  /** A line for the person who waits. */
  say(text: string): void {
    if (!this.options.quiet) this.#line(text);
  }

  readonly report: Report = (message) => {
    if (this.options.quiet) return;
    if (this.err.isTTY) this.#animate(message);
    else this.#print(message);
  };

  error(error: unknown): void {
    this.#spinner?.stop();
    const known = error instanceof UnderstudyError;
    const message = error instanceof Error ? error.message : String(error);
    this.err.write(`${colors.red('✖')} ${message}\n`);
    if (known && error.remedy) this.err.write(`  ${error.remedy}\n`);
    if (this.options.verbose && error instanceof Error) {
      this.err.write(`${error.stack}\n`);
      for (let cause = error.cause; cause instanceof Error; cause = cause.cause)
        this.err.write(`Caused by: ${cause.stack}\n`);
    } else if (!known) {
      this.err.write('  This is a defect of understudy. Run it again with --verbose to see where.\n');
    }
  }

  #animate(message: Message): void {
    switch (message.kind) {
      case 'start':
        this.#title = message.title;
        this.#spinner ??= ora({ stream: this.err, discardStdin: false });
        this.#spinner.start(message.title);
        break;
      case 'progress':
        if (this.#spinner) this.#spinner.text = `${this.#title} ${colors.dim(progressText(message))}`;
        break;
      case 'end':
        this.#spinner?.stop();
        this.err.write(`${endLine(message)}\n`);
        break;
      case 'note':
        this.#line(noteLine(message));
    }
  }

  #print(message: Message): void {
    if (message.kind === 'start' && this.options.verbose) this.err.write(`… ${message.title}\n`);
    if (message.kind === 'end') this.err.write(`${endLine(message)}\n`);
    if (message.kind === 'note') this.err.write(`${noteLine(message)}\n`);
  }

  /** Writes a line without tearing an animation apart. */
  #line(text: string): void {
    const animated = this.#spinner?.isSpinning === true;
    if (animated) this.#spinner?.clear();
    this.err.write(`${text}\n`);
    if (animated) this.#spinner?.render();
  }
}

function endLine({ outcome, title, ms, detail }: Extract<Message, { kind: 'end' }>): string {
  const mark = outcome === 'done' ? colors.green('✔') : colors.red('✖');
  return `${mark} ${title} ${colors.dim(`${seconds(ms)}${detail ? `  ${detail}` : ''}`)}`;
}

function noteLine({ level, text }: Extract<Message, { kind: 'note' }>): string {
  return level === 'warning' ? `${colors.yellow('!')} ${text}` : `  ${colors.dim(text)}`;
}

function progressText({ done, total, unit }: Extract<Message, { kind: 'progress' }>): string {
  return total === undefined ? `${done} ${unit}` : `${done} of ${total} ${unit}`;
}

/** A duration for people: `0.4 s`, `12.0 s`, `3 min 20 s`. */
export function seconds(ms: number): string {
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  const whole = Math.round(ms / 1000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
