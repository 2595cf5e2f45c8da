import { chown, copyFile, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Secret } from '../../output/secret.js';
import { type Account, run } from '../../process/run.js';
import type { EnvironmentName, Site, WordpressApp } from '../../site/schema.js';
import { writeFileAtomic } from '../../state/atomic-file.js';
import type { SiteSecrets } from '../secrets.js';
import { instanceFile } from '../web/instance-files.js';

export interface WordpressConfigOptions {
  readonly site: Site;
  readonly app: WordpressApp;
  readonly environment: EnvironmentName;
  readonly urls: Readonly<Record<EnvironmentName, string>>;
  /** Host and port of the database that the environment asks first. */
  readonly databaseHost: string;
  readonly schema: string;
  /** Where dev's mail goes: the built-in sink, never to anybody outside. Prod sends none. */
  readonly mailSink: { readonly host: string; readonly port: number };
  readonly secrets: SiteSecrets;
  readonly php: string;
  readonly account: Account | undefined;
}

/**
 * Writes `wp-config.php` and what understudy adds to WordPress into a folder: in dev the document root itself, in
 * prod what is laid over every edition. Readable by root and the environment's account alone: it has a password.
 */
export async function writeWordpressConfig(folder: string, options: WordpressConfigOptions): Promise<void> {
  const { environment, php, account } = options;
  const { stdout } = await run(php, [instanceFile('wordpress/render-config.php')], { input: documentFor(options) });
  await writeFileAtomic(join(folder, 'wp-config.php'), `${stdout}\n`, {
    mode: account ? 0o640 : 0o600,
    owner: account && { uid: 0, gid: account.gid },
  });
  await copyTree(instanceFile('wordpress/mu-plugins'), join(folder, 'wp-content/mu-plugins'), account);
  if (environment === 'prod')
    await copyTree(instanceFile('wordpress/drop-ins/prod'), join(folder, 'wp-content'), account);
}

function documentFor({
  site,
  app,
  environment,
  urls,
  databaseHost,
  schema,
  mailSink,
  secrets,
}: WordpressConfigOptions): string {
  const reveal = (values: Readonly<Record<string, Secret>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.reveal()]));
  const { options, constants } = site.environments[environment];
  return JSON.stringify({
    environment,
    url: urls[environment],
    otherUrls: environment === 'prod' ? [urls.dev] : [],
    database: {
      host: databaseHost,
      name: schema,
      user: environment,
      password: secrets.databases[environment].reveal(),
    },
    tablePrefix: app.tablePrefix,
    salts: reveal(secrets.salts),
    constants,
    options,
    ...(environment === 'dev' ? { smtp: mailSink } : {}),
  });
}

/** Copies our own files; a folder that is made on the way belongs to the account, so that dev's people can add to it. */
async function copyTree(from: string, to: string, account: Account | undefined): Promise<void> {
  if ((await stat(from)).isDirectory()) {
    const made = await mkdir(to, { recursive: true });
    if (made && account) await chown(to, account.uid, account.gid);
    for (const name of await readdir(from)) await copyTree(join(from, name), join(to, name), account);
  } else {
    await copyFile(from, to);
  }
}
