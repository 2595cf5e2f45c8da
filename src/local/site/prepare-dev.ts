import { chmod, chown, copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reportTask } from '../../output/messages.js';
import type { WorkOptions } from '../../platform/work.js';
import type { Account } from '../../process/run.js';
import type { EnvironmentName, PhpApp, WordpressApp } from '../../site/schema.js';
import { fillDocumentRoot } from '../files/document-root.js';
import { paths } from '../layout.js';
import { ports } from '../network/hosts.js';
import type { SiteParts } from '../parts.js';
import { obtainWordPress } from '../wordpress-source/obtain-wordpress.js';
import { installWordpress } from './install-wordpress.js';
import { writeWordpressConfig } from './wordpress-config.js';

/**
 * Gives dev its code, if it has none, and both environments what is theirs alone: their configuration, which is never
 * promoted. What people have made of dev's code is never touched.
 */
export async function prepareDev(parts: SiteParts, work: WorkOptions): Promise<void> {
  const { app } = parts.site;
  if (app.kind === 'wordpress') await prepareWordpress(parts, app, work);
  else await preparePhp(parts, app, work);
  // Its account's alone, whoever has filled it.
  await chmod(paths.devRoot(parts.layout), 0o750);
}

async function prepareWordpress(parts: SiteParts, app: WordpressApp, { report, signal }: WorkOptions): Promise<void> {
  const { layout, accounts, secrets, programs } = parts;
  const root = paths.devRoot(layout);
  await reportTask(
    report,
    'wordpress',
    "WordPress in dev's document root",
    () => obtainWordPress(app.source, root, { owner: accounts.dev, report, signal }),
    ({ version, from }) => (from === undefined ? version : `${version} from ${from}`),
  );
  await writeConfig(parts, app, 'dev', root);
  await writeConfig(parts, app, 'prod', paths.configDir(layout, 'prod'));
  await reportTask(
    report,
    'install',
    "WordPress in dev's database",
    () => installWordpress({ root, app, secrets, php: programs.php, account: accounts.dev, signal }),
    (now) => (now ? undefined : 'was there'),
  );
}

/** Writes an environment's configuration, and what understudy adds to WordPress, into a folder. */
export async function writeConfig(parts: SiteParts, app: WordpressApp, environment: EnvironmentName, folder: string) {
  const { site, urls, hosts, secrets, programs, accounts, database } = parts;
  if (!database) throw new Error('WordPress has no database.');
  await mkdir(folder, { recursive: true });
  const host = environment === 'dev' ? hosts.primaryEndpoint : hosts.replicaEndpoint;
  await writeWordpressConfig(folder, {
    site,
    app,
    environment,
    urls,
    databaseHost: `${host}:${ports.database}`,
    schema: database.schema,
    mailSink: { host: hosts.monitoring.mailSink, port: ports.mail },
    secrets,
    php: programs.php,
    account: accounts[environment],
  });
}

async function preparePhp(
  { layout, accounts }: SiteParts,
  app: PhpApp,
  { report, signal }: WorkOptions,
): Promise<void> {
  const root = paths.devRoot(layout);
  await reportTask(
    report,
    'site',
    "The site in dev's document root",
    () => fillDocumentRoot(app.directory, root, { owner: accounts.dev, signal }),
    (filled) => (filled ? undefined : 'was there'),
  );
  await layStaticFiles(root, app.staticFiles.dev, accounts.dev);
  await mkdir(paths.configDir(layout, 'prod'), { recursive: true });
  await layStaticFiles(paths.configDir(layout, 'prod'), app.staticFiles.prod, accounts.prod);
}

/** They may hold secrets: readable by root and the environment's account alone. */
async function layStaticFiles(folder: string, files: Readonly<Record<string, string>>, account: Account | undefined) {
  for (const [path, source] of Object.entries(files)) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(source, target);
    if (account) await chown(target, 0, account.gid);
    await chmod(target, account ? 0o640 : 0o600);
  }
}
