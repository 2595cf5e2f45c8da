import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Layout, paths } from '../../../src/local/layout.js';
import { allProcesses, commandLine } from '../../../src/process/table.js';
import { waitUntil } from '../../../src/process/wait.js';

/** The pid of a server of the platform, as it is written down now; undefined while it is stopped or being started. */
export function pidNow(layout: Layout, name: string): number | undefined {
  const file = join(paths.processes(layout), `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).process?.pid : undefined;
}

/** Of one that runs. Never a 0 instead: a signal to that goes to whoever sends it. */
export function pidOf(layout: Layout, name: string): number {
  const pid = pidNow(layout, name);
  if (!pid) throw new Error(`${name} does not run.`);
  return pid;
}

/** Waits until a server has another process than before. */
export async function untilRestarted(layout: Layout, name: string, before: number): Promise<number> {
  const other = () => [pidNow(layout, name)].find((pid) => pid && pid !== before);
  return waitUntil(other, { what: `another process of ${name}`, deadlineMs: 30_000 });
}

export function controlPlanePid(layout: Layout): number {
  return JSON.parse(readFileSync(paths.controlLock(layout), 'utf8')).process.pid;
}

/** What runs of a site: everything whose command line names its state, its sockets or its definition. */
export function processesOf({ stateDir, runtimeDir, configFile }: Layout): readonly { pid: number; command: string }[] {
  return allProcesses()
    .filter(({ running, pid }) => running && pid !== process.pid)
    .map(({ pid }) => ({ pid, command: commandLine(pid).replaceAll('\0', ' ').trim() }))
    .filter(({ command }) => [`${stateDir}/`, `${runtimeDir}/`, configFile].some((text) => command.includes(text)));
}

/** Every process of the same group, the leader included. */
export function groupMembers(pid: number): readonly number[] {
  return allProcesses()
    .filter(({ running, group }) => running && group === pid)
    .map((entry) => entry.pid);
}

/** All files below a folder, by path. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
