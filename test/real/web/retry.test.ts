import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestBalancer } from '../../helpers/balancer.js';

let balancer: TestBalancer;
beforeAll(async () => {
  balancer = await TestBalancer.start(41, 2, (_, response) => response.end('well'));
});
afterAll(() => balancer?.destroy());

it('when one of two instances dies, whoever asked it is answered by the other one at once, not after a second', async () => {
  await balancer.instances[0]?.die();
  const started = performance.now();
  const asked = Array.from({ length: 40 }, async () => {
    const status = await balancer.get('/');
    return { status, ms: performance.now() - started };
  });
  const answers = await Promise.all(asked);
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(900);
});
