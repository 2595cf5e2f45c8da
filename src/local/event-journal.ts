import { appendFile, readFile, rename, stat } from 'node:fs/promises';
import { hasErrno } from '../output/errors.js';
import type { EventLog, PlatformEvent } from '../platform/events.js';

/** About 5,000 events. Then a new file is begun, and one old one is kept. */
const largestBytes = 1024 * 1024;

export type NewEvent = Omit<PlatformEvent, 'at'>;

/** Told what has happened. Never throws: that an event cannot be written must not keep anybody from a repair. */
export type TellEvent = (event: NewEvent) => void;

/** The events of a site on this machine: one line of JSON each. Written by the control plane, read by anybody. */
export class EventJournal implements EventLog {
  #turn: Promise<unknown> = Promise.resolve();

  /** @param unwritten told why an event could not be written */
  constructor(
    private readonly file: string,
    private readonly unwritten: (error: unknown, event: PlatformEvent) => void = () => undefined,
  ) {}

  readonly tell: TellEvent = (event) => {
    const dated: PlatformEvent = { at: new Date().toISOString(), ...event };
    this.#turn = this.#turn.then(() => this.#append(dated)).catch((error) => this.unwritten(error, dated));
  };

  /** Waits until everything that was told is in the file. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  async read(since = ''): Promise<readonly PlatformEvent[]> {
    const texts = await Promise.all([this.#text(`${this.file}.1`), this.#text(this.file)]);
    return texts
      .flatMap((text) => text.split('\n'))
      .map(parse)
      .filter((event) => event !== undefined)
      .filter(({ at }) => at >= since);
  }

  async #append(event: PlatformEvent): Promise<void> {
    const size = await stat(this.file).then(
      (found) => found.size,
      () => 0,
    );
    if (size > largestBytes) await rename(this.file, `${this.file}.1`);
    await appendFile(this.file, `${JSON.stringify(event)}\n`, { mode: 0o644 });
  }

  async #text(file: string): Promise<string> {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return '';
      throw error;
    }
  }
}

/** A line that a crash or a full disk has cut off says nothing. */
function parse(line: string): PlatformEvent | undefined {
  try {
    return line === '' ? undefined : (JSON.parse(line) as PlatformEvent);
  } catch {
    return undefined;
  }
}
