import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Instances, type InstancesOptions } from '../../../../src/local/web/instances.js';
import { webInstance } from '../../../../src/local/web/web-instance.js';

test('what two want of one instance in the same moment is done one after the other', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'instances-'));
  try {
    const layout = { configFile: '', stateDir, runtimeDir: stateDir, machineDir: stateDir };
    let atWork = 0;
    let most = 0;
    const stop = async () => {
      most = Math.max(most, ++atWork);
      await setImmediate();
      atWork--;
    };
    const instances = new Instances({
      settings: { layout, nginx: 'nginx', phpFpm: 'php-fpm' },
      hosts: { canary: { id: 'canary', zone: 'a', address: '127.0.0.1' } },
      supervisor: { stop },
      balancer: { setWebServer: async () => undefined },
      accounts: { dev: undefined, prod: undefined },
    } as unknown as InstancesOptions);
    const instance = webInstance(layout, 'prod', { id: 'prod-1', zone: 'a', address: '127.0.0.1' });
    await Promise.all([instances.dismiss(instance), instances.dismiss(instance)]);
    expect(most).toBe(1);
  } finally {
    await rm(stateDir, { recursive: true });
  }
});
