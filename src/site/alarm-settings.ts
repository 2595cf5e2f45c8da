import { z } from 'zod';

/**
 * Every alarm that there is. src/monitoring defines each; the names stand here because a definition may name them, and
 * one that names an alarm that does not exist is refused.
 */
export const alarmIds = [
  'prod-errors',
  'dev-errors',
  'prod-slow',
  'prod-no-instances',
  'dev-no-instances',
  'instances-missing',
  'instance-unhealthy',
  'php-saturated',
  'instance-cpu',
  'opcache-full',
  'balancer-down',
  'balancer-errors',
  'replicas-down',
  'database-down',
  'database-solo',
  'database-failed-over',
  'database-hangs',
  'standby-lag',
  'database-connections',
  'database-cpu',
  'database-storage',
  'binlog-growth',
  'gate-leak',
  'gate-broken',
  'gate-open',
  'gate-closed-14-days',
  'gate-closed-21-days',
  'gate-closed-25-days',
  'edition-mixed',
  'edition-one-replica',
  'disk-room',
  'files-io-limit',
  'certificate-expiry',
  'cron-missing',
  'cron-twice',
  'server-died',
  'server-down',
  'control-plane-down',
  'monitoring-blind',
] as const;
export type AlarmId = (typeof alarmIds)[number];

const percent = z.number().gt(0).lte(100);
const silenced = z
  .array(z.enum(alarmIds, { error: 'must be the name of an alarm; `understudy alarms --all` lists them' }))
  .default([]);

/** Thresholds that a site may set; docs/alarms.md has the others, and what each alarm means. */
export const alarmSettingsSchema = z.strictObject({
  errorPercent: percent.default(5).describe('Answers of the 5xx class, in percent of all, from which on it is told.'),
  slowSeconds: z.number().gt(0).max(60).default(2).describe('How long an answer of prod may take, in seconds.'),
  connectionsPercent: percent.default(80).describe("A database server's connections, in percent of its limit."),
  cpuPercent: percent.default(80).describe('Processors in use for ten minutes, in percent.'),
  freePercent: percent.default(10).describe('Room that must be left on disks, in percent.'),
  binlogPercent: percent.default(10).describe('What binary logs may take of the disk, in percent.'),
  lagSeconds: z.number().gt(0).max(86_400).default(30).describe('How far the standby may be behind, in seconds.'),
  certificateDays: z
    .int()
    .min(1)
    .max(90)
    .default(21)
    .describe('How long before its end a certificate is told, in days.'),
  silenceDuring: z
    .strictObject({
      promotion: silenced.describe("While a promotion is going on: ['instance-unhealthy']"),
      drill: silenced.describe('While a drill is going on.'),
    })
    .prefault({})
    .describe('Alarms that send no message meanwhile. They are raised and listed all the same.'),
});
type Output = z.output<typeof alarmSettingsSchema>;
export type AlarmSettings = Readonly<Omit<Output, 'silenceDuring'>> & {
  readonly silenceDuring: Readonly<Record<keyof Output['silenceDuring'], readonly AlarmId[]>>;
};

const hostName = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$/, {
  error: 'must be a host name or an address, without a port',
});
/** A path on this machine. */
const hostPath = z
  .string()
  .regex(/^[^\p{Cc}]+$/u, { error: "must be a path; a relative one starts at the definition's folder" });

const email = z.email({ error: 'must be an e-mail address' });

/** Whom to tell, and through which mail server. A password never stands in the definition itself. */
export const notifySchema = z.strictObject({
  email: z
    .array(email)
    .default([])
    .describe("Who gets alarms and notices: ['ops@example.com']. Nobody named: they are kept for `understudy inbox`."),
  from: email.optional().meta({
    description: 'The sender. Without it: understudy@ and the domain of prod.',
    examples: ['understudy@example.com'],
  }),
  smtp: z
    .strictObject({
      host: hostName.optional().meta({
        description: 'The mail server. Without it, mail goes nowhere but into `understudy inbox`.',
        examples: ['smtp.example.com'],
      }),
      port: z.int().min(1).max(65_535).default(587).describe('Its port.'),
      user: z
        .string()
        .max(320)
        .default('')
        .describe("Whom to log in as. '': nobody; the server must know this machine."),
      password: z
        .union(
          [
            z.literal('none'),
            z.strictObject({ file: hostPath }),
            z.strictObject({
              variable: z
                .string()
                .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'must be the name of an environment variable' }),
            }),
          ],
          { error: "must be 'none', { file: './smtp-password' } or { variable: 'SMTP_PASSWORD' }" },
        )
        .default('none')
        .describe(
          "Where the password is: 'none', { file: './smtp-password' } for a file that holds nothing else, or\n" +
            "{ variable: 'SMTP_PASSWORD' } for a variable of the environment that `understudy up` is run in.",
        ),
      startTls: z
        .boolean()
        .default(true)
        .describe(
          'Whether the connection must be encrypted before anything is said. Only for a relay on this machine: false.',
        ),
    })
    .prefault({})
    .describe('The mail server of alarms and notices, on this machine.'),
  sms: z
    .array(
      z.string().regex(/^\+[1-9][0-9]{6,14}$/, { error: 'must be a number such as +4915112345678, without spaces' }),
    )
    .default([])
    .describe("Who gets alarms as text messages, on AWS only: ['+4915112345678']"),
});
