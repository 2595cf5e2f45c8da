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

export const controlPlaneKill: Drill = {
  name: 'control-plane-kill',
  summary: 'the control plane is killed; its guard starts another one, which takes over what runs',
  fault: ({ faults, strike }) => strike('the control plane killed', () => faults.kill(['control-plane'])),
};
