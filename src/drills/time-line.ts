/** What happened, in order, for the report. */
export interface Happening {
  /** As `Date.now()`. */
  readonly at: number;
  readonly text: string;
}

export class TimeLine {
  readonly #happenings: Happening[] = [];

  constructor(private readonly heard: (happening: Happening) => void = () => {}) {}

  get happenings(): readonly Happening[] {
    return [...this.#happenings].sort((a, b) => a.at - b.at);
  }

  note(text: string, at = Date.now()): void {
    const happening = { at, text };
    this.#happenings.push(happening);
    this.heard(happening);
  }
}
