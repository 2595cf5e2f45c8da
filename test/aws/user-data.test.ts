import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/process/run.js';
import { flattened, resourcesOf, type StackId, templatesOf } from '../helpers/aws-templates.js';

const scripts = fileURLToPath(new URL('../../instance/aws/', import.meta.url));
const templates = templatesOf();
const userDataOf = (stack: StackId) => {
  const [template] = resourcesOf(templates, 'AWS::EC2::LaunchTemplate', stack);
  return flattened(templates, stack, template?.properties.LaunchTemplateData.UserData);
};
const hostFileOf = (stack: StackId) =>
  /<<'END_OF_HOST_FILE'\n([\s\S]*?)END_OF_HOST_FILE/.exec(userDataOf(stack))?.[1] ?? '';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-host-'));
  // Servers that are started as another account must get here.
  chmodSync(folder, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A tool of developers, which test/prepare.js installs: the program itself does not need it. */
const shellcheckIsHere = await run('shellcheck', ['--version']).then(
  () => true,
  () => false,
);
if (!shellcheckIsHere) process.stderr.write('SKIPPED: no shellcheck\n');

describe('what a machine runs when it is started', () => {
  it.skipIf(!shellcheckIsHere).each(['dev', 'prod', 'operations'] as const)(
    'is plain shell that shellcheck has nothing to say about: %s',
    async (stack) => {
      const file = join(folder, `${stack}.sh`);
      writeFileSync(file, userDataOf(stack));
      await run('shellcheck', ['--shell=sh', file]);
    },
  );

  it
    .skipIf(!shellcheckIsHere)
    .each([
      'start',
      'write-wp-config',
      'write-prod-config',
      'prepare-site',
      'variables.sh',
      'install',
      'run-as-web',
      'may-run-jobs',
      'operate',
    ])('so is %s of the image', async (name) => {
    await run('shellcheck', ['-x', join(scripts, name)], { cwd: scripts });
  });

  it('is short enough for AWS, which takes 16 KB', () => {
    for (const stack of ['dev', 'prod', 'operations'] as const) {
      expect(Buffer.byteLength(userDataOf(stack))).toBeLessThan(4096);
    }
  });

  it('writes the host file as it is meant, and starts the one service that does the rest', async () => {
    const file = join(folder, 'user-data.sh');
    const etc = join(folder, 'etc');
    writeFileSync(file, userDataOf('prod').replaceAll('/etc/understudy', etc));
    const tools = fakes({ systemctl: 'echo "systemctl $*" >>"$CALLS"' });
    await run('sh', [file], { env: tools.env });
    expect(readFileSync(join(etc, 'host.conf'), 'utf8')).toBe(hostFileOf('prod'));
    expect(tools.calls()).toEqual(['systemctl enable --now understudy.service']);
  });
});

const prodSecrets = {
  'understudy/example/database/prod': '{"username":"prod","password":"pass-word-of-prod"}',
  'understudy/example/salts': '{"seed":"0123456789012345678901234567890123456789012345678901234567890123"}',
  'understudy/example/prod/settings':
    '{"constants":{"PAYMENT_KEY":"sk_live_key"},"options":{"blogname":"It\'s \\"x\\""},"unused":"x"}',
};

describe('a prod host that starts, with the same files, on this machine', () => {
  it('mounts its media read-only, gets its configuration from its secrets, and starts the servers', async () => {
    const host = prepareHost('prod', prodSecrets);
    await host.start();
    expect(host.calls()).toEqual([
      expect.stringMatching(
        /^mount -t efs -o tls,iam,accesspoint=data\/FilesMediaReading\w+,ro,noresvport data\/FilesMedia\w+:\/ \S+media$/,
      ),
      expect.stringMatching(/^node \S+instance\/aws\/agent\.mjs join \S+host\.conf$/),
      'systemctl restart understudy-php-fpm.service understudy-nginx.service',
      'systemctl restart understudy-agent.service',
    ]);
    const config = readFileSync(join(host.state, 'config/wp-config.php'), 'utf8');
    expect(config).toContain("define('DB_PASSWORD', 'pass-word-of-prod');");
    expect(config).toContain("define('DB_HOST', 'replicas.example.understudy.internal:3306');");
    expect(config).toContain("define('PAYMENT_KEY', 'sk_live_key');");
    expect(config).toContain("define('MYSQL_CLIENT_FLAGS', 2048);");
    expect(config).toContain("define('WP_HOME', 'https://www.example.com');");
    const salts = [...config.matchAll(/_(?:KEY|SALT)', '([0-9a-f]{64})'/g)].map(([, salt]) => salt);
    expect(new Set(salts).size).toBe(8);
  });

  it('renders the configuration of nginx and PHP that a local instance has', async () => {
    const host = prepareHost('prod', prodSecrets);
    await host.start();
    const environment = readFileSync(join(host.state, 'instance.env'), 'utf8');
    expect(environment).toContain('INSTANCE_ID=i-0123456789abcdef0');
    expect(environment).toContain('ADDRESS=127.15.1.10');
    // Auto Scaling replaces one whose disk is full.
    expect(environment).toContain('OWN_DISK=yes');
    expect(readFileSync(join(host.state, 'instance/etc/nginx.conf'), 'utf8')).toContain('127.15.1.10:8080');
  });

  it('may be started again, as after a reboot', async () => {
    const host = prepareHost('prod', prodSecrets);
    await host.start();
    await host.start();
    expect(readFileSync(join(host.state, 'config/wp-config.php'), 'utf8')).toContain('pass-word-of-prod');
  });

  it('ends with an error, and leaves the configuration as it was, when a secret cannot be read', async () => {
    const host = prepareHost('prod', prodSecrets);
    await host.start();
    const secrets = { ...prodSecrets, 'understudy/example/salts': undefined };
    await expect(prepareHost('prod', secrets, host.folder).start()).rejects.toThrow(
      /the secret understudy\/example\/salts cannot be read/,
    );
    expect(readFileSync(join(host.state, 'config/wp-config.php'), 'utf8')).toContain('pass-word-of-prod');
  });

  it('passes no secret in an argument', async () => {
    const host = prepareHost('prod', prodSecrets);
    await host.start();
    expect(host.calls().join('\n')).not.toMatch(/pass-word|0123456789012345/);
    expect(readFileSync(join(host.folder, 'arguments'), 'utf8')).not.toMatch(/pass-word|0123456789012345|secret-token/);
  });
});

describe('a dev host that starts', () => {
  it('serves the shared document root and asks for no secret', async () => {
    const host = prepareHost('dev', {});
    await host.start();
    const environment = readFileSync(join(host.state, 'instance.env'), 'utf8');
    expect(environment).toContain(`DOCUMENT_ROOT=${join(host.folder, 'files/dev')}`);
    expect(host.calls()[0]).toMatch(/,rw,noresvport/);
  });
});

interface Fakes {
  readonly env: Readonly<Record<string, string>>;
  calls(): readonly string[];
}

/** Programs of a machine in AWS that this one does not have. What they are called with is written down. */
function fakes(bodies: Readonly<Record<string, string>>, where = mkdtempSync(join(folder, 'tools-'))): Fakes {
  const bin = join(where, 'bin');
  mkdirSync(bin, { recursive: true });
  const calls = join(where, 'calls');
  writeFileSync(calls, '');
  for (const [name, body] of Object.entries(bodies)) {
    writeFileSync(
      join(bin, name),
      `#!/bin/sh\nprintf '%s %s\\n' "${name}" "$*" >>"${join(where, 'arguments')}"\n${body}\n`,
      { mode: 0o755 },
    );
  }
  return {
    env: { PATH: `${bin}:${process.env.PATH}`, CALLS: calls },
    calls: () => readFileSync(calls, 'utf8').split('\n').filter(Boolean),
  };
}

function prepareHost(
  stack: 'dev' | 'prod',
  secrets: Readonly<Record<string, string | undefined>>,
  where = mkdtempSync(join(folder, 'host-')),
) {
  chmodSync(where, 0o755);
  const state = join(where, 'state');
  const found = Object.entries(secrets).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const file = join(where, `${name.replaceAll('/', '-')}.json`);
    writeFileSync(file, value);
    return [`${name}) cat '${file}' ;;`];
  });
  const tools = fakes(
    {
      mount: 'echo "mount $*" >>"$CALLS"',
      mountpoint: 'exit 1',
      systemctl: 'echo "systemctl $*" >>"$CALLS"',
      node: 'echo "node $*" >>"$CALLS"',
      aws: `while [ "$1" != --secret-id ]; do shift; done\ncase $2 in ${found.join(' ')} *) exit 254 ;; esac`,
      curl: 'case $* in *api/token*) echo secret-token ;; *instance-id*) echo i-0123456789abcdef0 ;; *local-ipv4*) echo 127.15.1.10 ;; esac',
    },
    where,
  );
  const file = join(where, 'host.conf');
  const user = process.getuid?.() === 0 ? 'www-data' : (process.env.USER ?? 'nobody');
  writeFileSync(
    file,
    `${hostFileOf(stack)}STATE_DIR=${state}\nRUN_DIR=${join(where, 'run')}\nFILES_DIR=${join(where, 'files')}\nWEB_USER=${user}\nPHP_FPM=php-fpm8.2\n`,
  );
  return {
    folder: where,
    state,
    calls: tools.calls,
    start: () => run(join(scripts, 'start'), [file], { env: tools.env }),
  };
}
