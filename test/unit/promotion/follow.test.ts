import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Message } from '../../../src/output/messages.js';
import { identify, type ProcessRef } from '../../../src/process/identity.js';
import { followPromotion } from '../../../src/promotion/follow.js';

const alive = identify(process.pid) as ProcessRef;
const dead: ProcessRef = { ...alive, startTime: alive.startTime - 1 };
let dir: string;
let journal: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'follow-'));
  journal = join(dir, 'journal.ndjson');
});
afterEach(() => rm(dir, { recursive: true }));

const line = (entry: object) => `${JSON.stringify({ at: '', ...entry })}\n`;
const note = (text: string) => line({ event: 'message', message: { kind: 'note', level: 'info', text } });
const texts = (messages: readonly Message[]) => messages.map((message) => 'text' in message && message.text);

describe('following a promotion', () => {
  it('tells its messages as they come, and its result', async () => {
    const heard: Message[] = [];
    const following = followPromotion({ journal, runner: alive, report: (message) => heard.push(message) });
    await writeFile(journal, note('first'));
    // In the middle of a line, and of a character.
    const bytes = Buffer.from(note('zweité'));
    await appendFile(journal, bytes.subarray(0, bytes.indexOf(0xc3) + 1));
    await expect.poll(() => texts(heard)).toEqual(['first']);
    await appendFile(journal, bytes.subarray(bytes.indexOf(0xc3) + 1));
    await appendFile(journal, line({ event: 'ended', process: alive, result: { id: 'x' } }));
    expect(await following).toEqual({ id: 'x' });
    expect(texts(heard)).toEqual(['first', 'zweité']);
  });

  it('reads what a process wrote before it was seen dead', async () => {
    await writeFile(journal, line({ event: 'ended', process: dead, result: { id: 'x' } }));
    expect(await followPromotion({ journal, runner: dead, report: () => {} })).toEqual({ id: 'x' });
  });

  it('does not take the words of another process for its own', async () => {
    const other = { ...alive, pid: alive.pid + 1 };
    await writeFile(journal, line({ event: 'stopped', process: other, result: { id: 'other' } }));
    await appendFile(journal, line({ event: 'ended', process: alive, result: { id: 'own' } }));
    expect(await followPromotion({ journal, runner: alive, report: () => {} })).toEqual({ id: 'own' });
  });

  it('begins after what an earlier run wrote', async () => {
    const earlier = note('old');
    await writeFile(journal, earlier + note('new') + line({ event: 'ended', process: alive, result: {} }));
    const heard: Message[] = [];
    const from = earlier.length;
    await followPromotion({ journal, runner: alive, from, report: (message) => heard.push(message) });
    expect(texts(heard)).toEqual(['new']);
  });

  it('ends at once when the process died before its first word: nothing was changed', async () => {
    await expect(followPromotion({ journal, runner: dead, report: () => {} })).rejects.toMatchObject({
      code: 'runner-lost',
      remedy: expect.stringContaining('Run it again'),
    });
  });

  it('names the step at which a process was lost, and the two ways on', async () => {
    const child = spawn('sleep', ['60']);
    const runner = identify(child.pid as number) as ProcessRef;
    await writeFile(journal, line({ event: 'begun', process: runner, mode: 'run' }));
    await appendFile(journal, line({ event: 'doing', step: 'drain' }));
    const following = followPromotion({ journal, runner, report: () => {} });
    child.kill('SIGKILL');
    await expect(following).rejects.toMatchObject({
      code: 'runner-lost',
      message: expect.stringContaining('"drain"'),
      remedy: expect.stringContaining('--abort'),
    });
  });
});
