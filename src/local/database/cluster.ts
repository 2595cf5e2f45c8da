import { refusal, UnderstudyError } from '../../output/errors.js';
import type { SqlConnection } from '../../platform/databases.js';
import type { ServerId } from '../../platform/edition.js';
import type { ReplicationDialect, Source } from '../../replication/dialect.js';
import { admitStandby } from './admit.js';
import { Backoff } from './backoff.js';
import { type ClusterStatus, describe } from './cluster-status.js';
import { type Action, decide, lateAcknowledgement, type Situation, whyLost, whyPrimaryLost } from './decide.js';
import { detection } from './detection.js';
import { Lookout } from './lookout.js';
import { continueMove } from './move.js';
import { type Answer, type LookAtData, type Observation, observe, type ServerProcesses } from './observe.js';
import { PrimaryLoss } from './primary-loss.js';
import { ReplicaWatch } from './replica-watch.js';
import { type Roles, readRoles, rolesMissing, writeRoles } from './roles-record.js';
import { setAcknowledging, setReadOnly, setWaiting } from './semi-sync.js';
import type { StartRole } from './server.js';
import { Sessions } from './sessions.js';
import { StandbyRebuild, type StandbyRebuildOptions } from './standby-rebuild.js';

export type { ClusterStatus, ServerStatus } from './cluster-status.js';

export interface ClusterOptions extends StandbyRebuildOptions {
  readonly replicas: readonly ServerId[];
  readonly rolesFile: string;
  readonly processes: ServerProcesses;
  readonly dialect: ReplicationDialect;
  /** As the operator. @throws code `database-unreachable` after `deadlineMs` */
  readonly connect: (server: ServerId, deadlineMs: number) => Promise<SqlConnection>;
  /** Where a member is reached, and as whom the standby fetches from it. */
  readonly sourceAt: (server: ServerId) => Source;
  /** Writes the configuration that the next start of a member is to have. */
  readonly configure: (server: ServerId, role: StartRole) => Promise<void>;
  /** Told who the primary is once it accepts writes; told again after a restart of this program. May be repeated. */
  readonly announcePrimary: (primary: ServerId) => Promise<void>;
  readonly lookAtData: LookAtData;
  readonly now?: () => Date;
}

const { primaryAnswerMs, standbyAnswerMs } = detection;
/** More than any way from anything to redundancy takes. */
const mostSteps = 20;

