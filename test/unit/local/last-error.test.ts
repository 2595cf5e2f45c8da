import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { lastError } from '../../../src/local/last-error.js';

it.each([
  [
    'of MariaDB names what made it abort, not that it did',
    `[Note] Starting MariaDB as process 1
[ERROR] Can't open the first one
[ERROR] Aborting
[Note] Starting MariaDB as process 2
[ERROR] Can't start server: Bind on TCP/IP port. Got error: 98: Address already in use
[ERROR] Do you already have another server running on port: 3306 ?
[ERROR] Aborting
[Note] Shutdown complete`,
    "[ERROR] Can't start server: Bind on TCP/IP port. Got error: 98: Address already in use",
  ],
  [
    'of nginx names the address that it could not have',
    `[notice] signal process started
[emerg] bind() to 127.0.0.1:8080 failed (98: Address already in use)
[emerg] still could not bind()`,
    '[emerg] bind() to 127.0.0.1:8080 failed (98: Address already in use)',
  ],
  ['without errors is its last line', 'starting\nKilled\n\n', 'Killed'],
  ['that is empty says nothing', '', ''],
])('the reason in a log %s', async (_what, text, reason) => {
  const file = join(await mkdtemp(join(tmpdir(), 'log-')), 'server.log');
  await writeFile(file, text);
  expect(await lastError(file)).toBe(reason);
});

it('a log that is not there says nothing', async () => {
  expect(await lastError('/nowhere/server.log')).toBe('');
});
