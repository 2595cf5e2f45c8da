import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Layout, paths } from '../../../src/local/layout.js';
import { allProcesses, commandLine } from '../../../src/process/table.js';
import { waitUntil } from '../../../src/process/wait.js';

/** The pid of a server of the platform, as it is written down now; 0 while it is stopped or being started. */
export function pidOf(layout: Layout, name: string): number {
  const file = join(paths.processes(layout), `${name}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')).process?.pid ?? 0) : 0;
}

/** Waits until a server has another process than before. */
export async function untilRestarted(layout: Layout, name: string, before: number): Promise<number> {
  const other = () => [pidOf(layout, name)].find((pid) => pid > 0 && pid !== before);
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
