import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { layoutFor, paths } from '../dist/local/layout.js';
import { accountFor } from '../dist/local/machine/accounts.js';
import { locatePrograms } from '../dist/local/machine/find-programs.js';
import { wordpressPackage } from '../dist/local/machine/requirements.js';
import { run } from '../dist/process/run.js';

const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const longestMs = 15 * 60_000;

/**
 * A site of the benchmarks' own, driven through the command line as a person would. The distribution's WordPress is
 * taken where there is one, so that the network is not measured.
 */
export class BenchSite {
  /** @param {string} folder @param {AbortSignal} signal */
  constructor(folder, signal) {
    this.folder = folder;
    this.signal = signal;
    this.configFile = join(folder, 'understudy.config.ts');
    this.layout = layoutFor(this.configFile);
    /** @type {{ urls: { dev: string, prod: string }, authorityFile: string } | undefined} */
    this.place = undefined;
    this.isPromoted = false;
  }

  /** @param {AbortSignal} signal */
  static async create(signal) {
    const site = new BenchSite(await mkdtemp(join(tmpdir(), 'understudy-bench-')), signal);
    await site.define({});
    return site;
  }

  /** Writes the definition; `up` applies it. @param {object} prod the fields of its environment prod */
  async define(prod) {
    const source = existsSync(wordpressPackage.folder) ? { directory: wordpressPackage.folder } : 'auto';
    const definition = { name: 'bench', app: { kind: 'wordpress', source }, environments: { prod } };
    await writeFile(this.configFile, `export default ${JSON.stringify(definition)};\n`);
  }

  /**
   * Does something while prod has another capacity than usual.
   * @param {object} capacity
   * @param {(place: { urls: { dev: string, prod: string }, authority: string }) => Promise<void>} work
   */
  async withCapacity(capacity, work) {
    await this.define({ capacity });
    await this.up();
    try {
      await work(await this.running());
    } finally {
      await this.define({});
      await this.up();
    }
  }

  /**
   * Runs one command of understudy with --json.
   * @param {string} command @param {readonly string[]} args @param {readonly number[]} accept exit statuses beside 0
   * @returns {Promise<{ ms: number, json: any }>} from the start of the process to its end
   */
  async cli(command, args = [], signal = this.signal, accept = []) {
    const started = performance.now();
    const { stdout } = await run(process.execPath, [cli, command, ...args, '--json', '--config', this.configFile], {
      deadlineMs: longestMs,
      accept: [0, ...accept],
      signal,
    });
    return { ms: performance.now() - started, json: JSON.parse(stdout) };
  }

  async up() {
    const { ms, json } = await this.cli('up');
    this.place = json;
    return ms;
  }

  async down() {
    const { ms } = await this.cli('down');
    this.place = undefined;
    return ms;
  }

  /** Up, whatever was measured before. */
  async running() {
    if (!this.place) await this.up();
    if (!this.place) throw new Error('The site is not up.');
    return { ...this.place, authority: await readFile(this.place.authorityFile, 'utf8') };
  }

  /** Up, and with an edition in prod. */
  async promoted() {
    const place = await this.running();
    if (!this.isPromoted) await this.promote();
    return place;
  }

  /** @returns {Promise<{ ms: number, json: any }>} */
  async promote() {
    const result = await this.cli('promote', ['--yes', '--bake', '0']);
    this.isPromoted = true;
    return result;
  }

  /** What an author and a developer do between two promotions: one post and one file. @param {string} text */
  async edit(text) {
    await run(locatePrograms().php, [], {
      cwd: paths.devRoot(this.layout),
      as: accountFor('dev'),
      input: editProgram(text),
      signal: this.signal,
    });
  }

  /** Removes everything; has its own time, whatever was interrupted. */
  async destroy() {
    // Interrupted, a promotion goes on without its command, and `down` is refused beside it.
    await this.cli('promote', ['--abort'], AbortSignal.timeout(longestMs), [1, 3]);
    await this.cli('down', ['--destroy', '--yes'], AbortSignal.timeout(longestMs));
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** @param {string} text */
const editProgram = (text) => `<?php
require 'wp-load.php';
$post = get_posts(['numberposts' => 1, 'post_status' => 'publish'])[0];
wp_update_post(['ID' => $post->ID, 'post_content' => '${text}']);
$folder = WP_CONTENT_DIR . '/plugins/bench';
if (!is_dir($folder)) { mkdir($folder, 0755, true); }
file_put_contents("$folder/bench.php", "<?php\\n// Plugin Name: Bench\\n// ${text}\\n");
`;
