import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailNotifier } from '../../../src/local/monitoring/mail-notifier.js';
import { readMailbox } from '../../../src/local/monitoring/mailbox.js';
import { alarmsOf } from '../../../src/monitoring/alarms.js';
import { alertmanagerConfiguration, type MailRoute, mailTemplate } from '../../../src/monitoring/alertmanager.js';
import { prometheusRules, workAlert } from '../../../src/monitoring/prometheus.js';
import { startDaemon, stopDaemon } from '../../../src/process/daemon.js';
import type { ProcessRef } from '../../../src/process/identity.js';
import { waitUntil } from '../../../src/process/wait.js';
import { alarmSettingsSchema } from '../../../src/site/alarm-settings.js';

/** Alertmanager and the sink alone, without a platform: what is raised is told to Alertmanager by hand. */
const address = '127.11.4.1';
const alertmanager = `http://${address}:9093`;
const route: MailRoute = {
  host: address,
  port: 1025,
  from: 'understudy@example.com',
  to: ['night@example.com', 'day@example.com'],
  startTls: false,
  login: undefined,
};
const notice = {
  title: 'Dev was promoted to prod: edition 4',
  where: 'prod',
  at: '2030-01-01T10:00:00.000Z',
  visitorsSee: 'The new edition.',
  toDo: 'Nothing.',
  details: ['Asked for by anna.'],
};

let folder: string;
const started: ProcessRef[] = [];

async function start(program: string, args: readonly string[], name: string): Promise<void> {
  started.push(await startDaemon({ program, args, logFile: join(folder, `${name}.log`), cwd: '/' }));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-mail-'));
  await mkdir(join(folder, 'mail'));
  const sink = fileURLToPath(new URL('../../../dist/local/monitoring/mail-sink-main.js', import.meta.url));
  await start(process.execPath, [sink, address, '1025', join(folder, 'mail')], 'sink');
  await writeFile(join(folder, 'mail.tmpl'), mailTemplate('shop', 'this-machine'));
  const configuration = alertmanagerConfiguration(route, join(folder, 'mail.tmpl'));
  // As a site has it, but for how long a mail waits for others.
  const impatient = { ...configuration, route: { ...configuration.route, group_wait: '1s', group_interval: '1s' } };
  await writeFile(join(folder, 'alertmanager.yml'), JSON.stringify(impatient));
  const options = [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=${address}:9093`,
    '--cluster.listen-address=',
  ];
  await start('prometheus-alertmanager', options, 'alertmanager');
  await waitUntil(
    () =>
      fetch(`${alertmanager}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      ),
    {
      what: 'Alertmanager to be ready',
      deadlineMs: 30_000,
    },
  );
});
afterAll(async () => {
  await Promise.all(started.map((one) => stopDaemon(one)));
  await rm(folder, { recursive: true, force: true });
});

const mails = () => readMailbox(join(folder, 'mail'));

/** As Prometheus tells it: `endsAt` in the past is the word that it is over. */
async function raise(alerts: readonly { name: string; what: string; labels?: object; over?: boolean }[]) {
  const now = Date.now();
  await post(
    alerts.map(({ name, what, labels, over }) => ({
      labels: { alertname: name, what, severity: 'warning', site: 'shop', ...labels },
      annotations: { title: `${what} has a problem`, visitors: 'Nothing.', todo: 'Look.', runbook: 'a-section' },
      startsAt: new Date(now - 60_000).toISOString(),
      endsAt: new Date(over ? now - 1_000 : now + 600_000).toISOString(),
    })),
  );
}

