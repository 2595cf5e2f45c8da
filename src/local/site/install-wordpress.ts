import { type Account, run } from '../../process/run.js';
import type { WordpressApp } from '../../site/schema.js';
import type { SiteSecrets } from '../secrets.js';
import { instanceFile } from '../web/instance-files.js';

export interface InstallOptions {
  readonly root: string;
  readonly app: WordpressApp;
  readonly secrets: SiteSecrets;
  readonly php: string;
  readonly account: Account | undefined;
  readonly signal: AbortSignal;
}

/**
 * Installs WordPress into dev's database with WordPress's own installer, unless it is installed.
 * @returns whether it was installed now
 */
export async function installWordpress({ root, app, secrets, php, account, signal }: InstallOptions): Promise<boolean> {
  const { stdout } = await run(php, [instanceFile('wordpress/install.php')], {
    cwd: root,
    as: account,
    signal,
    deadlineMs: 120_000,
    input: JSON.stringify({
      title: app.title,
      adminUser: app.adminUser,
      adminEmail: app.adminEmail,
      adminPassword: secrets.adminPassword.reveal(),
      locale: app.locale,
      permalinks: '/%postname%/',
    }),
  });
  return (JSON.parse(stdout) as { installed: boolean }).installed;
}
