import { refusal } from '../../output/errors.js';
import type { Verb } from '../command.js';
import { environmentArgument } from '../environment-argument.js';

export const open: Verb = {
  name: 'open',
  summary: "an environment's address, opened in a browser where there is one",
  examples: [
    ['open', 'prod'],
    ['open dev', 'dev, and how to log in'],
    ['open dev --password', "with the administrator's password"],
  ],
  declare: (command) =>
    command.argument('[environment]', 'dev or prod', 'prod').option('--password', "show the administrator's password"),
  onAws: {
    instead:
      "`understudy status --target aws` has the addresses; the administrator's password is in Secrets Manager (docs/aws.md).",
  },
  async run({ terminal, configFile }, options, [named = 'prod']) {
    const environment = environmentArgument(named);
    const { layoutFor } = await import('../../local/layout.js');
    const { networkOf } = await import('../../local/network/claim.js');
    const { urlOf } = await import('../../local/parts.js');
    const { readSite } = await import('../../local/site/applied-site.js');
    const { ensureSecrets } = await import('../../local/secrets.js');
    const layout = layoutFor(configFile);
    const [site, claim] = await Promise.all([readSite(layout), networkOf(layout)]);
    if (!site || !claim)
      throw refusal({ code: 'not-up', message: 'This site has never been up.', remedy: 'Run `understudy up`.' });
    const url = urlOf(site, environment, claim);
    const login =
      environment === 'dev' && site.app.kind === 'wordpress'
        ? { loginUrl: `${url}/wp-login.php`, user: site.app.adminUser }
        : undefined;
    const password = login && options.password ? (await ensureSecrets(layout)).adminPassword.reveal() : undefined;
    if (terminal.interactive) await openBrowser(login?.loginUrl ?? url);
    terminal.result({ url, ...login, ...(password ? { password } : {}) }, () =>
      [
        url,
        ...(login
          ? [
              `log in: ${login.loginUrl} as ${login.user}`,
              password ? `password: ${password}` : 'password: shown with --password',
            ]
          : []),
      ].join('\n'),
    );
    return 0;
  },
};

/** Where there is a desktop, its opener knows the browser; elsewhere the address is enough. */
async function openBrowser(url: string): Promise<void> {
  const { find, searchFolders } = await import('../../local/machine/find-programs.js');
  const opener = process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? find('xdg-open', searchFolders()) : undefined;
  if (!opener) return;
  const { run } = await import('../../process/run.js');
  await run(opener, [url], { deadlineMs: 10_000 }).catch(() => undefined);
}
