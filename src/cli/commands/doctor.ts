import type { Verb } from '../command.js';
import { prepareMachine } from '../prepare-machine.js';

export const doctor: Verb = {
  name: 'doctor',
  summary: 'look whether this machine has what the platform needs, and install what it lacks',
  examples: [
    ['doctor', 'what is there and what is missing'],
    ['doctor --install', 'install what is missing, after asking'],
    ['doctor --json', 'for programs'],
  ],
  declare: (command) =>
    command
      .option('--install', 'install what is missing (with apt; through sudo when not root)')
      .option('-y, --yes', 'do not ask'),
  async run(context, options) {
    const { terminal } = context;
    const { examine } = await import('../../local/machine/doctor.js');
    const { doctorText } = await import('../text/doctor-text.js');
    const gather = await gatherOptions(context);
    const report = options.install
      ? await prepareMachine(context, { yes: options.yes === true, gather, optional: true })
      : await examine(gather);
    terminal.result(report, () => doctorText(report));
    return report.ready ? 0 : 3;
  },
};

/** Without a definition the whole local platform is looked at. */
async function gatherOptions({ configFile, signal }: Parameters<Verb['run']>[0]) {
  const { layoutFor } = await import('../../local/layout.js');
  return { stateDir: layoutFor(configFile).stateDir, signal };
}