async function post(alerts: readonly object[]): Promise<void> {
  const answer = await fetch(`${alertmanager}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alerts),
  });
  expect(answer.status).toBe(200);
}

/** A text of a rule as Prometheus fills it in, for a thing whose label is `prod-1`. */
const filledIn = (text: string) =>
  text.replaceAll(/\{\{ with \$labels\.\w+ \}\}\{\{ \. \}\}\{\{ else \}\}.*?\{\{ end \}\}/g, 'prod-1');
type Texts = Readonly<Record<string, string>>;
const allFilledIn = (texts: Texts): Texts =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, filledIn(text)]));

const atLeast = (count: number) =>
  waitUntil(async () => ((await mails()).length >= count ? mails() : undefined), {
    what: `${count} mails`,
    deadlineMs: 40_000,
    everyMs: 100,
  });

describe('mails about alarms', () => {
  it('tell of two that are raised together in one mail, to everybody who is named, and of both when they are over', async () => {
    await raise([
      { name: 'server-died', what: 'replica-1' },
      { name: 'database-hangs', what: 'db-2' },
    ]);
    const [told] = (await atLeast(1)).slice(-1);
    expect(told?.to).toBe('night@example.com, day@example.com');
    expect(told?.subject).toMatch(/^\[shop\] 2 alarms: /);
    expect(told?.text).toContain('replica-1 has a problem.');
    expect(told?.text).toContain('Where:          db-2, of shop on this-machine');
    await raise([
      { name: 'server-died', what: 'replica-1', over: true },
      { name: 'database-hangs', what: 'db-2', over: true },
    ]);
    const [over] = (await atLeast(2)).slice(-1);
    expect(over?.subject).toMatch(/^\[shop\] resolved: 2 alarms, /);
    expect(over?.text.match(/Until: /g)).toHaveLength(2);
  });

  it('are not sent during a promotion about those that the definition silences then, and are about others', async () => {
    const before = (await mails()).length;
    await raise([{ name: workAlert('promotion'), what: '', labels: { severity: 'none' } }]);
    await raise([
      { name: 'instance-unhealthy', what: 'prod-1', labels: { silence_promotion: 'yes' } },
      { name: 'disk-room', what: 'the disk' },
    ]);
    const [told] = (await atLeast(before + 1)).slice(-1);
    expect(told?.subject).toBe('[shop] the disk has a problem');
    const found = (await (await fetch(`${alertmanager}/api/v2/alerts`)).json()) as {
      labels: Record<string, string>;
      status: { state: string };
    }[];
    expect(found.find(({ labels }) => labels.alertname === 'instance-unhealthy')?.status.state).toBe('suppressed');
    // The promotion is over, and the instance is still unwell.
    await raise([{ name: workAlert('promotion'), what: '', labels: { severity: 'none' }, over: true }]);
    const [later] = (await atLeast(before + 2)).slice(-1);
    expect(later?.text).toContain('prod-1 has a problem.');
  });
});

describe('every alarm that this machine can raise', () => {
  const rules: readonly { alert: string; labels: Texts; annotations?: Texts }[] = prometheusRules(
    alarmsOf(alarmSettingsSchema.parse({})),
  ).groups.flatMap((group) => group.rules);
  const alarms = rules.flatMap(({ alert, labels, annotations }) =>
    annotations
      ? [{ labels: allFilledIn({ ...labels, alertname: alert }), annotations: allFilledIn(annotations) }]
      : [],
  );

  it('is told by mail with what, where, since when, what visitors see and what to do, and again when it is over', async () => {
    expect(alarms.length).toBeGreaterThan(30);
    const before = (await mails()).length;
    // What is raised at a site at one time is one mail: here each is at one of its own.
    const startsAt = new Date(Date.now() - 60_000).toISOString();
    const alerts = alarms.map(({ labels, annotations }) => ({
      labels: { ...labels, site: labels.alertname },
      annotations,
      startsAt,
    }));
    await post(alerts.map((one) => ({ ...one, endsAt: new Date(Date.now() + 600_000).toISOString() })));
    const told = (await atLeast(before + alarms.length)).slice(before);
    for (const { labels, annotations } of alarms) {
      const mail = told.find(({ text }) => text.includes(`Alarm:          ${labels.alertname} (${labels.severity})`));
      expect(mail?.subject, labels.alertname).toBe(`[shop] ${annotations.title}`);
      expect(mail?.text.split('\n').slice(0, 7), labels.alertname).toEqual([
        `${annotations.title}.`,
        '',
        `  Where:          ${labels.what}, of shop on this-machine`,
        `  Since:          ${startsAt.slice(0, 19).replace('T', ' ')} UTC`,
        `  Visitors see:   ${annotations.visitors}`,
        `  What to do:     ${annotations.todo}`,
        `  Read on:        docs/what-if.md#${annotations.runbook}`,
      ]);
      expect(mail?.text, labels.alertname).not.toMatch(/[{}]|undefined/);
    }
    const endsAt = new Date(Date.now() - 1_000).toISOString();
    await post(alerts.map((one) => ({ ...one, endsAt })));
    const over = (await atLeast(before + 2 * alarms.length)).slice(before + alarms.length);
    for (const { labels, annotations } of alarms) {
      const mail = over.find(({ text }) => text.includes(`Alarm:          ${labels.alertname} (${labels.severity})`));
      expect(mail?.subject, labels.alertname).toBe(`[shop] resolved: ${annotations.title}`);
      expect(mail?.text).toContain(`Until:          ${endsAt.slice(0, 19).replace('T', ' ')} UTC`);
    }
  });
});

describe('notices', () => {
  it('come the same way, without Alertmanager', async () => {
    const before = (await mails()).length;
    await mailNotifier(route, 'shop').notify(notice);
    const [told] = (await atLeast(before + 1)).slice(-1);
    expect(told?.subject).toBe('[shop] Dev was promoted to prod: edition 4');
    expect(told?.text).toContain('When:           2030-01-01 10:00:00 UTC');
    expect(told?.text).toContain('Asked for by anna.');
  });

  it('log in with the password of the file, and say which server would not take them', async () => {
    const passwordFile = join(folder, 'smtp-password');
    await writeFile(passwordFile, 'right');
    await chmod(passwordFile, 0o600);
    const seen: string[] = [];
    const server = new SMTPServer({
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS'],
      onAuth: ({ username, password }, _session, done) => {
        seen.push(`${username} ${password}`);
        if (password === 'right') done(null, { user: username });
        else done(new Error('535 wrong password'));
      },
    });
    await new Promise<void>((resolve) => server.listen(1026, address, resolve));
    try {
      const guarded = { ...route, port: 1026, login: { user: 'understudy', passwordFile } };
      await mailNotifier(guarded, 'shop').notify(notice);
      expect(seen).toEqual(['understudy right']);
      await writeFile(passwordFile, 'hidden');
      const refused = await mailNotifier(guarded, 'shop')
        .notify(notice)
        .catch((error) => error);
      expect(refused).toMatchObject({ code: 'not-notified', message: expect.stringContaining(`${address}:1026`) });
      expect(String(refused.message)).not.toContain('hidden');
    } finally {
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
  });

  it('are refused in time where nobody listens', async () => {
    const nowhere = { ...route, port: 1099 };
    await expect(mailNotifier(nowhere, 'shop').notify(notice)).rejects.toMatchObject({ code: 'not-notified' });
  });
});
