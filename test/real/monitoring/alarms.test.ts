import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { type Mail, readMailbox } from '../../../src/local/monitoring/mailbox.js';
import { monitoringFiles } from '../../../src/local/monitoring/settings.js';
import { isAlive } from '../../../src/process/identity.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';

let site: TestPlatform;

beforeAll(async () => {
  site = await startPlatform({
    definition: {
      notify: { email: ['night@example.com'] },
      alarms: { silenceDuring: { promotion: ['cron-missing'] } },
    },
  });
});
afterAll(async () => {
  await site.destroy();
});

const mails = () => readMailbox(paths.mail(site.layout));

const mailWith = (since: number, what: string, matches: (mail: Mail) => boolean, deadlineMs: number) =>
  waitUntil(async () => (await mails()).slice(since).find(matches), { what, deadlineMs, everyMs: 250 });

async function processOf(server: string) {
  const { process } = JSON.parse(await readFile(`${paths.processes(site.layout)}/${server}.json`, 'utf8'));
  return process;
}

describe('a platform that is watched', () => {
  it('has rules and routes that Prometheus and Alertmanager themselves find right', async () => {
    const { layout } = site;
    const rules = await run('promtool', ['check', 'rules', monitoringFiles.rules(layout)]);
    expect(rules.stdout).toContain('SUCCESS');
    await run('promtool', ['check', 'config', monitoringFiles.prometheus(layout)]);
    await run('amtool', ['check-config', monitoringFiles.alertmanager(layout)]);
  });

  it('says that somebody watches, and raises nothing while all is well', async () => {
    const status = await waitUntil(
      async () => {
        const now = await site.client.call('status', {});
        return now.monitoring.watching && now;
      },
      { what: 'Prometheus to answer', deadlineMs: 30_000 },
    );
    expect(status.monitoring.missing).toEqual([]);
    expect(status.alarms).toEqual([]);
  });

  it('tells by mail within half a minute which replica was killed, and again when that is over', async () => {
    const before = (await mails()).length;
    const killed = await processOf('replica-1');
    const at = performance.now();
    process.kill(killed.pid, 'SIGKILL');
    await waitUntil(() => !isAlive(killed), { what: 'it to be dead', deadlineMs: 5_000 });
    const told = await mailWith(before, 'a mail about it', ({ subject }) => subject.includes('replica-1'), 60_000);
    expect(performance.now() - at).toBeLessThan(30_000);
    expect(told.to).toBe('night@example.com');
    expect(told.subject).toBe('[tested] replica-1 has died and was started again');
    for (const part of ['Where:', 'Since:', 'Visitors see:', 'What to do:', 'docs/what-if.md#a-server-has-died']) {
      expect(told.text).toContain(part);
    }
    const { alarms } = await site.client.call('status', {});
    expect(alarms).toMatchObject([{ id: 'server-died', state: 'firing', what: 'replica-1' }]);
    const over = await mailWith(
      before,
      'a mail that it is over',
      ({ subject }) => subject.includes('resolved'),
      110_000,
    );
    expect(over.subject).toBe('[tested] resolved: replica-1 has died and was started again');
    expect(over.text).toContain('Until:');
  });
});
