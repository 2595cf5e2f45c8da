import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ServerId } from '../../platform/edition.js';
import { type Account, run } from '../../process/run.js';
import { waitUntil } from '../../process/wait.js';
import { type EnvironmentName, environmentNames } from '../../site/schema.js';
import { readJson, writeFileAtomic, writeJson } from '../../state/atomic-file.js';
import type { Service } from '../service-record.js';
import { corrections, healthOf, type ServerHealth } from './agreement.js';
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
  /** Where a process writes down its requests. */
  readonly requestsFile: (name: string) => string;
}

/** Requests to an environment, as both balancer processes counted them since they started. */
export interface BackendCounters {
  readonly requests: number;
  /** The same of each process alone; one that does not answer is left out. */
  readonly requestsOf: Readonly<Record<string, number>>;
  /** Answers of the 5xx class, whoever made them. */
  readonly serverErrors: number;
  readonly health: Readonly<Record<string, ServerHealth>>;
  /** Requests under way, by instance. */
  readonly sessions: Readonly<Record<string, number>>;
}

/**
 * The two HAProxy processes as one balancer. Every change is first written to both configuration files and then
 * told to both processes, so that one that dies in between comes back with it.
 */
export class Balancer {
  #state: BalancerState;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: BalancerOptions) {
    this.#state = options.initial;
  }

  get state(): BalancerState {
    return this.#state;
  }

  services(): readonly Service[] {
    return this.options.processes.map(({ name, configFile }) => ({
      name,
      kind: 'balancer',
      mark: configFile,
      daemon: {
        program: this.options.program,
        // -db keeps it in the foreground; without -W there is no master that could take its worker along.
        args: ['-db', '-f', configFile],
        logFile: this.options.logFile(name),
        outputFile: this.options.requestsFile(name),
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

  /**
   * Brings the files up to date, and has HAProxy check them.
   * @returns whether a process that runs was started from something else
   * @throws code `program-failed` with HAProxy's own words if it refuses them
   */
  async writeConfiguration(): Promise<boolean> {
    const changed = await this.#inTurn(() => this.#write());
    for (const { configFile } of this.options.processes)
      await run(this.options.program, ['-c', '-q', '-f', configFile]);
    return changed;
  }

  /** Waits until a process answers: only then may another one be taken away. */
  async waitUntilAnswering(name: string, signal?: AbortSignal): Promise<void> {
    const process = this.options.processes.find((one) => one.name === name);
    await waitUntil(async () => process && (await statistics(process.adminSocket)) !== undefined, {
      what: `${name} to answer`,
      deadlineMs: 30_000,
      signal,
      remedy: `Read ${this.options.logFile(name)}.`,
    });
  }

  /**
   * Compares what the processes do with what they should do, and puts it right: one that was just starting when
   * something changed may have read its file too early.
   * @returns the names of those that do not answer
   */
  reconcile(): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      const silent: string[] = [];
      for (const { name, adminSocket } of this.options.processes) {
        const rows = await statistics(adminSocket);
        const wrong = rows && corrections(this.#state, rows);
        if (!wrong || !(await command(adminSocket, wrong))) silent.push(name);
      }
      return silent;
    });
  }

  /** A server that the balancer does not have is left alone: its last definition may have had it. */
  async setWebServer(environment: EnvironmentName, id: string, mode: ServerMode): Promise<void> {
    if (!this.#state.web[environment].some((server) => server.id === id)) return;
    const commands = [`set server ${environment}/${id} state ${mode}`];
    if (mode === 'maint') commands.push(`shutdown sessions server ${environment}/${id}`);
    await this.#change(({ web, ...rest }) => {
      const servers = web[environment].map((server) => (server.id === id ? { ...server, mode } : server));
      return { ...rest, web: { ...web, [environment]: servers } };
    }, commands);
  }

  /**
   * Ends what is under way at instances that do not answer, as each process sees them: a GET is then asked of another
   * one. Not left to HAProxy's `on-marked-down shutdown-sessions`, which would also end the very requests that are just
   * being tried elsewhere because nobody listened (1 or 2 failed whenever a zone was killed).
   */
  async cutOffSilent(): Promise<void> {
    await Promise.all(
      this.options.processes.map(async ({ adminSocket }) => {
        const waited = (await statistics(adminSocket))?.filter(
          (row) => isInstance(row) && healthOf(row) === 'down' && Number(row.scur) > 0,
        );
        const commands = waited?.map(({ pxname, svname }) => `shutdown sessions server ${pxname}/${svname}`) ?? [];
        await command(adminSocket, commands);
      }),
    );
  }

  async setPrimary(primary: ServerId): Promise<void> {
    const away = Object.keys(this.options.frame.cluster).filter((id) => id !== primary);
    await this.#change(
      (state) => ({ ...state, primary }),
      [
        ...away.flatMap((id) => [`set server primary/${id} state maint`, `shutdown sessions server primary/${id}`]),
        `set server primary/${primary} state ready`,
      ],
    );
  }

  async setWeight(replica: ServerId, weight: number): Promise<void> {
    await this.#change(
      (state) => ({ ...state, weights: { ...state.weights, [replica]: weight } }),
      [`set server replicas/${replica} weight ${weight}`],
    );
  }

  async counters(environment: EnvironmentName): Promise<BackendCounters> {
    const { processes } = this.options;
    const all = await Promise.all(processes.map(({ adminSocket }) => statistics(adminSocket)));
    const rows = all.flatMap((one) => one ?? []).filter(({ pxname }) => pxname === environment);
    const isTotal = ({ pxname, svname }: StatRow) => pxname === environment && svname === 'BACKEND';
    const sum = (column: string) => rows.filter(isTotal).reduce((count, row) => count + Number(row[column] || 0), 0);
    const requestsOf = Object.fromEntries(
      processes.flatMap(({ name }, index) => {
        const total = all[index]?.find(isTotal);
        return total ? [[name, Number(total.req_tot)]] : [];
      }),
    );
    const health: Record<string, ServerHealth> = {};
    const sessions: Record<string, number> = {};
    for (const row of rows) {
      const name = row.svname ?? '';
      sessions[name] = (sessions[name] ?? 0) + Number(row.scur);
      // Both processes check for themselves; an instance is up when neither says otherwise.
      if (name !== 'BACKEND' && health[name] !== 'down') health[name] = healthOf(row);
    }
    return { requests: sum('req_tot'), requestsOf, serverErrors: sum('hrsp_5xx'), health, sessions };
  }

  /** First the files, then the processes. One that does not take it is replaced by whoever asks `reconcile`. */
  #change(next: (state: BalancerState) => BalancerState, commands: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      this.#state = next(this.#state);
      await this.#write();
      await Promise.all(this.options.processes.map(({ adminSocket }) => command(adminSocket, commands)));
    });
  }

  async #write(): Promise<boolean> {
    const { frame, processes, account, stateFile } = this.options;
    let changed = false;
    await writeJson(stateFile, this.#state);
    for (const process of processes) {
      const text = renderConfiguration(frame, this.#state, process);
      if (text === (await readFile(process.configFile, 'utf8').catch(() => undefined))) continue;
      changed = true;
      await writeFileAtomic(process.configFile, text, { mode: 0o640, owner: account && { uid: 0, gid: account.gid } });
    }
    return changed;
  }

  /** One change at a time: an older file must not overwrite a newer one. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

const isInstance = ({ pxname = '', svname = '' }: StatRow) =>
  (environmentNames as readonly string[]).includes(pxname) && !['FRONTEND', 'BACKEND'].includes(svname);
