import { waitUntil } from '../../process/wait.js';
import type { Balancer } from '../balancer/balancer.js';
import type { WebInstance } from './web-instance.js';

type Routed = Pick<WebInstance, 'environment' | 'id'>;

/** Takes instances into the balancer's rotation and out of it. */
export class Rotation {
  constructor(private readonly balancer: Balancer) {}

  isIn({ environment, id }: Routed): boolean {
    return this.balancer.state.web[environment].find((server) => server.id === id)?.mode === 'ready';
  }

  async takeIn({ environment, id }: Routed): Promise<void> {
    await this.balancer.setWebServer(environment, id, 'ready');
  }

  /** At once: what is under way there is cut off. */
  async takeOut({ environment, id }: Routed): Promise<void> {
    await this.balancer.setWebServer(environment, id, 'maint');
  }

  /** Nothing new comes, and what is under way comes to its end; what takes longer than the deadline is cut off. */
  async drain(instance: Routed, deadlineMs: number, signal?: AbortSignal): Promise<void> {
    await this.quieten(instance, deadlineMs, signal).catch(() => signal?.throwIfAborted());
    await this.takeOut(instance);
  }

  /**
   * Nothing new comes; ends when what is under way has come to its end.
   * @throws code `deadline`
   */
  async quieten({ environment, id }: Routed, deadlineMs: number, signal?: AbortSignal): Promise<void> {
    const { balancer } = this;
    await balancer.setWebServer(environment, id, 'drain');
    const idle = async () => (await balancer.counters(environment)).sessions[id] === 0;
    await waitUntil(idle, { what: `the requests that ${id} has to end`, deadlineMs, everyMs: 20, signal });
  }

  async waitUntilUp({ environment, id }: Routed, signal?: AbortSignal): Promise<void> {
    await waitUntil(async () => (await this.balancer.counters(environment)).health[id] === 'up', {
      what: `the balancer to route to ${id}`,
      deadlineMs: 30_000,
      signal,
    });
  }
}
