import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseAccounts } from '../../../src/aws/naming.js';
import { run } from '../../../src/process/run.js';
import { installServer, type Server, startServer } from '../content/server.js';
import { account } from '../wordpress/mariadb.js';

const program = fileURLToPath(new URL('../../../instance/aws/make-accounts.php', import.meta.url));
const address = '127.15.2.1';

/** Those that RDS has, with nothing in them: whether somebody may call them is what counts here. */
const procedures = [
  'rds_start_replication',
  'rds_stop_replication',
  'rds_start_replication_until_gtid',
  'rds_skip_repl_error',
  'rds_set_configuration',
  'rds_show_configuration',
];

let folder: string;
let server: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-accounts-'));
  await chmod(folder, 0o755);
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const subject = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=primary'];
  await run('openssl', ['req', ...subject, '-keyout', key, '-out', certificate]);
  if (account) await run('chown', [account.name, key, certificate]);
  const data = await installServer(folder, 'primary');
  server = await startServer(data, address, [`--ssl-cert=${certificate}`, `--ssl-key=${key}`]);
  await server.sql(`CREATE DATABASE my_shop; CREATE DATABASE myxshop; CREATE TABLE my_shop.t (x INT);
    CREATE USER administrator@'%' IDENTIFIED BY 'admin-password';
    GRANT ALL ON *.* TO administrator@'%' WITH GRANT OPTION;
    ${procedures.map((name) => `CREATE PROCEDURE mysql.${name}() SELECT 1;`).join('\n')}`);
});

afterAll(async () => {
  await server?.kill();
  await rm(folder, { recursive: true, force: true });
});

async function makeAccounts(suffix: string): Promise<void> {
  const accounts = Object.fromEntries(
    databaseAccounts.map((name) => [name, { username: name, password: `${name}'s-${suffix}` }]),
  );
  const input = JSON.stringify({ administrator: { username: 'administrator', password: 'admin-password' }, accounts });
  await run('php', [program], { input, env: { DATABASE_HOST: address, SCHEMA: 'my_shop' } });
}

/** What a statement says to an account: its output, or the number of the error. */
async function as(user: string, suffix: string, sql: string, tls = true): Promise<string> {
  const { stdout, stderr } = await run(
    'mariadb',
    ['--no-defaults', `-u${user}`, `-h${address}`, tls ? '--ssl' : '--skip-ssl', '--batch', '--skip-column-names'],
    { input: sql, env: { MYSQL_PWD: `${user}'s-${suffix}` }, accept: [0, 1] },
  );
  return /ERROR (\d+)/.exec(stderr)?.[1] ?? stdout.trim();
}

describe('the accounts that the operations host makes in RDS', () => {
  it('may do what their roles need, and may be made again', async () => {
    await makeAccounts('one');
    await makeAccounts('one');
    expect(await as('dev', 'one', 'CREATE TABLE my_shop.made (x INT); SELECT 1')).toBe('1');
    expect(await as('prod', 'one', 'SELECT COUNT(*) FROM my_shop.t')).toBe('0');
    expect(await as('prod', 'one', 'INSERT INTO my_shop.t VALUES (1)')).toBe('1142');
    expect(await as('operator', 'one', 'CALL mysql.rds_stop_replication(); SELECT COUNT(*) FROM my_shop.t')).toBe(
      '1\n0',
    );
    expect(await as('operator', 'one', 'DELETE FROM my_shop.t')).toBe('1142');
    expect(await as('monitor', 'one', 'SELECT COUNT(*) FROM my_shop.t')).toBe('1142');
  });

  it("reach no neighbour whose name a schema's underscore would match", async () => {
    await makeAccounts('one');
    expect(await as('dev', 'one', 'CREATE TABLE myxshop.t (x INT)')).toBe('1142');
  });

  it('are refused without encryption', async () => {
    await makeAccounts('one');
    expect(await as('dev', 'one', 'SELECT 1', false)).toBe('1045');
  });

  it('get the password that their secret has now', async () => {
    await makeAccounts('one');
    await makeAccounts('two');
    expect(await as('dev', 'one', 'SELECT 1')).toBe('1045');
    expect(await as('dev', 'two', 'SELECT 1')).toBe('1');
  });
});
