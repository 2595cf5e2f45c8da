import { inspect } from 'node:util';

/**
 * A value that must not be shown. It prints as `***` wherever it is interpolated,
 * logged, inspected or serialised; `reveal()` is the only way to read it.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return '***';
  }
}
