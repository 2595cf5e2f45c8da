import { chmod, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '../../../src/output/secret.js';
import type { SqlConnection } from '../../../src/platform/databases.js';
import { killDaemon, startDaemon } from '../../../src/process/daemon.js';
import { isAlive, type ProcessRef } from '../../../src/process/identity.js';
import { type Account, run } from '../../../src/process/run.js';
import { waitUntil } from '../../../src/process/wait.js';
import { connect } from '../../../src/sql/connect.js';
import { type MysqlProxy, mysqlProxy } from './mysql-proxy.js';
import { inMariadbsWords, isMysqls, type StandIn } from './mysql-words.js';

/** MariaDB refuses to run as root; on Debian `nobody` is always there. */
const account: Account | undefined =
  process.getuid?.() === 0 ? { name: 'nobody', uid: 65_534, gid: 65_534 } : undefined;

export const serverNames = ['primary', 'replica-1', 'replica-2'] as const;
export type ServerName = (typeof serverNames)[number];

const publicPort = 3306;
const ownPort = 3307;
const admin = { user: 'rdsadmin', password: new Secret('rdsadmin') };

export interface StandInServer extends StandIn {
  readonly name: ServerName;
  readonly address: string;
  isRunning(): boolean;
  /** As root of the server itself. */
  sql<Row extends object = Record<string, unknown>>(statement: string): Promise<Row[]>;
  /** Starts it and what speaks MySQL's protocol before it. */
  start(): Promise<void>;
  /** SIGKILL; clients lose their connections, and the endpoint refuses new ones. */
  kill(): Promise<void>;
  /** Gives it the data that a new server has, and makes it follow the primary. It must not run. */
  makeAnew(): Promise<void>;
}

export interface StandInServers {
  readonly servers: Readonly<Record<ServerName, StandInServer>>;
  /** PEM of the authority that vouches for all of them, as a file. */
  readonly authorityFile: string;
  remove(): Promise<void>;
}

export interface StandInOptions {
  /** The first three parts of addresses on the loopback: `127.14.60`. The servers are .1, .2 and .3 of it. */
  readonly network: string;
  readonly schema: string;
  readonly passwords: Readonly<Record<string, string>>;
}

/** The real servers behind RDS's stand-in: see README.md beside it. */
export async function standInServers({ network, schema, passwords }: StandInOptions): Promise<StandInServers> {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-rds-'));
  await chmod(folder, 0o755);
  const certificate = await makeCertificate(
    folder,
    serverNames.map((_, index) => `${network}.${index + 1}`),
  );
  const template = join(folder, 'template');
  await makeTemplate(template, `${network}.1`, statements(schema, passwords));
  const servers = Object.fromEntries(
    serverNames.map((name, index) => [
      name,
      serverAt({
        name,
        number: index === 0 ? 1 : 10 + index,
        address: `${network}.${index + 1}`,
        folder,
        template,
        certificate,
        source: `${network}.1`,
      }),
    ]),
  ) as Record<ServerName, StandInServer>;
  for (const name of serverNames) await servers[name].makeAnew();
  return {
    servers,
    authorityFile: join(folder, 'certificate.pem'),
    remove: async () => {
      for (const name of serverNames) await servers[name].kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

/** One certificate for all of them, its own authority. Addresses are checked as `localhost` by Node's TLS. */
async function makeCertificate(folder: string, addresses: readonly string[]): Promise<Certificate> {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const names = ['DNS:localhost', ...addresses.map((address) => `IP:${address}`)].join(',');
  const what = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=stand-in for RDS'];
  await run('openssl', ['req', ...what, '-addext', `subjectAltName=${names}`, '-keyout', key, '-out', certificate]);
  return { key: await readFile(key, 'utf8'), certificate: await readFile(certificate, 'utf8') };
}

/** The procedures as AWS documents them, without their sleep; whoever may call them need not be allowed more. */
const running = "(SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE COMMAND IN ('Slave_IO', 'Slave_SQL'))";
const raise = (text: string) => `SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${text}'`;
const procedures = [
  `CREATE PROCEDURE mysql.rds_start_replication() SQL SECURITY DEFINER BEGIN
     IF ${running} > 0 THEN ${raise('Replication is already running')}; END IF; START SLAVE; END`,
  `CREATE PROCEDURE mysql.rds_stop_replication() SQL SECURITY DEFINER BEGIN
     IF ${running} = 0 THEN ${raise('Replication is already stopped')}; END IF; STOP SLAVE; END`,
  `CREATE PROCEDURE mysql.rds_start_replication_until_gtid(gtid VARCHAR(1024)) SQL SECURITY DEFINER BEGIN
     IF ${running} > 0 THEN ${raise('Replication is already running')}; END IF;
     EXECUTE IMMEDIATE CONCAT('START SLAVE UNTIL master_gtid_pos = ', QUOTE(gtid)); END`,
];
const procedureNames = ['rds_start_replication', 'rds_stop_replication', 'rds_start_replication_until_gtid'];

/** Accounts with the rights of instance/aws/make-accounts.php; MariaDB has other words for some of them. */
function statements(schema: string, passwords: Readonly<Record<string, string>>): readonly string[] {
  const grants: Readonly<Record<string, readonly string[]>> = {
    dev: [`ALL PRIVILEGES ON \`${schema.replaceAll('_', '\\_')}\`.*`],
    prod: [`SELECT ON \`${schema.replaceAll('_', '\\_')}\`.*`],
    operator: [
      `SELECT ON \`${schema.replaceAll('_', '\\_')}\`.*`,
      'PROCESS, BINLOG MONITOR, SLAVE MONITOR ON *.*',
      ...procedureNames.map((name) => `EXECUTE ON PROCEDURE mysql.${name}`),
    ],
    monitor: ['PROCESS, BINLOG MONITOR, SLAVE MONITOR ON *.*'],
    administrator: ['ALL PRIVILEGES ON *.*'],
  };
  return [
    `CREATE USER rdsadmin@'%' IDENTIFIED BY 'rdsadmin'`,
    `GRANT ALL PRIVILEGES ON *.* TO rdsadmin@'%' WITH GRANT OPTION`,
    `CREATE DATABASE \`${schema}\``,
    ...procedures,
    ...Object.entries(grants).flatMap(([user, rights]) => [
      `CREATE USER '${user}'@'%' IDENTIFIED BY '${passwords[user]}'`,
      ...rights.map((right) => `GRANT ${right} TO '${user}'@'%'`),
    ]),
  ];
}

async function makeTemplate(template: string, address: string, sql: readonly string[]): Promise<void> {
  await mkdir(`${template}.tmp`, { mode: 0o777 });
  await chmod(`${template}.tmp`, 0o777);
  await run(
    'mariadb-install-db',
    ['--no-defaults', `--datadir=${template}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { env: { TMPDIR: `${template}.tmp` } },
  );
  await chownTo(template);
  const ref = await startMariadb(template, address, 1);
  const socket = join(template, 's');
  const input = ['SET sql_log_bin = 0;', 'DELIMITER ~', ...sql.map((one) => `${one} ~`)].join('\n');
  await waitUntil(
    () => run('mariadb', ['--no-defaults', '-uroot', `--socket=${socket}`, '-e', 'SELECT 1']).catch(() => undefined),
    { what: 'the first server', deadlineMs: 60_000, everyMs: 100 },
  );
  await run('mariadb', ['--no-defaults', '-uroot', `--socket=${socket}`], { input });
  await run('mariadb-admin', ['--no-defaults', '-uroot', `--socket=${socket}`, 'shutdown']);
  await waitUntil(() => !isAlive(ref), { what: 'the first server to end', deadlineMs: 30_000 });
  // Each that is made of it begins its history anew.
  await run('sh', ['-c', `rm -f ${template}/bin.* ${template}/s*.err`]);
}

async function chownTo(path: string): Promise<void> {
  if (account) await run('chown', ['-R', account.name, path]);
}

function startMariadb(data: string, address: string, number: number): Promise<ProcessRef> {
  return startDaemon({
    program: 'mariadbd',
    args: [
      '--no-defaults',
      ...(account ? [`--user=${account.name}`] : []),
      ...[`--datadir=${data}`, `--tmpdir=${data}.tmp`, `--socket=${data}/s`, '--skip-name-resolve'],
      ...[`--bind-address=${address}`, `--port=${ownPort}`, `--server-id=${number}`],
      ...['--log-bin=bin', '--log-slave-updates', '--binlog-format=ROW', '--skip-slave-start', '--relay-log=relay'],
      ...['--innodb-buffer-pool-size=16M', '--performance-schema=OFF', '--slave-net-timeout=4'],
      ...['--character-set-server=utf8mb4', '--collation-server=utf8mb4_unicode_ci'],
      // What an account without SUPER cannot do there either.
      ...(number === 1 ? [] : ['--read-only=1']),
    ],
    logFile: `${data}.log`,
  });
}

interface Place {
  readonly name: ServerName;
  readonly number: number;
  readonly address: string;
  readonly folder: string;
  readonly template: string;
  readonly certificate: Certificate;
  /** The primary's address. */
  readonly source: string;
}

function serverAt({ name, number, address, folder, template, certificate, source }: Place): StandInServer {
  const data = join(folder, name);
  let ref: ProcessRef | undefined;
  let proxy: MysqlProxy | undefined;
  let known: SqlConnection | undefined;

  const server: StandInServer = {
    name,
    number,
    address,
    until: false,
    workers: 1,
    isRunning: () => ref !== undefined && isAlive(ref),
    admin: async () => {
      known ??= await connect({ host: address, port: ownPort, ...admin, connectTimeout: 5_000 });
      return known;
    },
    sql: async (statement) => {
      const connection = await connect({ host: address, port: ownPort, ...admin, connectTimeout: 5_000 });
      try {
        return await connection.query(statement);
      } finally {
        await connection.end();
      }
    },
    start: async () => {
      ref = await startMariadb(data, address, number);
      await waitUntil(() => server.sql('SELECT 1').catch(() => undefined), { what: name, deadlineMs: 60_000 });
      // Nothing remembers over a restart that it was to stop somewhere.
      server.until = false;
      const { key, certificate: cert } = certificate;
      const translate = (sql: string) => inMariadbsWords(sql, server);
      proxy = await mysqlProxy({
        ...{ address, port: publicPort, behind: ownPort, key, certificate: cert, translate, isConcerned: isMysqls },
      });
    },
    kill: async () => {
      await proxy?.close();
      proxy = undefined;
      await known?.end();
      known = undefined;
      if (ref) await killDaemon(ref);
      ref = undefined;
    },
    makeAnew: async () => {
      await rm(data, { recursive: true, force: true });
      await cp(template, data, { recursive: true });
      await mkdir(`${data}.tmp`, { recursive: true });
      await chmod(`${data}.tmp`, 0o777);
      await chownTo(data);
      await server.start();
      if (number === 1) return;
      // As RDS makes a replica: it follows at once. It begins where the primary began, since nothing was purged.
      await server.sql(
        `CHANGE MASTER TO MASTER_HOST = '${source}', MASTER_PORT = ${ownPort}, MASTER_USER = '${admin.user}', ` +
          `MASTER_PASSWORD = '${admin.password.reveal()}', MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1`,
      );
      await server.sql('START SLAVE');
    },
  };
  return server;
}
