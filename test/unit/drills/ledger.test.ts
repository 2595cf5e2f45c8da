import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anyMark, compareWrites, Ledger } from '../../../src/drills/ledger.js';

function written() {
  const file = join(mkdtempSync(join(tmpdir(), 'ledger-')), 'run', 'ledger.ndjson');
  const ledger = new Ledger(file, 'r1');
  for (const problem of [undefined, undefined, 'socket hang up']) ledger.begin('post').end(problem);
  ledger.begin('comment');
  return {
    ledger,
    lines: () =>
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
  };
}

const found = (...marks: readonly number[]) => {
  const counts = new Map<string, number>();
  for (const number of marks) counts.set(`Drill r1 write ${number}`, (counts.get(`Drill r1 write ${number}`) ?? 0) + 1);
  return counts;
};

describe('a ledger', () => {
  it('has every write on disk before it is sent, and again when its answer has come', () => {
    const { lines } = written();
    expect(lines().map(({ number, event }) => `${number} ${event}`)).toEqual([
      '1 sent',
      '1 acknowledged',
      '2 sent',
      '2 acknowledged',
      '3 sent',
      '3 unanswered',
      '4 sent',
    ]);
  });

  it('marks every write so that it can be found again', () => {
    for (const { mark } of written().ledger.writes) expect(mark).toMatch(new RegExp(anyMark));
  });
});

describe('compared with the database', () => {
  const { writes } = written().ledger;

  it.each([
    ['everything acknowledged is there, and what was not answered is not', [1, 2], { lost: 0, duplicated: 0 }],
    ['what was not answered is there once', [1, 2, 3], { lost: 0, duplicated: 0 }],
    ['something acknowledged is missing', [1], { lost: 1, duplicated: 0, wrong: ['Drill r1 write 2'] }],
    ['something acknowledged is there twice', [1, 2, 2], { lost: 0, duplicated: 1, wrong: ['Drill r1 write 2'] }],
    ['what was not answered is there twice', [1, 2, 3, 3], { lost: 0, duplicated: 1, wrong: ['Drill r1 write 3'] }],
  ])('%s', (_, marks, expected) => {
    expect(compareWrites(writes, found(...marks))).toMatchObject({ acknowledged: 2, unknown: 1, ...expected });
  });
});
