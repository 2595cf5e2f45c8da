import { resolveNs } from 'node:dns/promises';
import { examineAws } from '../../../aws/deployment/doctor.js';
import { makeClients } from '../../../aws/deployment/make-clients.js';
import { readImageLock } from '../../../aws/image-lock.js';
import { instanceFilesHash } from '../../../aws/instance-files.js';
import { reportTask } from '../../../output/messages.js';
import { awsSite } from '../../../site/aws-site.js';
import { loadSite } from '../../../site/load.js';
import type { CommandContext } from '../../command.js';
import { findingsText } from '../../text/aws-text.js';

/** What a deployment depends on, and for each thing that is not right what to do. */
export async function doctor({ terminal, configFile, signal }: CommandContext): Promise<number> {
  const of = awsSite(await loadSite(configFile));
  const image = await readImageLock(configFile);
  const instanceFiles = await instanceFilesHash();
  const findings = await reportTask(terminal.report, 'doctor', `Looking at ${of.account} in ${of.region}`, () =>
    examineAws({ of, image, instanceFiles, clients: makeClients(of.region), lookUp: resolveNs, signal }),
  );
  const ready = findings.every(({ state }) => state !== 'bad');
  terminal.result({ ready, findings }, () => findingsText(findings));
  return ready ? 0 : 3;
}
