import type { WireError } from '../../output/errors.js';
import type { Message } from '../../output/messages.js';
import type { Instance } from '../../platform/fleet.js';
import type { PlatformStatus } from '../../platform/status.js';
import type { TrafficCounters } from '../../platform/traffic.js';
import type { EnvironmentName, Site } from '../../site/schema.js';

/** What the control plane can be asked, over its socket: name → what is given and what comes back. */
export interface ControlPlaneCalls {
  /** Whether anybody is there, and of which build. */
  ping: { params: Record<string, never>; result: { readonly build: string } };
  /** Brings everything up that the definition asks for, and keeps it so. Idempotent. */
  /** `smtpPassword`: as the definition's place for it says, read by whoever asks; absent: there is none, or no other. */
  up: { params: { site: Site; smtpPassword?: string }; result: UpResult };
  /** Stops every server and the control plane itself. Data stays. */
  down: { params: Record<string, never>; result: Record<string, never> };
  status: { params: Record<string, never>; result: PlatformStatus };
  instances: { params: { environment: EnvironmentName }; result: readonly Instance[] };
  bootCanary: { params: Record<string, never>; result: Instance };
  dismissCanary: { params: Record<string, never>; result: Record<string, never> };
  refresh: { params: { instance: string }; result: Record<string, never> };
  /** Lasts until the caller goes away, for `forMs` at most; tells a `start` message once dev is held. */
  holdDev: { params: { forMs: number }; result: Record<string, never> };
  weights: { params: Record<string, never>; result: Readonly<Record<string, number>> };
  setWeight: { params: { replica: string; weight: number }; result: Record<string, never> };
  traffic: { params: { environment: EnvironmentName }; result: TrafficCounters };
  rebuildReplica: { params: { replica: string; from: string }; result: Record<string, never> };
}

export type CallName = keyof ControlPlaneCalls;

export interface UpResult {
  readonly urls: Readonly<Record<EnvironmentName, string>>;
  /** The certificate to trust. */
  readonly authorityFile: string;
  readonly ms: number;
}

/** One line of an answer: any number of messages, then one result or one error. */
export type AnswerLine = { message: Message } | { result: unknown } | { error: WireError };
