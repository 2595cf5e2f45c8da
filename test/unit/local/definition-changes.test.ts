import { expect, it } from 'vitest';
import { laterChanges, requireChangeable } from '../../../src/local/control-plane/definition-changes.js';
import { resolveSite } from '../../../src/site/resolve.js';

const site = (change: object = {}) => resolveSite({ name: 'shop', ...change }, '/srv');
const prod = (change: object) => site({ environments: { prod: change } });

it('a definition that has not changed is accepted without a word', () => {
  expect(() => requireChangeable(site(), site(), true)).not.toThrow();
  expect(laterChanges(site(), site(), true)).toEqual([]);
});

it.each([
  ['name-changed', site({ name: 'store' }), false],
  ['kind-changed', site({ app: { kind: 'php', directory: './x' } }), false],
  ['zones-changed', site({ zones: ['b', 'c'] }), true],
])('what a site cannot follow is refused: %s', (code, after, isRunning) => {
  expect(() => requireChangeable(site(), after, isRunning)).toThrow(expect.objectContaining({ code, kind: 'refused' }));
});

it('zones may change while nothing runs', () => {
  expect(() => requireChangeable(site(), site({ zones: ['b', 'c'] }), false)).not.toThrow();
});

it.each([
  ['an option of prod', prod({ options: { blogname: 'Shop' } }), 'next promotion'],
  ['a constant of prod', prod({ constants: { KEY: 'x' } }), 'next promotion'],
  ['the domain of prod', prod({ domain: 'shop.example.com' }), 'next promotion'],
  ['the buffer pool', site({ database: { bufferPoolMb: 128 } }), 'next start'],
  ['the title', site({ app: { kind: 'wordpress', title: 'Another' } }), 'in dev itself'],
])('that %s counts only later is said', (_, after, expected) => {
  expect(laterChanges(site(), after, true).join()).toContain(expected);
});

it("what is dev's alone, and how many instances there are, counts at once", () => {
  const after = site({ environments: { dev: { constants: { A: 1 } }, prod: { capacity: { min: 3 } } } });
  expect(laterChanges(site(), after, true)).toEqual([]);
});
