import { expect, test } from 'vitest';
import { LookHistory } from '../../../../src/local/database/look-history.js';
import type { Answer, CommitUnderWay, Observation } from '../../../../src/local/database/observe.js';

const look = (change: Partial<Observation> = {}): Observation => ({
  id: 'db-1',
  start: 's1',
  answer: undefined,
  isListening: false,
  freeBytes: 1e12,
  dataLost: false,
  ...change,
});
const answering = (commits: readonly CommitUnderWay[] = []) => look({ answer: { commits } as unknown as Answer });
const commit = (seconds: number, waitsForStandby = false, id = 7) => ({ id, seconds, waitsForStandby });

test('a server is away since the first look that failed began', () => {
  const history = new LookHistory();
  history.add(answering(), 0, 10);
  expect(history.add(look(), 300, 1_300).awayMs).toBe(1_000);
  expect(history.add(look(), 1_550, 2_550).awayMs).toBe(2_250);
  expect(history.add(answering(), 2_800, 2_810).awayMs).toBe(0);
});

test('time in which nobody looked counts against no server', () => {
  const history = new LookHistory();
  history.add(answering(), 0, 10);
  history.add(look(), 250, 1_250);
  expect(history.add(look(), 3_600_000, 3_600_001).awayMs).toBeLessThan(2_600);
});

test('a process that was started anew has not answered yet', () => {
  const history = new LookHistory();
  expect(history.add(answering(), 0, 10).hasComeUp).toBe(true);
  expect(history.add(look({ start: 's2' }), 20, 30).hasComeUp).toBe(false);
});

test('one that listens has come up, although nobody has seen it answer', () => {
  const history = new LookHistory();
  expect(history.add(look(), 0, 10).hasComeUp).toBe(false);
  expect(history.add(look({ isListening: true }), 20, 30).hasComeUp).toBe(true);
  expect(history.add(look({ start: 's2' }), 40, 50).hasComeUp).toBe(false);
});

test('one commit that stays at work ages, many quick ones on one connection do not', () => {
  const slow = new LookHistory();
  const quick = new LookHistory();
  let ages = [0, 0];
  for (let at = 0; at <= 3_000; at += 250) {
    ages = [
      slow.add(answering([commit(Math.floor(at / 1_000))]), at, at).commitMs,
      quick.add(answering([commit(0)]), at, at).commitMs,
    ];
  }
  expect(ages).toEqual([3_000, 0]);
});

test('a long statement that has just come to its commit does not count as one that hangs', () => {
  const history = new LookHistory();
  history.add(answering(), 0, 1);
  expect(history.add(answering([commit(600)]), 250, 251).commitMs).toBe(1);
});

test('while one commit waits for its acknowledgement, those behind it do not count', () => {
  const history = new LookHistory();
  let last = history.add(answering(), 0, 0);
  for (let at = 250; at <= 2_500; at += 250) {
    const seconds = Math.floor(at / 1_000);
    last = history.add(answering([commit(seconds, true, 7), commit(seconds, false, 8)]), at, at);
  }
  expect(last).toMatchObject({ commitMs: 0, acknowledgementMs: 2_250 });
});

test('a disk is full for as long as every look has found it so', () => {
  const history = new LookHistory();
  const full = { ...answering(), freeBytes: 4_096 };
  history.add(full, 0, 1);
  expect(history.add(full, 1_000, 1_001).fullMs).toBe(1_001);
  expect(history.add(answering(), 1_250, 1_251).fullMs).toBe(0);
});
