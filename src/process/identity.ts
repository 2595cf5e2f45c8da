import { readFileSync } from 'node:fs';

/**
 * One process, for good: a pid alone is reused by the kernel, a pid with its start time is not
 * (until the machine is rebooted, which `bootId` tells).
 */
export interface ProcessRef {
  readonly pid: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  readonly startTime: number;
  /** /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
}

let knownBootId: string | undefined;

/** Read when it is first asked for: a system without /proc must be able to load this file, to say what it lacks. */
function bootId(): string {
  knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return knownBootId;
}

interface Stat {
  readonly state: string;
  readonly startTime: number;
}

function readStat(pid: number): Stat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses and may itself contain spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '?', startTime: Number(fields[19]) };
}

/** The identity of a process that runs now, or undefined if there is none. */
export function identify(pid: number): ProcessRef | undefined {
  const stat = readStat(pid);
  return stat && isRunningState(stat.state) ? { pid, startTime: stat.startTime, bootId: bootId() } : undefined;
}

/** Whether exactly this process still runs. A zombie is dead, although signals to it succeed. */
export function isAlive(ref: ProcessRef): boolean {
  if (ref.bootId !== bootId()) return false;
  const stat = readStat(ref.pid);
  return stat !== undefined && stat.startTime === ref.startTime && isRunningState(stat.state);
}

function isRunningState(state: string): boolean {
  return state !== 'Z' && state !== 'X';
}
