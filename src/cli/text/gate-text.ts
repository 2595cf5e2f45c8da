import type { GateOfReplica, GateReport } from '../gate-report.js';
import { colors } from './colors.js';
import { columns } from './table.js';

/** The gates for people: a line for each replica, then what to do. */
export function gateText({ site, target, replicas, warning, advice }: GateReport): string {
  if (replicas.length === 0) return `${site} has no replicas, so it has no gates.`;
  const tint = warning === 25 ? colors.red : warning === null ? (text: string) => text : colors.yellow;
  const lines = [`${colors.bold(site)} on ${target}`, columns(replicas.map(row))];
  if (advice.length > 0) lines.push('', ...advice.map((line) => tint(line)));
  return lines.join('\n');
}

function row({ id, gate, meant, since, days, position }: GateOfReplica): readonly string[] {
  const isAsMeant = gate === meant;
  const stands = `gate ${isAsMeant ? colors.green(gate) : colors.red(`${gate}, meant to be ${meant}`)}`;
  const time = since === null || days === null ? 'since when is not known' : `since ${since} (${days.toFixed(1)} days)`;
  return [id, stands, time, position === null ? '' : `at ${position || 'the beginning'}`];
}
