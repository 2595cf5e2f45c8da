import { spawn } from 'node:child_process';
import { chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layoutFor, paths } from '../dist/local/layout.js';
import { localPlatform } from '../dist/local/local-platform.js';
import { accountFor } from '../dist/local/machine/accounts.js';
import { waitUntil } from '../dist/process/wait.js';
import { fetchPage } from '../dist/promotion/pages.js';
import { lockHolder } from '../dist/state/lock.js';

const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** @typedef {{ exitCode: number, json: any, stderr: string }} Ended */

/** A small PHP site with a database and media, promoted in seconds, whose every part says which number it is. */
export class CrashSite {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
    this.configFile = join(folder, 'understudy.config.ts');
    this.layout = layoutFor(this.configFile);
  }

  static async create() {
    const site = new CrashSite(await mkdtemp(join(tmpdir(), 'understudy-crash-')));
    const app = { kind: 'php', directory: './site', mediaPath: 'files', database: true };
    const definition = { name: 'crash', app, promotion: { bakeSeconds: 1 } };
    await writeFile(site.configFile, `export default ${JSON.stringify(definition)};\n`);
    await mkdir(join(site.folder, 'site', 'files'), { recursive: true });
    const page = "<?php $code = include 'code.php'; header('Content-Type: text/plain'); echo \"code $code\";";
    await writeFile(join(site.folder, 'site', 'index.php'), page);
    await writeFile(join(site.folder, 'site', 'code.php'), '<?php return 1;');
    await writeFile(join(site.folder, 'site', 'files', 'a.txt'), 'media 1');
    return site;
  }

  /** Runs a command to its end; no exit status is an error. @param {readonly string[]} args */
  start(args) {
    const child = spawn(process.execPath, [cli, ...args, '--json', '--config', this.configFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    /** @type {Promise<Ended>} */
    const ended = new Promise((resolve) => {
      child.on('close', (code) => resolve({ exitCode: code ?? 137, json: stdout ? JSON.parse(stdout) : null, stderr }));
    });
    return { pid: child.pid ?? 0, ended };
  }

  /** @param {readonly string[]} args */
  run(args) {
    return this.start(args).ended;
  }

  async platform() {
    this.open ??= localPlatform(this.layout);
    return this.open;
  }

  async database() {
    const { database } = await this.platform();
    if (!database) throw new Error('The site has no database.');
    return database;
  }

  /** Code, a row and media of one number, in dev. @param {number} number */
  async edit(number) {
    await this.#writeDev('code.php', `<?php return ${number};`);
    await this.#writeDev('files/a.txt', `media ${number}`);
    const { databases } = await this.database();
    // Dev may be failing over from the round before.
    await waitUntil(
      async () => {
        try {
          const { primary } = await databases.topology();
          const dev = await databases.connect(primary, 'dev');
          try {
            await dev.query('CREATE TABLE IF NOT EXISTS notes (id INT PRIMARY KEY, text VARCHAR(100))');
            await dev.query('REPLACE INTO notes (id, text) VALUES (1, ?)', [`row ${number}`]);
            return true;
          } finally {
            await dev.end();
          }
        } catch {
          return false;
        }
      },
      { what: 'dev to accept writes', deadlineMs: 120_000, everyMs: 500 },
    );
  }

  /** @param {string} path @param {string} content */
  async #writeDev(path, content) {
    const file = join(paths.devRoot(this.layout), path);
    const account = accountFor('dev');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    if (account) await chown(file, account.uid, account.gid);
  }

  /** Until everything that was killed is back: a promotion would be refused before. */
  async settled() {
    const { fleet } = await this.platform();
    const { databases, gate } = await this.database();
    await waitUntil(
      async () => {
        try {
          const instances = await fleet.instances('prod');
          const { state, replicas } = await databases.topology();
          await Promise.all(replicas.map((id) => gate.status(id)));
          // The control plane repairs a replica under the promotions' lock.
          if (await lockHolder(paths.promotionLock(this.layout))) return false;
          return state === 'redundant' && instances.length > 0 && instances.every((one) => one.state === 'healthy');
        } catch {
          return false;
        }
      },
      { what: 'the site to be well again', deadlineMs: 180_000, everyMs: 500 },
    );
  }

  /** What prod is, in every part. */
  async seen() {
    const { fleet, releases, urls } = await this.platform();
    const { databases, gate, routing } = await this.database();
    const signal = AbortSignal.timeout(60_000);
    const { replicas } = await databases.topology();
    const edition = await releases.currentEdition();
    const instances = await fleet.instances('prod');
    const show = async (/** @type {string} */ origin, /** @type {string} */ path) =>
      fetchPage({ origin, siteUrl: urls.prod, path, signal });
    return {
      edition,
      weights: await routing.weights(),
      leftovers: edition ? await fleet.leftovers(edition.id) : [],
      instances: await Promise.all(
        instances.map(async ({ id, edition: serves, origin }) => {
          const page = await show(origin, '/');
          const by = page.headers['x-understudy-edition'];
          return { id, serves, page: page.body, by, media: (await show(origin, '/files/a.txt')).body };
        }),
      ),
      replicas: await Promise.all(
        replicas.map(async (id) => {
          const { gate: state, position, errant } = await gate.status(id);
          const reader = await databases.connect(id, 'prod');
          try {
            const [row] = await reader.query('SELECT text FROM notes WHERE id = 1');
            return { id, gate: state, position, errant, row: row?.text };
          } finally {
            await reader.end();
          }
        }),
      ),
    };
  }

  /** Processes of a server or an instance, as the supervisor has recorded them. @param {string} name */
  async processes(name) {
    const folder = paths.processes(this.layout);
    const files = (await readdir(folder)).filter((file) => file.startsWith(`${name}.`));
    const records = await Promise.all(
      files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8'))),
    );
    return records.map(({ process: found }) => /** @type {number} */ (found.pid));
  }

  /** Removes everything, whatever was interrupted. */
  async destroy() {
    await this.run(['rollback', '--yes']);
    await this.run(['down', '--destroy', '--yes']);
    await rm(this.folder, { recursive: true, force: true });
  }
}
