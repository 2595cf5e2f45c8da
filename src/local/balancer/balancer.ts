import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ServerId } from '../../platform/edition.js';
import type { Account } from '../../process/run.js';
import type { EnvironmentName } from '../../site/schema.js';
import { readJson, writeFileAtomic, writeJson } from '../../state/atomic-file.js';
import type { Service } from '../supervisor.js';
import { renderConfiguration } from './configuration.js';
import { command, type StatRow, statistics } from './runtime.js';
import type { BalancerFrame, BalancerProcess, BalancerState, ServerMode } from './settings.js';

const serversSchema = z.array(
  z.object({ id: z.string(), address: z.string(), mode: z.enum(['ready', 'drain', 'maint']) }),
);
const stateSchema = z.object({
  web: z.object({ dev: serversSchema, prod: serversSchema }),
  primary: z.string(),
  weights: z.record(z.string(), z.number()),
});

export interface BalancerOptions {
  readonly program: string;
  readonly frame: BalancerFrame;
  readonly processes: readonly BalancerProcess[];
  /** Where what changes is kept: a control plane that starts again goes on from there. */
  readonly stateFile: string;
  /** Of a site that has never run. Servers that it names and the file does not are added as they stand here. */
  readonly initial: BalancerState;
  readonly account: Account | undefined;
  readonly logFile: (name: string) => string;
}

/** Requests to an environment, as both balancer processes counted them since they started. */
export interface BackendCounters {
  readonly requests: number;
  /** Answers of the 5xx class, whoever made them. */
  readonly serverErrors: number;
  readonly health: Readonly<Record<string, 'up' | 'down' | 'maint' | 'drain'>>;
}

/**
 * The two HAProxy processes as one balancer. Every change is first written to both configuration files and then
 * told to both processes, so that one that dies in between comes back with it.
 */
export class Balancer {
  #state: BalancerState;

  constructor(private readonly options: BalancerOptions) {
    this.#state = options.initial;
  }

  get state(): BalancerState {
    return this.#state;
  }

  services(): readonly Service[] {
    return this.options.processes.map(({ name, configFile }) => ({
      name,
      mark: configFile,
      daemon: {
        program: this.options.program,
        // -db keeps it in the foreground; without -W there is no master that could take its worker along.
        args: ['-db', '-f', configFile],
        logFile: this.options.logFile(name),
        as: this.options.account,
      },
      // SIGUSR1 lets requests in flight finish.
      stop: { stopSignal: 'SIGUSR1', graceMs: 3_000 },
    }));
  }

  /** Takes over what an earlier control plane has left. */
  async load(): Promise<void> {
    const kept = await readJson(this.options.stateFile, stateSchema);
    if (!kept) return;
    const { web, weights } = this.options.initial;
    const merge = (environment: EnvironmentName) =>
      web[environment].map((server) => {
        const mode = kept.web[environment].find(({ id }) => id === server.id)?.mode;
        return mode === undefined ? server : { ...server, mode };
      });
    this.#state = {
      web: { dev: merge('dev'), prod: merge('prod') },
      primary: kept.primary,
      weights: { ...weights, ...kept.weights },
    };
  }

  /** Brings the files up to date. @returns whether a process that runs was started from something else */
  async writeConfiguration(): Promise<boolean> {
    const { frame, processes, account, stateFile } = this.options;
    let changed = false;
    await writeJson(stateFile, this.#state);
    for (const process of processes) {
      const text = renderConfiguration(frame, this.#state, process);
      changed ||= text !== (await readFile(process.configFile, 'utf8').catch(() => undefined));
      await writeFileAtomic(process.configFile, text, { mode: 0o640, owner: account && { uid: 0, gid: account.gid } });
    }
    return changed;
  }

  async setWebServer(environment: EnvironmentName, id: string, mode: ServerMode): Promise<void> {
    const servers = this.#state.web[environment].map((server) => (server.id === id ? { ...server, mode } : server));
    const commands = [`set server ${environment}/${id} state ${mode}`];
    // One that was away long is let in by its first good check, not by what was known of it before.
    if (mode === 'maint') commands.push(`shutdown sessions server ${environment}/${id}`);
    await this.#change({ ...this.#state, web: { ...this.#state.web, [environment]: servers } }, commands);
  }

  async setPrimary(primary: ServerId): Promise<void> {
    const away = Object.keys(this.options.frame.cluster).filter((id) => id !== primary);
    await this.#change({ ...this.#state, primary }, [
      ...away.flatMap((id) => [`set server primary/${id} state maint`, `shutdown sessions server primary/${id}`]),
      `set server primary/${primary} state ready`,
    ]);
  }

  async setWeight(replica: ServerId, weight: number): Promise<void> {
    await this.#change({ ...this.#state, weights: { ...this.#state.weights, [replica]: weight } }, [
      `set server replicas/${replica} weight ${weight}`,
    ]);
  }

  async counters(environment: EnvironmentName): Promise<BackendCounters> {
    const all = await Promise.all(this.options.processes.map(({ adminSocket }) => statistics(adminSocket)));
    const rows = all.flatMap((one) => one ?? []).filter(({ pxname }) => pxname === environment);
    const total = rows.filter(({ svname }) => svname === 'BACKEND');
    const sum = (column: string) => total.reduce((count, row) => count + Number(row[column] || 0), 0);
    const health: Record<string, 'up' | 'down' | 'maint' | 'drain'> = {};
    for (const row of rows) {
      const name = row.svname ?? '';
      // Both processes check for themselves; an instance is up when neither says otherwise.
      if (name !== 'BACKEND' && health[name] !== 'down') health[name] = healthOf(row);
    }
    return { requests: sum('req_tot'), serverErrors: sum('hrsp_5xx'), health };
  }

  async #change(next: BalancerState, commands: readonly string[]): Promise<void> {
    this.#state = next;
    await this.writeConfiguration();
    await Promise.all(this.options.processes.map(({ adminSocket }) => command(adminSocket, commands)));
  }
}

function healthOf({ status = '' }: StatRow): 'up' | 'down' | 'maint' | 'drain' {
  if (status.startsWith('UP')) return 'up';
  if (status.startsWith('DRAIN')) return 'drain';
  return status.startsWith('MAINT') ? 'maint' : 'down';
}
