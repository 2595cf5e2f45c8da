import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { TestBalancer } from '../../helpers/balancer.js';

let balancer: TestBalancer;
/** What instances were asked, but for the balancer's own checks. */
let asked: string[];

beforeAll(async () => {
  asked = [];
  balancer = await TestBalancer.start(41, { prod: 2, dev: 2 }, ({ url = '', socket }, response) => {
    if (url === '/-/health') return response.end('well');
    asked.push(url);
    if (url === '/broken-off' && asked.length === 1) return socket.destroy();
    response.statusCode = Number(/^\/status-(\d+)$/.exec(url)?.[1] ?? 200);
    return response.end('said');
  });
});
beforeEach(() => {
  asked = [];
});
afterAll(() => balancer?.destroy());

const host = { prod: 'shop.example', dev: 'dev.shop.example' };

it.each([
  ['prod', '/status-500', 'of others too: an edition that is taken back loses its files', 7],
  ['dev', '/status-500', 'once: it is what the application has to say', 1],
  ['dev', '/status-502', 'once: PHP died over it and may have written', 1],
  ['dev', '/status-504', 'once: PHP may still be at it', 1],
  ['dev', '/status-503', 'of others too: nothing has run', 7],
  ['prod', '/status-502', 'of others too: prod writes nothing', 7],
] as const)('in %s a GET that is answered like %s is asked %s', async (environment, path, _, times) => {
  await balancer.get(path, { host: host[environment] });
  expect(asked).toHaveLength(times);
});

it.each(['prod', 'dev'] as const)(
  'in %s a GET over which an instance broke off is answered by another one',
  async (environment) => {
    expect(await balancer.get('/broken-off', { host: host[environment] })).toBe(200);
    expect(asked).toHaveLength(2);
  },
);

it('when one of two instances dies, whoever asked it is answered by the other one at once, not after a second', async () => {
  await balancer.instances[0]?.die();
  const started = performance.now();
  const waiting = Array.from({ length: 40 }, async () => {
    const status = await balancer.get('/');
    return { status, ms: performance.now() - started };
  });
  const answers = await Promise.all(waiting);
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(900);
});
