import { describe, expect, it } from 'vitest';
import { UnderstudyError } from '../../../src/output/errors.js';
import { silent } from '../../../src/output/messages.js';
import { type JournalEntry, type JournalEvent, progressOf } from '../../../src/promotion/journal.js';
import { type RunOptions, runSteps } from '../../../src/promotion/run-steps.js';
import type { Step } from '../../../src/promotion/step.js';

interface Context {
  readonly signal: AbortSignal;
}
interface Facts {
  a: string;
  b: string;
  c: string;
  d: string;
}
type Fails = Partial<Record<string, unknown>>;

/** Four steps that note what is called, and fail where they are told to. */
class World {
  readonly calls: string[] = [];
  readonly written: JournalEntry[] = [];
  readonly signals: AbortSignal[] = [];

  constructor(
    private fails: Fails = {},
    private readonly irreversible: readonly string[] = [],
  ) {}

  failing(fails: Fails): void {
    this.fails = fails;
  }

  note(call: string): void {
    this.calls.push(call);
    if (this.fails[call]) throw this.fails[call];
  }

  step(id: keyof Facts): Step<Context, Facts> {
    return {
      id,
      title: id,
      check: async () => this.note(`check ${id}`),
      do: async () => {
        this.note(`do ${id}`);
        return `fact of ${id}`;
      },
      verify: async () => this.note(`verify ${id}`),
      undo: async ({ signal }) => {
        this.signals.push(signal);
        this.note(`undo ${id}`);
      },
      irreversible: this.irreversible.includes(id),
    };
  }

  run(options: Partial<RunOptions<Context, Facts>> = {}) {
    const journal = {
      write: async (event: JournalEvent) => {
        this.calls.push(`write ${event.event}${'step' in event ? ` ${event.step}` : ''}`);
        this.written.push({ at: '', ...event });
      },
    };
    return runSteps<Context, Facts>({
      steps: (['a', 'b', 'c', 'd'] as const).map((id) => this.step(id)),
      context: (signal) => ({ signal }),
      journal,
      progress: progressOf(this.written),
      direction: 'forward',
      signal: new AbortController().signal,
      report: silent,
      ...options,
    });
  }

  /** As after a kill: the journal up to and with one entry. */
  cutAfter(event: string, step: string): void {
    const last = this.written.findIndex((entry) => entry.event === event && 'step' in entry && entry.step === step);
    this.written.splice(last + 1);
    this.calls.length = 0;
  }

  done = (): string[] => this.calls.filter((call) => /^(do|undo) /.test(call));
}

const broken = new Error('broken');

describe('a run of steps', () => {
  it('does each in order, written down before and after, verified in between', async () => {
    const world = new World();
    const outcome = await world.run();
    expect(outcome).toMatchObject({ outcome: 'done', facts: { a: 'fact of a', d: 'fact of d' } });
    expect(world.calls.slice(0, 5)).toEqual(['check a', 'write doing a', 'do a', 'verify a', 'write done a']);
    expect(world.done()).toEqual(['do a', 'do b', 'do c', 'do d']);
  });

  it('undoes in reverse what was done and the step that failed, in part as it is', async () => {
    const world = new World({ 'do c': broken });
    const outcome = await world.run();
    expect(outcome).toMatchObject({ outcome: 'undone', step: 'c', error: { message: 'broken' } });
    expect(world.done()).toEqual(['do a', 'do b', 'do c', 'undo c', 'undo b', 'undo a']);
    expect(world.calls).toContain('write undoing c');
    expect(world.calls.indexOf('write undoing b')).toBeLessThan(world.calls.indexOf('undo b'));
  });

  it('takes a step that cannot be verified for one that failed', async () => {
    const world = new World({ 'verify b': broken });
    expect(await world.run()).toMatchObject({ outcome: 'undone', step: 'b' });
    expect(world.done()).toEqual(['do a', 'do b', 'undo b', 'undo a']);
  });

  it('does not undo a step whose check refused it', async () => {
    const world = new World({ 'check c': new UnderstudyError({ code: 'no', message: 'No.', kind: 'refused' }) });
    expect(await world.run()).toMatchObject({ outcome: 'undone', step: 'b', error: { code: 'no', kind: 'refused' } });
    expect(world.done()).toEqual(['do a', 'do b', 'undo b', 'undo a']);
  });

  it('that is refused before anything began has no last step', async () => {
    const world = new World({ 'check a': broken });
    expect(await world.run()).toMatchObject({ outcome: 'undone', step: '' });
    expect(world.done()).toEqual([]);
  });

  it('stops where it stands when it fails past the point of no return, and goes on there', async () => {
    const world = new World({ 'do d': broken }, ['c']);
    expect(await world.run()).toMatchObject({ outcome: 'stuck', step: 'd' });
    expect(world.done()).toEqual(['do a', 'do b', 'do c', 'do d']);
    world.failing({});
    world.calls.length = 0;
    expect(await world.run()).toMatchObject({ outcome: 'done', facts: { a: 'fact of a' } });
    expect(world.done()).toEqual(['do d']);
  });

  it('is not taken back past the point of no return, and writes nothing', async () => {
    const world = new World({ 'do c': broken }, ['c']);
    await world.run();
    const before = world.written.length;
    await expect(world.run({ direction: 'back' })).rejects.toMatchObject({ code: 'no-way-back' });
    expect(world.written).toHaveLength(before);
  });
});

