import { readFileSync } from 'node:fs';
import { allProcesses, readProcess } from './table.js';

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

/** The identity of a process that runs now, or undefined if there is none. */
export function identify(pid: number): ProcessRef | undefined {
  const entry = readProcess(pid);
  return entry?.running ? { pid, startTime: entry.startTime, bootId: bootId() } : undefined;
}

/** Whether exactly this process still runs. A zombie is dead, although signals to it succeed. */
export function isAlive(ref: ProcessRef): boolean {
  if (ref.bootId !== bootId()) return false;
  const entry = readProcess(ref.pid);
  return entry?.running === true && entry.startTime === ref.startTime;
}

/**
 * What still runs of the group that a process led, itself included. A leader that was killed leaves its children
 * behind: nginx's workers go on holding its port. Empty once the leader's pid has gone to another process.
 */
export function groupOf(ref: ProcessRef): readonly number[] {
  if (ref.bootId !== bootId()) return [];
  const leader = readProcess(ref.pid);
  // While a group has members, the kernel gives its number to no new process.
  if (leader && leader.startTime !== ref.startTime) return [];
  return allProcesses()
    .filter(({ running, group, startTime }) => running && group === ref.pid && startTime >= ref.startTime)
    .map(({ pid }) => pid);
}
