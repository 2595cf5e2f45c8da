import type { DoctorReport } from '../local/machine/doctor.js';
import type { GatherOptions } from '../local/machine/facts.js';
import type { CommandContext } from './command.js';
import { confirm } from './confirm.js';

export interface PrepareOptions {
  /** Do not ask. */
  readonly yes: boolean;
  readonly gather: GatherOptions;
  /** Also install what the platform can do without. Otherwise that comes along only where something else is missing. */
  readonly optional?: boolean;
}

/** Installs what the machine lacks: told with its reasons, and asked for where there is somebody to ask. */
export async function prepareMachine(
  { terminal, signal }: CommandContext,
  { yes, gather, optional = false }: PrepareOptions,
): Promise<DoctorReport> {
  const { examine } = await import('../local/machine/doctor.js');
  const { installMissing } = await import('../local/machine/install.js');
  const report = await examine(gather);
  const { planInstallation } = await import('../local/machine/installation-plan.js');
  if (report.ready && !(optional && planInstallation(report).length > 0)) return report;
  const outcome = await installMissing({
    report,
    gather,
    say: terminal.report,
    signal,
    confirm: async (packages) => {
      terminal.say('This machine lacks:');
      for (const { name, because } of packages) terminal.say(`  ${name.padEnd(28)} ${because.join('; ')}`);
      return yes || !terminal.interactive || (await confirm('Install them?', signal));
    },
  });
  return outcome.report;
}
