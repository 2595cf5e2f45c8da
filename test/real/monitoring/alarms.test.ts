import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { paths } from '../../../src/local/layout.js';
import { type Mail, readMailbox } from '../../../src/local/monitoring/mailbox.js';
import { monitoringFiles } from '../../../src/local/monitoring/settings.js';
import { ServiceRecords } from '../../../src/local/service-record.js';
import { isAlive } from '../../../src/process/identity.js';
import { run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';

let site: TestPlatform;

beforeAll(async () => {
  site = await startPlatform({
    definition: {
      notify: { email: ['night@example.com'] },
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

  it("takes what dev's WordPress sends, and shows it in the inbox", async () => {
    const before = (await mails()).length;
    await site.devPhp("require 'wp-load.php'; wp_mail('customer@example.org', 'Grüße', 'Your order is on its way.');");
    await mailWith(before, "dev's mail", ({ to }) => to === 'customer@example.org', 10_000);
    const shown = JSON.parse((await site.cli(['inbox', '--json'])).stdout);
    expect(shown.at(-1)).toMatchObject({
      to: 'customer@example.org',
      subject: 'Grüße',
      text: 'Your order is on its way.',
    });
  });

  it('tells of a promotion, and raises no alarm about it', async () => {
    const before = (await mails()).length;
    await site.editPost('Told by mail');
    expect((await site.cli(['promote', '--yes'])).exitCode).toBe(0);
    const { text, to } = await mailWith(before, 'the notice', ({ subject }) => /promoted/.test(subject), 20_000);
    expect(to).toBe('night@example.com');
    expect(text).toMatch(/Dev was promoted to prod: edition 1\.\n/);
    expect(text).toContain('0 failed');
    expect((await site.client.call('status', {})).alarms).toEqual([]);
  });

  it('tells that the control plane is gone with its guard, which it cannot tell itself, and that it is back', async () => {
    const before = (await mails()).length;
    const guard = await new ServiceRecords(paths.processes(site.layout)).find('guard');
    const { process: controlPlane } = JSON.parse(await readFile(paths.controlLock(site.layout), 'utf8'));
    const pids = [guard?.process.pid ?? 0, controlPlane.pid];
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    const told = await mailWith(before, 'a mail about it', ({ subject }) => !subject.includes('resolved'), 90_000);
    expect(told.subject).toBe('[tested] Nobody looks after the platform');
    const shown = JSON.parse((await site.cli(['alarms', '--json'])).stdout);
    expect(shown).toMatchObject({ watching: true, alarms: [{ id: 'control-plane-down', state: 'firing' }] });
    expect((await site.cli(['up'])).exitCode).toBe(0);
    await mailWith(before, 'a mail that it is back', ({ subject }) => subject.includes('resolved'), 60_000);
    // What was watched by another control plane is not told as having died.
    const subjects = (await mails()).slice(before).map(({ subject }) => subject);
    expect(subjects.filter((subject) => subject.includes('died'))).toEqual([]);
  });
});
