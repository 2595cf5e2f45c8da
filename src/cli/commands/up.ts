import type { UpResult } from '../../local/control-plane/api.js';
import type { CommandContext, Verb } from '../command.js';
import { seconds } from '../terminal.js';

export const up: Verb = {
  name: 'up',
  summary: 'start the platform of this site, and keep it running',
  examples: [
    ['up', 'start what is not running; may be repeated'],
    ['up -c ~/sites/shop/understudy.config.ts', 'a site elsewhere'],
  ],
  onAws: { instead: 'Use `understudy aws deploy`.' },
  async run(context) {
    const result = await bringUp(context);
    context.terminal.result(result, () =>
      [
        `Up in ${seconds(result.ms)}.`,
        `  dev   ${result.urls.dev}`,
        `  prod  ${result.urls.prod}`,
        `Trust this authority once, and browsers accept the certificate: ${result.authorityFile}`,
        'Log in to dev with `understudy open dev`; bring it to prod with `understudy promote`.',
      ].join('\n'),
    );
    return 0;
  },
};

/** How long everything may take, a download of WordPress on a slow line included. */
const upMs = 15 * 60_000;

export async function bringUp({ terminal, configFile, signal }: CommandContext): Promise<UpResult> {
  const { loadSite } = await import('../../site/load.js');
  const { locatePrograms } = await import('../../local/machine/find-programs.js');
  const { layoutFor } = await import('../../local/layout.js');
  const { smtpPassword } = await import('../../local/monitoring/smtp-password.js');
  const { ensureControlPlane } = await import('../../local/control-plane/ensure.js');
  const site = await loadSite(configFile);
  locatePrograms();
  const password = await smtpPassword(layoutFor(configFile), site);
  const client = await ensureControlPlane(layoutFor(configFile), signal, { current: true });
  return client.call(
    'up',
    { site, ...(password ? { smtpPassword: password.reveal() } : {}) },
    { report: terminal.report, signal, deadlineMs: upMs },
  );
}
