import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** After a start and a promotion, so that PHP's workers that are not needed have ended. */
const settleMs = 30_000;
const mb = 1024;

/**
 * Resident memory, each shared page counted once in proportion (PSS) and once for every process (RSS).
 * @param {import('./site.js').BenchSite} site @returns {Promise<import('./benches.js').Result[]>}
 */
export async function idle(site) {
  await site.promoted();
  await delay(settleMs, undefined, { signal: site.signal });
  const all = processesOf(site).map((process) => ({ ...process, ...memoryOf(process.pid) }));
  const sum = (/** @type {typeof all} */ list, /** @type {'pss' | 'rss'} */ key) =>
    list.reduce((total, process) => total + process[key], 0) / mb;
  const kinds = [...new Set(all.map(({ name }) => name))];
  const rss = sum(all, 'rss');
  return [
    { what: 'idle, resident (RSS)', value: rss, unit: 'MB', goal: 'under 1536 MB', met: rss < 1536 },
    { what: 'idle, shared pages once (PSS)', value: sum(all, 'pss'), unit: 'MB', note: `${all.length} processes` },
    ...kinds.map((kind) => {
      const own = all.filter(({ name }) => name === kind);
      return { what: `… ${kind} (PSS)`, value: sum(own, 'pss'), unit: 'MB', note: `${own.length} processes` };
    }),
  ];
}

/** Those that name the site in their command line, and their children. @param {import('./site.js').BenchSite} site */
function processesOf({ layout }) {
  const seen = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => describe(Number(pid)))
    .filter((process) => process !== undefined);
  const named = ({ command }) => command.includes(layout.stateDir) || command.includes(layout.configFile);
  const own = new Set(seen.filter((one) => one.pid !== process.pid && named(one)).map(({ pid }) => pid));
  for (let before = -1; before !== own.size; ) {
    before = own.size;
    for (const { pid, parent } of seen) if (own.has(parent)) own.add(pid);
  }
  return seen.filter(({ pid }) => own.has(pid));
}

/** @param {number} pid */
function describe(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const end = stat.lastIndexOf(')');
    const program = stat.slice(stat.indexOf('(') + 1, end).replace(/[\d.]+$/, '');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const name = program === 'node' || program === 'MainThread' ? 'control plane' : program;
    return { pid, name, command, parent: Number(stat.slice(end + 2).split(' ')[1]) };
  } catch {
    // It ended while we looked.
    return undefined;
  }
}

/** In KB; nothing for a process that has ended meanwhile. @param {number} pid */
function memoryOf(pid) {
  let text = '';
  try {
    text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  } catch {}
  const value = (/** @type {string} */ key) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return { rss: value('Rss'), pss: value('Pss') };
}
