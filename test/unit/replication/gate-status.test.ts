import { describe, expect, test } from 'vitest';
import { toPosition } from '../../../src/platform/position.js';
import type { SourceState } from '../../../src/replication/dialect.js';
import { statusOf } from '../../../src/replication/gate.js';

const running: SourceState = {
  host: '127.10.1.11',
  port: 3306,
  receiving: 'yes',
  applying: true,
  until: false,
  received: toPosition('0-1-5'),
  error: undefined,
};
const gateOf = (source: SourceState | undefined) =>
  statusOf({ applied: toPosition('0-1-4'), written: toPosition('0-1-4'), errant: undefined, source });
const failing = (during: 'receiving' | 'applying') => ({ during, number: 1, text: 'words' });

describe('a gate', () => {
  test.each([
    ['no source is configured', undefined, 'closed'],
    ['both threads run without an end', running, 'open'],
    ['the source is away for a moment and nothing was said', { ...running, receiving: 'connecting' as const }, 'open'],
    ['it runs up to a position', { ...running, until: true }, 'advancing'],
    [
      'it has reached its position and is not yet closed',
      { ...running, until: true, applying: false, receiving: 'no' as const },
      'advancing',
    ],
    ['a source is configured and nothing runs', { ...running, applying: false, receiving: 'no' as const }, 'broken'],
    ['it receives and does not apply', { ...running, applying: false }, 'broken'],
    ['it applies and does not receive', { ...running, receiving: 'no' as const }, 'broken'],
    ['applying failed', { ...running, applying: false, error: failing('applying') }, 'broken'],
    ['receiving failed', { ...running, until: true, receiving: 'no' as const, error: failing('receiving') }, 'broken'],
  ])('when %s', (_, source, gate) => {
    expect(gateOf(source).gate).toBe(gate);
  });

  test('that is broken says so in the words of the server', () => {
    expect(gateOf({ ...running, applying: false, error: failing('applying') }).error).toBe('words');
  });
});
