import { layoutFor, paths } from '../../local/layout.js';
import { readSite } from '../../local/site/applied-site.js';
import { refusal } from '../../output/errors.js';
import type { CommandContext } from '../command.js';
import { readStatus } from '../read-status.js';
import type { Operations, Promotions } from './operations.js';

/** The platform on this machine. What a verb does not need is not loaded: `status` must answer at once. */
export function localOperations(context: CommandContext): Operations {
  const { configFile, terminal, signal } = context;
  const layout = layoutFor(configFile);
  const site = async () => {
    const applied = await readSite(layout);
    if (applied) return applied;
    throw refusal({ code: 'not-up', message: 'This site has never been up.', remedy: 'Run `understudy up`.' });
  };
  const platform = async () => (await import('../../local/local-platform.js')).localPlatform(layout);
  return {
    site,
    status: () => readStatus(configFile),
    meantGates: async () => (await import('../../local/meant-gates.js')).localMeantGates(layout),
    promotions: localPromotions(context),
    async releases() {
      const { localReleaseArchive } = await import('../../local/files/local-release-archive.js');
      const { localEditionHistory } = await import('../../local/files/editions.js');
      const archive = localReleaseArchive(layout.stateDir);
      const [kept, current, history] = await Promise.all([
        archive.list(),
        archive.currentEdition(),
        localEditionHistory(layout.stateDir).list(),
      ]);
      return { kept, current, history };
    },
    async certificate(id) {
      const { readCertificate } = await import('../../promotion/certificate/certificates.js');
      return readCertificate(paths.promotions(layout), id);
    },
    async verify({ certificate }) {
      const { verifyCertificate } = await import('../../promotion/certificate/verify.js');
      const running = await platform();
      return verifyCertificate(certificate, { platform: running, site: running.site, signal });
    },
    async rebuild(replica) {
      const { rebuildIntoEdition } = await import('../../replication/rebuild-into-edition.js');
      const { refuseBesideInterrupted } = await import('../../promotion/history.js');
      const { acquireLock } = await import('../../state/lock.js');
      const { reportTask } = await import('../../output/messages.js');
      const running = await platform();
      const lock = await acquireLock(paths.promotionLock(layout), { why: `rebuilding ${replica}` });
      try {
        await refuseBesideInterrupted(paths.promotions(layout));
        return await reportTask(terminal.report, 'rebuild', `Rebuilding ${replica}`, () =>
          rebuildIntoEdition(running, replica, { report: terminal.report, signal }),
        );
      } finally {
        await lock.release();
      }
    },
    async accessLogs() {
      const { networkOf } = await import('../../local/network/claim.js');
      const { hostsOf } = await import('../../local/network/hosts.js');
      const { siteAccessLogs } = await import('../../local/access-log/site-access-logs.js');
      const [applied, claim] = await Promise.all([site(), networkOf(layout)]);
      if (!claim) throw new Error('A site that has been up has a network.');
      return siteAccessLogs({ layout, site: applied, hosts: hostsOf(claim.network, applied) });
    },
    async showLogs(what, how) {
      const { showServerLogs } = await import('./local-logs.js');
      return showServerLogs(layout, what, { ...how, signal });
    },
    async shell(environment, command) {
      const { openShell } = await import('../../local/shell.js');
      return openShell(layout, environment, command);
    },
  };
}

function localPromotions(context: CommandContext): Promotions {
  const { configFile } = context;
  const started = () => import('../start-promotion.js');
  // Going back from a new edition must not wait for what only a new promotion needs to be loaded.
  const going = () => import('../running-promotion.js');
  const running = async () => (await going()).runningPromotion(configFile);
  /** It was seen running a moment ago; whose process it is, its lock tells. */
  const stillRunning = async (id: string) => {
    const found = await running();
    if (found?.id === id) return found;
    throw refusal({
      code: 'promotion-over',
      message: `Promotion ${id} has just come to its end.`,
      remedy: 'Run `understudy status`.',
    });
  };
  return {
    start: async (wanted) => (await started()).startPromotion(context, wanted),
    running,
    async interrupted() {
      const { interruptedPromotion } = await import('../../promotion/history.js');
      return (await interruptedPromotion(paths.promotions(layoutFor(configFile))))?.id;
    },
    goOn: async (id, mode) => (await started()).continuePromotion(context, id, mode),
    takeBack: async ({ id }) => (await going()).takeBackPromotion(context, await stillRunning(id)),
    letGoOn: async ({ id }) => (await going()).continuePromotionThatHolds(context, await stillRunning(id)),
  };
}
