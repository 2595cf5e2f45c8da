import { S3AccessLogs } from '../../aws/operate/access-logs.js';
import { GateRecord } from '../../aws/operate/database/gate-record.js';
import { publishedSite } from '../../aws/operate/published-site.js';
import { s3EditionHistory } from '../../aws/operate/s3-edition-history.js';
import { S3ReleaseArchive } from '../../aws/operate/s3-release-archive.js';
import type { VerifiedClaim } from '../../promotion/certificate/verify.js';
import type { RebuiltReplica } from '../../replication/rebuild-into-edition.js';
import type { CommandContext } from '../command.js';
import { certificateIn } from './aws-certificates.js';
import { runJob } from './aws-jobs.js';
import { showAwsLogs } from './aws-logs.js';
import { awsPromotions } from './aws-promotions.js';
import { openAwsShell } from './aws-shell.js';
import type { AwsAccess } from './aws-site-access.js';
import { awsStatus } from './aws-status.js';
import type { Operations } from './operations.js';

/** What commands ask of a site in AWS. What changes something is carried out by its operations host. */
export function operationsInAws(context: CommandContext, access: AwsAccess): Operations {
  const { terminal, signal } = context;
  const { releases, logs, by, ask } = access;
  return {
    site: async () => (await publishedSite(releases)).site,
    status: () => awsStatus(access),
    meantGates: () => new GateRecord(releases).read(),
    promotions: awsPromotions({ bucket: releases, by, ask, terminal, signal }),
    async releases() {
      // Only lists are read here; nothing is staged.
      const archive = new S3ReleaseArchive(releases, '/nonexistent');
      const [kept, current, history] = await Promise.all([
        archive.list(),
        archive.currentEdition(),
        s3EditionHistory(releases).list(),
      ]);
      return { kept, current, history };
    },
    certificate: (id) => certificateIn(releases, id),
    verify: async ({ id }) =>
      (await runJob(access, context, { kind: 'verify', certificate: id })) as readonly VerifiedClaim[],
    rebuild: async (replica) => (await runJob(access, context, { kind: 'rebuild', replica })) as RebuiltReplica,
    accessLogs: async () => new S3AccessLogs(logs),
    showLogs: (what, how) => showAwsLogs(access, what, how),
    shell: (environment, command) => openAwsShell(context, access, environment, command),
  };
}
