import type { DoctorReport } from '../local/machine/doctor.js';
import type { GatherOptions } from '../local/machine/facts.js';
import type { CommandContext } from './command.js';
import { confirm } from './confirm.js';

export interface PrepareOptions {
  /** Do not ask. */
  readonly yes: boolean;
  readonly gather: GatherOptions;
}

/** Installs what the machine lacks: told with its reasons, and asked for where there is somebody to ask. */
export async function prepareMachine(
  { terminal, signal }: CommandContext,
  { yes, gather }: PrepareOptions,
): Promise<DoctorReport> {
  const { examine } = await import('../local/machine/doctor.js');
  const { installMissing } = await import('../local/machine/install.js');
  const report = await examine(gather);
  if (report.ready) return report;
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