/**
 * Keeps the two servers of the cluster at what is recorded. `converge` looks, decides one step, takes it and looks
 * again: it has no plan that a crash could interrupt. docs/decisions/0003-database-roles.md has every case.
 */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #sessions: Sessions;
  readonly #now: () => Date;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #lookout: Lookout;
  readonly #replicas: ReplicaWatch;
  readonly #admission = new Backoff(detection.admitAgainMs, detection.admitAtLatestMs);
  readonly #rebuild: StandbyRebuild;
  readonly #loss = new PrimaryLoss();
  #announced: ServerId | undefined;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
    this.#sessions = new Sessions(options.connect);
    this.#rebuild = new StandbyRebuild(options);
    this.#lookout = new Lookout((id, deadlineMs) => this.#observe(id, deadlineMs), options.sourceAt);
    this.#replicas = new ReplicaWatch(
      options.replicas,
      (id) => this.#observe(id, standbyAnswerMs),
      (seen) => this.#session(seen),
    );
  }

  /**
   * One round: some milliseconds when nothing has to be done, and at most a few seconds when a server hangs.
   * Meant to be called every 250 ms. What a server refuses or a full disk prevents is told as the status's `problem`
   * and tried again in the next round. What it says of replicas is up to 2 s old.
   * @throws code `roles-missing`, `state-unreadable`; an error of the operating system when the record cannot be
   *   written: then nothing was done that depends on it
   */
  converge(signal?: AbortSignal): Promise<ClusterStatus> {
    return this.#alone(() => this.#converge(signal));
  }

  /** Whether the standby is being made a copy of the primary. */
  get isRebuilding(): boolean {
    return this.#rebuild.isUnderWay;
  }

  /** Stops making the standby a copy of the primary, before somebody else may decide to. A later round begins anew. */
  stopRebuild(): Promise<void> {
    return this.#rebuild.stop(letGo());
  }

  /** Looks at every server and changes nothing. */
  status(): Promise<ClusterStatus> {
    return this.#alone(async () => {
      const seen = await this.#look();
      return describe(seen, await this.#replicas.look(), undefined);
    });
  }

  /**
   * Makes the standby the primary: the present primary is killed and comes back as the standby. Resumed by `converge`
   * after a crash at any point.
   * @throws code `standby-ineligible` (nothing was changed) if an acknowledged write could be lost
   */
  promoteStandby(signal?: AbortSignal): Promise<ClusterStatus> {
    return this.#alone(async () => {
      const seen = await this.#look();
      const { roles, standby, primary } = seen;
      const reason = roles.standby.eligible ? whyLost(seen) : (roles.standby.reason ?? 'It is not in sync.');
      if (reason !== undefined || !standby.answer) throw ineligible(standby.id, reason);
      this.#loss.begins();
      await this.#beginMove(roles, standby, `${primary.id} was asked to give up its role.`);
      return this.#converge(signal);
    });
  }

  /** Closes the connections, and stops a rebuild that is under way. The servers keep running as they are. */
  async end(): Promise<void> {
    await this.#rebuild.end(letGo());
    await this.#replicas.settled();
    await this.#alone(() => this.#sessions.end());
  }

  async #converge(signal?: AbortSignal): Promise<ClusterStatus> {
    let seen = await this.#look();
    let problem: string | undefined;
    try {
      for (let step = 0; step < mostSteps; step++) {
        signal?.throwIfAborted();
        const action = decide(seen);
        if (action.do === 'nothing') {
          problem = action.problem;
          break;
        }
        seen = await this.#take(action, seen, signal);
        await this.#announce(seen);
      }
      await this.#announce(seen);
      this.#replicas.keepReadOnly();
      problem ??= whyPrimaryLost(seen);
    } catch (error) {
      if (!(error instanceof UnderstudyError)) throw error;
      problem = error.message;
      seen = await this.#look();
    }
    return describe(seen, this.#replicas.seen, problem);
  }

  /** Takes one step. @returns what is seen afterwards */
  async #take(
    action: Exclude<Action, { do: 'nothing' }>,
    seen: Situation,
    signal: AbortSignal | undefined,
  ): Promise<Situation> {
    const { roles, primary, standby } = seen;
    const { processes } = this.#options;
    switch (action.do) {
      case 'record-ineligible':
        if (action.reason === lateAcknowledgement) this.#admission.putOff();
        // Not looked at anew: a standby that hangs would be waited for a second time while commits wait for it.
        return { ...seen, roles: await this.#recordStandby(roles, null, action.reason) };
      case 'record-writable':
        this.#tellOfRestart(roles);
        return { ...seen, roles: await this.#record(roles, { writable: { server: primary.id, start: action.start } }) };
      case 'stop-waiting':
        await setWaiting(await this.#session(primary), false);
        break;
      case 'start-waiting':
        await setWaiting(await this.#session(primary), true);
        break;
      case 'make-read-only':
        await setReadOnly(await this.#session(action.server === primary.id ? primary : standby), true);
        break;
      case 'fence-writable':
        await processes.kill(action.server);
        await processes.start(action.server);
        break;
      case 'lift-read-only':
        await setReadOnly(await this.#session(primary), false);
        break;
      case 'attach-standby':
        await this.#attach(await this.#session(standby), roles.primary, action.demote);
        break;
      case 'start-standby':
        await this.#startStandby(await this.#session(standby), standby.answer);
        break;
      case 'admit-standby':
        await this.#admit(seen);
        break;
      case 'fail-over':
        return { ...seen, roles: await this.#beginMove(roles, standby, action.reason) };
      case 'continue-move':
        await this.#continueMove(seen, signal);
        break;
      case 'restart-old-primary':
        await this.#options.configure(standby.id, 'standby');
        await processes.start(standby.id);
        await this.#record(roles, { moving: null });
        break;
      case 'restart-primary':
        await this.#replaceProcess(primary.id, action.reason);
        break;
      case 'restart-standby':
        await this.#replaceProcess(standby.id, action.reason);
        break;
      case 'rebuild-standby':
        this.#rebuild.begin(standby.id, primary.id, action.reason);
        break;
    }
    return this.#look();
  }

  /** Recorded before anything is done: from here on the old primary is never opened again, whatever comes. */
  #beginMove(roles: Roles, standby: Observation, reason: string): Promise<Roles> {
    if (standby.start === undefined) throw new RangeError(`${standby.id} does not run.`);
    this.#options.tell({ kind: 'failover-begun', subject: roles.primary, detail: reason });
    return this.#record(roles, { moving: { from: roles.primary, to: standby.id, start: standby.start } });
  }

  /** Killed and seen dead, then started. Between the two nobody restarts it: if this program ends there, the next one does. */
  async #replaceProcess(server: ServerId, reason: string): Promise<void> {
    const { processes, tell } = this.#options;
    tell({ kind: 'server-replaced', subject: server, detail: reason });
    await processes.kill(server);
    await processes.start(server);
  }

  /** The primary comes back, and nobody else was primary meanwhile. */
  #tellOfRestart({ primary, writable }: Roles): void {
    if (writable?.server !== primary || this.#loss.ms === undefined) return;
    const detail = 'It was started in place and may be written to again.';
    this.#options.tell({ kind: 'primary-restarted', subject: primary, detail, ms: this.#loss.ms });
  }

  async #admit(seen: Situation): Promise<void> {
    const options = {
      primary: await this.#session(seen.primary),
      standby: await this.#session(seen.standby),
      dialect: this.#options.dialect,
      look: () => this.#observe(seen.standby.id, standbyAnswerMs),
      record: (start: string) => this.#recordStandby(seen.roles, start, null),
    };
    await admitStandby(seen, options).catch((error) => {
      this.#admission.putOff();
      throw error;
    });
  }

  async #continueMove({ roles, standby }: Situation, signal: AbortSignal | undefined): Promise<void> {
    const { processes, dialect, configure, tell } = this.#options;
    if (!roles.moving) return;
    const abandoned = await continueMove(roles.moving, {
      processes,
      dialect,
      configure,
      standby: async () => {
        const seen = await this.#observe(standby.id, standbyAnswerMs);
        return seen.answer ? { ...seen, connection: await this.#session(seen) } : seen;
      },
      record: (change) => this.#record(roles, change),
      now: this.#now,
      signal,
    });
    if (abandoned !== undefined) {
      const detail = `${standby.id} could not take over, and ${roles.primary} is started in place. ${abandoned}`;
      tell({ kind: 'failover-abandoned', subject: roles.primary, detail });
    }
  }

  async #attach(standby: SqlConnection, primary: ServerId, demote: boolean): Promise<void> {
    const { dialect, sourceAt } = this.#options;
    await dialect.detach(standby);
    await dialect.attach(standby, sourceAt(primary), demote);
  }

  async #startStandby(standby: SqlConnection, answer: Answer | undefined): Promise<void> {
    if (!answer?.acknowledges) {
      // Read when the connection to the primary is made.
      await standby.query('STOP SLAVE');
      await setAcknowledging(standby, true);
    }
    await this.#options.dialect.start(standby);
  }

  async #look(): Promise<Situation> {
    const roles = await this.#roles();
    const sight = await this.#lookout.look(roles);
    this.#rememberCalm(roles);
    const situation: Situation = {
      roles,
      ...sight,
      rebuilding: this.#rebuild.isUnderWay,
      due: { rebuild: this.#rebuild.isDue(), admission: this.#admission.isDue() },
    };
    this.#loss.remember(situation);
    return situation;
  }

  #rememberCalm({ standby }: Roles): void {
    if (!standby.eligible || this.#now().getTime() - Date.parse(standby.since) < detection.calmMs) return;
    this.#admission.forget();
    this.#rebuild.forget();
  }

  async #roles(): Promise<Roles> {
    const roles = await readRoles(this.#options.rolesFile);
    if (!roles) throw rolesMissing(this.#options.rolesFile);
    return roles;
  }

  #observe(id: ServerId, deadlineMs: number): Promise<Observation> {
    const { processes, dialect, lookAtData } = this.#options;
    return observe(id, processes, this.#sessions, dialect, lookAtData, deadlineMs);
  }

  async #session({ id, start }: Observation): Promise<SqlConnection> {
    if (start === undefined) throw new RangeError(`${id} does not run.`);
    return this.#sessions.of(id, start, primaryAnswerMs);
  }

  /** @param start of the standby that is eligible from now on; null: none is, for `reason` */
  #recordStandby(roles: Roles, start: string | null, reason: string | null): Promise<Roles> {
    const { standby } = roles;
    const now = this.#now();
    const since = now.toISOString();
    if (start !== null) {
      const detail = `Every write is on ${standby.id} too. It was not: ${standby.reason ?? 'it was not in sync.'}`;
      const ms = now.getTime() - Date.parse(standby.since);
      this.#options.tell({ kind: 'redundancy-restored', subject: standby.id, detail, ms });
    } else {
      const detail = `Writes are on ${roles.primary} alone. ${reason ?? ''}`.trim();
      this.#options.tell({ kind: 'redundancy-lost', subject: standby.id, detail });
    }
    return this.#record(roles, { standby: { id: roles.standby.id, eligible: start !== null, start, since, reason } });
  }

  async #record(roles: Roles, change: Partial<Omit<Roles, 'generation'>>): Promise<Roles> {
    const changed = { ...roles, ...change, generation: roles.generation + 1 };
    await writeRoles(this.#options.rolesFile, changed);
    return changed;
  }

  async #announce({ roles, primary }: Situation): Promise<void> {
    if (primary.answer?.readOnly !== false || this.#announced === primary.id) return;
    await this.#options.announcePrimary(primary.id);
    this.#announced = primary.id;
    if (!roles.moving) return;
    const detail = `${primary.id} is the primary, and ${roles.standby.id} is to become its standby.`;
    this.#options.tell({ kind: 'failover-done', subject: primary.id, detail, ms: this.#loss.ms });
    this.#loss.ends();
  }

  /** One at a time: a round must not meet a move that is under way. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

const letGo = () =>
  new UnderstudyError({ code: 'interrupted', message: 'The control plane lets go of the databases.' });

function ineligible(standby: ServerId, reason: string | undefined): UnderstudyError {
  return refusal({
    code: 'standby-ineligible',
    message: `${standby} may lack acknowledged writes, so it cannot become the primary. ${reason ?? ''}`.trim(),
    remedy: 'Wait until `understudy status` shows the database as redundant.',
  });
}
