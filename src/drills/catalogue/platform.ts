import { setTimeout as delay } from 'node:timers/promises';
import type { Drill } from '../drill.js';
import { choose } from '../random.js';

export const balancerKill: Drill = {
  name: 'balancer-kill',
  summary: 'one of the two balancer processes is killed; only what is in flight in it may be lost',
  fault: async ({ faults, random, strike }) => {
    const balancers = (await faults.parts()).filter(({ role }) => role === 'balancer');
    const { name } = choose(random, balancers);
    await strike(`${name} killed`, () => faults.kill([name]));
  },
};

/** Long enough to see that nobody needs it. */
const unsupervisedMs = 3_000;

export const controlPlaneKill: Drill = {
  name: 'control-plane-kill',
  summary: 'the control plane is killed; another one takes over what runs',
  fault: ({ faults, strike }) => strike('the control plane killed', () => faults.kill(['control-plane'])),
  heal: async ({ faults, signal, note }) => {
    await delay(unsupervisedMs, undefined, { signal });
    note('the next command starts a control plane');
    await faults.supervise();
  },
};
