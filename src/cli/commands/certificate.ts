import type { Verb } from '../command.js';
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
  async run({ terminal, configFile, signal }, options, [wanted]) {
    const { layoutFor, paths } = await import('../../local/layout.js');
    const { readCertificate } = await import('../../promotion/certificate/certificates.js');
    const layout = layoutFor(configFile);
    const { id, certificate } = await readCertificate(paths.promotions(layout), wanted);
    if (!options.verify) {
      terminal.result({ id, ...certificate }, () => certificateText(id, certificate));
      return 0;
    }
    const { localPlatform } = await import('../../local/local-platform.js');
    const { verifyCertificate } = await import('../../promotion/certificate/verify.js');
    const platform = await localPlatform(layout);
    const claims = await verifyCertificate(certificate, { platform, site: platform.site, signal });
    const holds = claims.every((claim) => claim.holds);
    terminal.result({ id, holds, claims, certificate }, () => verificationText(id, claims));
    return holds ? 0 : 1;
  },
};
