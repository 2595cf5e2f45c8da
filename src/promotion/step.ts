/**
 * One step of a promotion. Every part may be called again after a crash in the middle of it, and must then come to
 * the same end. `Facts` is what a step finds out that later steps, or its undo, need: plain JSON, kept in the journal.
 */
export interface Step<Context, Facts extends object, Id extends keyof Facts & string = keyof Facts & string> {
  readonly id: Id;
  /** What it does, for a person: "Advance replica-2". */
  readonly title: string;
  /** Looks whether it can be done at all; changes nothing. @throws a refusal */
  check?(context: Context, before: Partial<Facts>): Promise<void>;
  do(context: Context, before: Partial<Facts>): Promise<Facts[Id]>;
  /** Looks at the world, not at what `do` believes to have done. @throws when it is not as it should be */
  verify?(context: Context, facts: Partial<Facts>): Promise<void>;
  /**
   * Looks whether `undo` would come to a good end; changes nothing. If it would not, nothing is undone, and the run
   * can still go forward. @throws why not
   */
  checkUndo?(context: Context, facts: Partial<Facts>): Promise<void>;
  /**
   * Takes back what `do` has done, wholly or in part. A step without it has nothing to take back.
   * `facts` has this step's own facts only if `do` came to its end.
   */
  undo?(context: Context, facts: Partial<Facts>): Promise<void>;
  /**
   * From here on there is no way back. It is not interrupted on request, and a failure stops the run, which can then
   * only be resumed.
   */
  readonly irreversible?: boolean;
}

/** What a step needs from one before it. @throws if the steps are in the wrong order: a defect of ours */
export function need<Facts extends object, Id extends keyof Facts>(
  facts: Partial<Facts>,
  id: Id,
): NonNullable<Facts[Id]> {
  const found = facts[id];
  if (found === undefined || found === null) throw new Error(`The step "${String(id)}" has not been done yet.`);
  return found;
}
