import { refusal } from '../../output/errors.js';
import type { CommandContext, Verb } from '../command.js';
import { confirm } from '../confirm.js';

export const down: Verb = {
  name: 'down',
  summary: 'stop the platform; its data stays',
  examples: [
    ['down', 'stop everything'],
    ['down --destroy', 'and remove dev, prod, databases and releases, after asking'],
  ],
  declare: (command) =>
    command.option('--destroy', 'remove all data of the site as well').option('-y, --yes', 'do not ask'),
  onAws: { instead: 'Use `understudy aws destroy`, which keeps all data unless it is told otherwise.' },
  async run(context, options) {
    const { terminal, configFile } = context;
    if (options.destroy) await confirmDestroy(context, options.yes === true);
    const ms = await takeDown(context, options.destroy === true);
    terminal.result({ destroyed: options.destroy === true, ms, site: configFile }, () =>
      options.destroy
        ? 'Stopped, and all data of the site removed.'
        : 'Stopped. The data is kept; `understudy up` starts it again.',
    );
    return 0;
  },
};

/** How long the databases may take to write out what they hold. */
const downMs = 2 * 60_000;

/** @returns how long it took, in ms */
export async function takeDown({ terminal, configFile, signal }: CommandContext, destroy: boolean): Promise<number> {
  const { reportTask } = await import('../../output/messages.js');
  const { layoutFor } = await import('../../local/layout.js');
  const { ensureControlPlane } = await import('../../local/control-plane/ensure.js');
  const { controlPlaneEnded, destroySite, hasState } = await import('../../local/destroy.js');
  const layout = layoutFor(configFile);
  const started = performance.now();
  if (hasState(layout)) {
    await reportTask(terminal.report, 'down', 'Stopping every server', async () => {
      const client = await ensureControlPlane(layout, signal, { idle: true });
      await client.call('down', {}, { deadlineMs: downMs, signal });
      await controlPlaneEnded(layout);
    });
  }
  if (destroy) await reportTask(terminal.report, 'destroy', 'Removing all data', () => destroySite(layout));
  return Math.round(performance.now() - started);
}

async function confirmDestroy({ terminal, signal, configFile }: CommandContext, yes: boolean): Promise<void> {
  if (yes) return;
  const agreed =
    terminal.interactive &&
    (await confirm(`Remove dev, prod, databases and releases of ${configFile} for good?`, signal));
  if (agreed) return;
  throw refusal({
    code: 'declined',
    message: 'Nothing was removed.',
    remedy: 'Without a terminal, give --yes.',
  });
}
