import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Layout } from '../../../src/local/layout.js';
import { locatePrograms } from '../../../src/local/machine/find-programs.js';
import { hostsOf } from '../../../src/local/network/hosts.js';
import { instanceFile } from '../../../src/local/web/instance-files.js';
import { environmentText, webInstance } from '../../../src/local/web/web-instance.js';
import { run } from '../../../src/process/run.js';
import { resolveSite } from '../../../src/site/resolve.js';

const hosts = hostsOf(12, { zones: ['a', 'b'] });
const php = { kind: 'php', directory: './site', publicPath: 'public', healthPath: '/well', mediaPath: 'public/files' };

/** Who an instance may run as here: never root. */
const account = process.getuid?.() === 0 ? { user: 'nobody', group: 'nogroup' } : namesOf(userInfo().username);

function namesOf(name: string) {
  return { user: name, group: name };
}

it.each([
  ['WordPress in dev', 'dev', {}],
  ['WordPress in prod', 'prod', {}],
  ['a PHP site in dev', 'dev', { app: php }],
  ['a PHP site in prod', 'prod', { app: php }],
] as const)('boot understands the description of an instance of %s', async (_, environment, definition) => {
  const dir = await mkdtemp(join(tmpdir(), 'env-'));
  const layout: Layout = { configFile: join(dir, 'c.ts'), stateDir: dir, runtimeDir: '/run/x', machineDir: dir };
  const instance = webInstance(layout, environment, hosts.instance(environment, 1));
  const { nginx, phpFpm } = locatePrograms();
  const site = resolveSite({ name: 'shop', ...definition }, dir);
  const text = environmentText(instance, {
    layout,
    site,
    devUrl: 'https://dev.shop.localhost:8443',
    nginx,
    phpFpm,
    account,
  });
  const file = join(dir, 'instance.env');
  await writeFile(file, text);
  const read = `. ${instanceFile('variables.sh')}; read_variables ${file}; echo "$INSTANCE_ID $ADDRESS $APP_KIND"`;
  const { stdout } = await run('sh', ['-euc', read]);
  expect(stdout).toBe(`${instance.id} ${instance.address} ${site.app.kind}`);
});
