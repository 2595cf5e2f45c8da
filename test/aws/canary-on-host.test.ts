import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Bucket } from '../../src/aws/operate/bucket.js';
import { canaryOnHost } from '../../src/aws/operate/fleet/canary-on-host.js';
import { exampleSite } from '../helpers/aws-templates.js';

const instanceFolder = fileURLToPath(new URL('../../instance', import.meta.url));
const path = process.env.PATH;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-canary-'));
  mkdirSync(join(folder, 'bin'));
  process.env.PATH = `${join(folder, 'bin')}:${path}`;
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true, force: true });
});

/** What Secrets Manager would answer the operations host; anything else it may not read here. */
function secrets(settings: object): void {
  const known = {
    'understudy/example/database/prod': { username: 'prod', password: 'password-of-prod' },
    'understudy/example/salts': { seed: '0123456789012345678901234567890123456789012345678901234567890123' },
    'understudy/example/prod/settings': settings,
  };
  const cases = Object.entries(known).map(([name, value]) => `${name}) echo '${JSON.stringify(value)}' ;;`);
  const body = `#!/bin/sh\nwhile [ "$1" != --secret-id ]; do shift; done\ncase $2 in ${cases.join(' ')} *) exit 254 ;; esac\n`;
  writeFileSync(join(folder, 'bin/aws'), body, { mode: 0o755 });
}

/** As the operations host is told: of dev. */
async function canary() {
  const hostFile = join(folder, 'host.conf');
  const lines = {
    ROLE: 'operations',
    SITE: 'example',
    REGION: 'eu-central-1',
    APP_KIND: 'wordpress',
    URL: 'https://dev.example.com',
    OTHER_URL: 'https://www.example.com',
    SCHEMA: 'example',
    TABLE_PREFIX: 'wp_',
    DATABASE_HOST: 'primary.example.understudy.internal',
    DATABASE_SECRET: 'understudy/example/database/dev',
    SALTS_SECRET: 'understudy/example/salts',
    SETTINGS_SECRET: 'understudy/example/dev/settings',
  };
  writeFileSync(
    hostFile,
    Object.entries(lines)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const options = {
    of: exampleSite(),
    bucket: {} as Bucket,
    hostFile,
    stateDir: folder,
    mediaFiles: '/x',
    instanceFolder,
  };
  return canaryOnHost(options);
}

it("prod's configuration has the same name until a setting of prod changes", async () => {
  secrets({ constants: { PAYMENT: 'test' }, options: {} });
  const before = await (await canary()).configuration();
  expect(await (await canary()).configuration()).toBe(before);
  secrets({ constants: { PAYMENT: 'live' }, options: {} });
  expect(await (await canary()).configuration()).not.toBe(before);
});

it('nothing of it stays on the operations host', async () => {
  secrets({ constants: {}, options: {} });
  await (await canary()).configuration();
  expect(readdirSync(folder).sort()).toEqual(['bin', 'canary.conf', 'host.conf']);
});
