import { readdirSync, readFileSync } from 'node:fs';

/** One line of the kernel's table of processes. */
export interface ProcessEntry {
  readonly pid: number;
  /** The program's name as the kernel keeps it: its first 15 bytes. */
  readonly name: string;
  /** False of a zombie, although signals to it succeed. */
  readonly running: boolean;
  /** It was told to stop (SIGSTOP): it holds everything that it has, and does nothing. */
  readonly stopped: boolean;
  /** The process group: the pid of its leader. */
  readonly group: number;
  /** Clock ticks since boot, field 22 of /proc/PID/stat. */
  readonly startTime: number;
  /** Processor time that it has used, in seconds. */
  readonly cpuSeconds: number;
}

/** What the kernel counts processor time in, for programs: the same on every machine. */
const ticksPerSecond = 100;

/** What the kernel knows of a process now; undefined if there is none. */
export function readProcess(pid: number): ProcessEntry | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses and may itself contain spaces and parentheses.
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  const [state = '?', , group] = fields;
  return {
    pid,
    name: text.slice(text.indexOf('(') + 1, end),
    // A first thread that has ended is shown as a zombie while the others still run, and write.
    running: state !== 'X' && (state !== 'Z' || Number(fields[17]) > 1),
    stopped: state === 'T',
    group: Number(group),
    startTime: Number(fields[19]),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
  };
}

/** Every process of the machine that this account may see. */
export function allProcesses(): readonly ProcessEntry[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.map(readProcess).filter((entry) => entry !== undefined);
}

/** The arguments of a process; empty if it has ended. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
