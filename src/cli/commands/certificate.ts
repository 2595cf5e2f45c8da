import type { Verb } from '../command.js';
import { operationsOf } from '../target/operations.js';
import { certificateText, verificationText } from '../text/certificate-text.js';

export const certificate: Verb = {
  name: 'certificate',
  summary: 'what was true of prod when a promotion ended, and whether it still is',
  examples: [
    ['certificate', 'of the latest promotion'],
    ['certificate --verify', 'look at every claim again; exit status 1 if one does not hold'],
    ['certificate 20260101T120000Z-4711 --json', 'of one promotion, for programs'],
  ],
  declare: (command) =>
    command
      .argument('[id]', 'of a promotion (default: the latest that has one)')
      .option('--verify', 'look at every claim again, on the running platform'),
  onAws: 'same',
  async run(context, options, [wanted]) {
    const { terminal } = context;
    const operations = await operationsOf(context);
    const issued = await operations.certificate(wanted);
    const { id, certificate } = issued;
    if (!options.verify) {
      terminal.result({ id, ...certificate }, () => certificateText(id, certificate));
      return 0;
    }
    const claims = await operations.verify(issued);
    const holds = claims.every((claim) => claim.holds);
    terminal.result({ id, holds, claims, certificate }, () => verificationText(id, claims));
    return holds ? 0 : 1;
  },
};
