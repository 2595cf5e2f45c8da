import { format, inspect } from 'node:util';
import pino from 'pino';
import { expect, it } from 'vitest';
import { Secret } from '../../../src/output/secret.js';

const value = 'kq3-do-not-show';
const secret = new Secret(value);

it.each<[string, () => string]>([
  ['in a template', () => `${secret}`],
  ['added to text', () => `password: ${String(secret)}`],
  ['in JSON', () => JSON.stringify({ deep: [{ secret }] })],
  ['inspected', () => inspect({ secret }, { depth: 5, showHidden: true })],
  ['formatted', () => format('%s %o %j', secret, secret, secret)],
  ['in an error', () => inspect(new Error(`refused ${secret}`, { cause: { secret } }))],
  ['spread', () => JSON.stringify({ ...secret })],
  ['in a log', () => logged()],
])('a secret is not shown %s', (_, show) => {
  expect(show()).not.toContain(value);
});

it('a secret is read only by asking for it', () => {
  expect(secret.reveal()).toBe(value);
});

function logged(): string {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  log.info({ secret, err: new Error(`${secret}`) }, `${secret}`);
  return lines.join('');
}
