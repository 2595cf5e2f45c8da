/**
 * How an error ends the command that met it:
 * `failed` exits 1, `usage` exits 2, `refused` exits 3.
 */
export type ErrorKind = 'failed' | 'usage' | 'refused';

export interface ErrorDetails {
  /** Stable, kebab-case. Code switches on this, never on the message. */
  readonly code: string;
  /** What failed, with the value that was wrong. One sentence. */
  readonly message: string;
  /** The next thing to do. */
  readonly remedy?: string;
  readonly kind?: ErrorKind;
  readonly cause?: unknown;
}

/** Every error that a user is meant to read. Anything else is a defect of ours and prints its stack. */
export class UnderstudyError extends Error {
  readonly code: string;
  readonly remedy: string | undefined;
  readonly kind: ErrorKind;

  constructor({ code, message, remedy, kind = 'failed', cause }: ErrorDetails) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'UnderstudyError';
    this.code = code;
    this.remedy = remedy;
    this.kind = kind;
  }
}

/** Wrong usage or a wrong definition: exit 2. */
export function usageError(details: Omit<ErrorDetails, 'kind'>): UnderstudyError {
  return new UnderstudyError({ ...details, kind: 'usage' });
}

/** Declined, or a precondition does not hold; nothing was changed: exit 3. */
export function refusal(details: Omit<ErrorDetails, 'kind'>): UnderstudyError {
  return new UnderstudyError({ ...details, kind: 'refused' });
}

/** True for an error of ours with this code. */
export function hasCode(error: unknown, code: string): error is UnderstudyError {
  return error instanceof UnderstudyError && error.code === code;
}

/** True for an error of the operating system with this code, such as `ENOENT`. */
export function hasErrno(error: unknown, errno: string): error is NodeJS.ErrnoException {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === errno;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An error as it crosses a process boundary: in a journal, or over the control plane's socket. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
  readonly kind: ErrorKind;
}

export function toWire(error: unknown): WireError {
  if (error instanceof UnderstudyError) {
    const { code, message, remedy, kind } = error;
    return remedy === undefined ? { code, message, kind } : { code, message, remedy, kind };
  }
  return { code: 'internal', message: messageOf(error), kind: 'failed' };
}

export function fromWire(wire: WireError): UnderstudyError {
  return new UnderstudyError(wire);
}
