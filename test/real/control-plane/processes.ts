import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Layout, paths } from '../../../src/local/layout.js';
import { allProcesses, commandLine } from '../../../src/process/table.js';

/** The pid of a server of the platform, as it is written down now. */
export function pidOf(layout: Layout, name: string): number {
  const record = JSON.parse(readFileSync(join(paths.processes(layout), `${name}.json`), 'utf8'));
  return record.process.pid;
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
