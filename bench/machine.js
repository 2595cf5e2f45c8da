import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** What a number depends on. The load is that of before. */
export function machineFacts() {
  return {
    system: /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? '',
    kernel: release(),
    cpu: cpus()[0]?.model ?? '',
    cores: cpus().length,
    memoryGb: Number((totalmem() / 1e9).toFixed(1)),
    node: process.versions.node,
    loadBefore: loadavg().map((load) => Number(load.toFixed(2))),
  };
}