describe('a run after a crash', () => {
  it('skips what was done and does again what was in the middle', async () => {
    const world = new World();
    await world.run();
    world.cutAfter('doing', 'c');
    expect(await world.run()).toMatchObject({ outcome: 'done', facts: { a: 'fact of a', b: 'fact of b' } });
    expect(world.done()).toEqual(['do c', 'do d']);
  });

  it('takes back what was done and what was in the middle', async () => {
    const world = new World();
    await world.run();
    world.cutAfter('doing', 'c');
    const outcome = await world.run({ direction: 'back' });
    expect(outcome).toMatchObject({ outcome: 'undone', step: 'c', error: { code: 'aborted' } });
    expect(world.done()).toEqual(['undo c', 'undo b', 'undo a']);
  });

  it('in the middle of an undo goes on with it, though it was to be resumed, and undoes nothing twice', async () => {
    const world = new World({ 'do d': broken });
    await world.run();
    world.cutAfter('undone', 'c');
    expect(await world.run()).toMatchObject({ outcome: 'undone', facts: { a: 'fact of a', c: 'fact of c' } });
    expect(world.done()).toEqual(['undo b', 'undo a']);
  });

  it('begins again with the undo that was in the middle', async () => {
    const world = new World({ 'do d': broken });
    await world.run();
    world.cutAfter('undoing', 'b');
    await world.run();
    expect(world.done()).toEqual(['undo b', 'undo a']);
  });

  it('whose undo has failed is stuck there, and can be taken back later', async () => {
    const world = new World({ 'do d': broken, 'undo b': new Error('not now') });
    expect(await world.run()).toMatchObject({ outcome: 'stuck', step: 'b', error: { message: 'not now' } });
    world.failing({});
    world.calls.length = 0;
    expect(await world.run({ direction: 'back' })).toMatchObject({ outcome: 'undone' });
    expect(world.done()).toEqual(['undo b', 'undo a']);
  });

  it('goes forward when the way back was found closed before anything was undone', async () => {
    const world = new World({ 'do d': broken });
    const steps = (['a', 'b', 'c', 'd'] as const).map((id) => ({ ...world.step(id) }));
    let closed = true;
    const guarded = steps.map((step) => ({
      ...step,
      checkUndo: async () => {
        if (closed) throw new UnderstudyError({ code: 'way-back-lost', message: 'Lost.' });
      },
    }));
    expect(await world.run({ steps: guarded })).toMatchObject({ outcome: 'stuck', error: { code: 'way-back-lost' } });
    expect(world.calls).not.toContain('undo d');
    world.failing({});
    closed = false;
    expect(await world.run({ steps: guarded })).toMatchObject({ outcome: 'done' });
  });
});

describe('a run that is interrupted', () => {
  const interrupt = (world: World, during: string) => {
    const controller = new AbortController();
    const steps = (['a', 'b', 'c', 'd'] as const).map((id): Step<Context, Facts> => {
      const step = world.step(id);
      if (id !== during) return step;
      const act = async (context: Context, before: Partial<Facts>) => {
        const fact = await step.do(context, before);
        controller.abort(new Error('asked to stop'));
        context.signal.throwIfAborted();
        return fact;
      };
      return { ...step, do: act };
    });
    return world.run({ steps, signal: controller.signal });
  };

  it('is undone, by a signal that is not the one that stopped it', async () => {
    const world = new World();
    expect(await interrupt(world, 'b')).toMatchObject({
      outcome: 'undone',
      step: 'b',
      error: { code: 'interrupted', message: 'asked to stop' },
    });
    expect(world.done()).toEqual(['do a', 'do b', 'undo b', 'undo a']);
    expect(world.signals.map(({ aborted }) => aborted)).toEqual([false, false]);
  });

  it('too late, in a step that cannot be undone, goes on to its end', async () => {
    const world = new World({}, ['c']);
    expect(await interrupt(world, 'c')).toMatchObject({ outcome: 'done' });
  });

  it('before the step that cannot be undone does not begin it', async () => {
    const world = new World({}, ['c']);
    const controller = new AbortController();
    const steps = (['a', 'b', 'c', 'd'] as const).map((id): Step<Context, Facts> => {
      const step = world.step(id);
      const verify = async () => controller.abort(new Error('asked to stop'));
      return id === 'b' ? { ...step, verify } : step;
    });
    expect(await world.run({ steps, signal: controller.signal })).toMatchObject({ outcome: 'undone', step: 'b' });
  });

  it('gives each undo a deadline of its own', async () => {
    const world = new World({ 'do b': broken });
    const steps = [world.step('a'), world.step('b')].map((step) => ({
      ...step,
      undo: ({ signal }: Context) =>
        new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    }));
    expect(await world.run({ steps, undoDeadlineMs: 20 })).toMatchObject({ outcome: 'stuck', step: 'b' });
  });
});
