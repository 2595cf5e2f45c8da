import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { seconds, Terminal } from '../../../src/cli/terminal.js';
import { UnderstudyError } from '../../../src/output/errors.js';

function terminal(options: Partial<Terminal['options']> = {}) {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const said = (stream: PassThrough) => String(stream.read() ?? '');
  const written = new Terminal(
    { json: false, quiet: false, verbose: false, ...options },
    out as unknown as NodeJS.WriteStream,
    err as unknown as NodeJS.WriteStream,
  );
  return { written, out: () => said(out), err: () => said(err) };
}

const escapeCode = '\u001b';
const messages = [
  { kind: 'start', task: 'a', title: 'Begin' },
  { kind: 'progress', task: 'a', done: 1, total: 2, unit: 'files' },
  { kind: 'note', level: 'warning', text: 'look' },
  { kind: 'end', task: 'a', title: 'Begin', outcome: 'done', ms: 1_234, detail: '2 files' },
] as const;

it('with --json there is one document on standard output, and the rest on standard error', () => {
  const { written, out, err } = terminal({ json: true });
  for (const message of messages) written.report(message);
  written.result({ done: true }, () => 'Done.');
  expect(JSON.parse(out())).toEqual({ done: true });
  expect(err()).toContain('1.2 s');
});

it('without a terminal nothing has escape codes, and nothing is drawn over', () => {
  const { written, out, err } = terminal();
  for (const message of messages) written.report(message);
  written.error(new UnderstudyError({ code: 'x', message: 'It failed.', remedy: 'Do that.' }));
  written.result({}, () => 'Done.');
  const text = err() + out();
  expect(text).not.toContain(escapeCode);
  expect(text).not.toContain('\r');
  expect(text).toContain('It failed.\n  Do that.');
});

it('with --quiet there is no progress, but errors and results', () => {
  const { written, out, err } = terminal({ quiet: true });
  for (const message of messages) written.report(message);
  written.say('hello');
  expect(err()).toBe('');
  written.error(new UnderstudyError({ code: 'x', message: 'It failed.' }));
  written.result({}, () => 'Done.');
  expect(err()).toContain('It failed.');
  expect(out()).toBe('Done.\n');
});

it('stack traces and causes are shown with --verbose only', () => {
  const error = new UnderstudyError({ code: 'x', message: 'It failed.', cause: new Error('the disk') });
  const brief = terminal();
  brief.written.error(error);
  expect(brief.err()).not.toContain('the disk');
  const verbose = terminal({ verbose: true });
  verbose.written.error(error);
  expect(verbose.err()).toMatch(/Caused by: Error: the disk\n\s+at /);
});

it('durations are told as people do', () => {
  expect([400, 12_000, 119_900, 200_400].map(seconds)).toEqual(['0.4 s', '12.0 s', '119.9 s', '3 min 20 s']);
});
