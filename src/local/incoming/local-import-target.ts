import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { refusal } from '../../output/errors.js';
import type { Fleet } from '../../platform/fleet.js';
import type { ImportTarget } from '../../platform/import-target.js';
import type { WorkOptions } from '../../platform/work.js';
import { run } from '../../process/run.js';
import { waitUntil } from '../../process/wait.js';
import { connectForBytes } from '../../sql/bytes-connection.js';
import { connect } from '../../sql/connect.js';
import { serverOf } from '../database/connections.js';
import { type Layout, paths } from '../layout.js';
import { networkOf } from '../network/claim.js';
import { partsOf, type SiteParts } from '../parts.js';
import { ServiceRecords } from '../service-record.js';
import { readSite } from '../site/applied-site.js';
import { writeConfig } from '../site/prepare-dev.js';
import { exchangeFolders, exchangeFoldersBack, type Folders } from './exchange-folders.js';
import { discardStagedFiles, lookAtFiles, stageFiles } from './stage-files.js';

/** A scheduled job that runs when dev is closed. It may take as long as the control plane allows it to. */
const jobMs = 10 * 60_000;

/**
 * What an import needs of this machine.
 * @throws refusal `not-up` for a site that has never been up; `not-wordpress` for one that is something else
 */
export async function localImportTarget(layout: Layout, fleet: Fleet): Promise<ImportTarget> {
  const [site, claim] = await Promise.all([readSite(layout), networkOf(layout)]);
  if (!site || !claim) {
    throw refusal({ code: 'not-up', message: 'This site has never been up.', remedy: 'Run `understudy up`.' });
  }
  const { app } = site;
  if (app.kind !== 'wordpress') {
    throw refusal({
      code: 'not-wordpress',
      message: "Only WordPress sites are imported; this definition's is another.",
    });
  }
  const parts = await partsOf(layout, site, claim);
  const owner = parts.accounts.dev;
  const folders = (keep: string): Folders => ({
    used: paths.devRoot(layout),
    incoming: paths.incomingFiles(layout),
    kept: paths.keptFiles(layout, keep),
  });
  return {
    php: (signal) => phpOf(parts, signal),
    connectForLoading: async () => connectForBytes(await loadAccess(parts)),
    connectToIncoming: async () => connect(await loadAccess(parts)),
    stageFiles: (source, { signal }) =>
      stageFiles(source, paths.incomingFiles(layout), {
        owner,
        signal,
        configure: (folder) => writeConfig(parts, app, 'dev', folder),
      }),
    lookAtFiles: (source, { signal }, look) =>
      lookAtFiles(source, paths.incomingFiles(layout), { owner, signal }, look),
    discardStaged: () => discardStagedFiles(paths.incomingFiles(layout)),
    closeDev: (work) => closeDev(parts, fleet, work),
    exchangeFiles: async (keep) => {
      await exchangeFolders(folders(keep));
      // What is kept can be put back and answers at once.
      await rm(join(paths.keptFiles(layout, keep), marker), { force: true });
    },
    exchangeFilesBack: (keep) => exchangeFoldersBack(folders(keep)),
    openDev: async (work) => {
      await rm(join(paths.devRoot(layout), marker), { force: true });
      await rm(join(paths.incomingFiles(layout), marker), { force: true });
      await refreshAll(fleet, work);
    },
    keptFolder: (keep) => paths.keptFiles(layout, keep),
  };
}

async function loadAccess({ database, secrets }: SiteParts) {
  if (!database) throw new Error('WordPress has no database.');
  const { primary } = await database.databases.topology();
  const { address, port } = serverOf(database.servers, primary);
  return { host: address, port, user: 'load', password: secrets.databases.load };
}

async function phpOf({ programs }: SiteParts, signal: AbortSignal) {
  const code =
    'echo json_encode(["version" => PHP_VERSION, "extensions" => array_map("strtolower", get_loaded_extensions())]);';
  const { stdout } = await run(programs.php, ['-r', code], { signal });
  return JSON.parse(stdout) as { version: string; extensions: string[] };
}

const marker = '.maintenance';

/**
 * WordPress's own marker, which it takes for ten minutes old at most: this one is always new. Then PHP is started anew
 * behind a drain, which ends every request that began before; and the scheduled job, which no new one follows.
 */
async function closeDev({ layout, accounts }: SiteParts, fleet: Fleet, work: WorkOptions): Promise<void> {
  const file = join(paths.devRoot(layout), marker);
  await writeFile(file, '<?php $upgrading = time();\n', { mode: 0o644 });
  if (accounts.dev) await chown(file, accounts.dev.uid, accounts.dev.gid);
  await refreshAll(fleet, work);
  const records = new ServiceRecords(paths.processes(layout));
  await waitUntil(async () => (await records.find('cron')) === undefined, {
    what: "dev's scheduled job to end",
    deadlineMs: jobMs,
    signal: work.signal,
  });
}

async function refreshAll(fleet: Fleet, { signal }: WorkOptions): Promise<void> {
  for (const { id } of await fleet.instances('dev')) {
    signal.throwIfAborted();
    await fleet.refresh(id);
  }
}
