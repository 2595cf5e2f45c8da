import type { CapacityStatus, PlatformStatus } from '../../platform/status.js';
import { colors } from './colors.js';
import { columns } from './table.js';

/** The status for people: dev, prod, and what is not as it should be in colour. */
export function statusText(status: PlatformStatus): string {
  const { site, target, supervised, environments, problems, alarms, monitoring } = status;
  const { dev, prod } = environments;
  const lines = [
    `${colors.bold(site)} on ${target}${supervised ? '' : colors.yellow('  (nobody looks after it: `understudy up`)')}`,
  ];
  lines.push('', `${colors.bold('dev')}   ${dev.url}`);
  lines.push(columns(dev.instances.map(({ id, zone, state }) => [id, `zone ${zone}`, tinted(state)])));
  lines.push(...scaledLine(dev.capacity));
  if (dev.database) {
    const { primary, standby, state } = dev.database;
    lines.push(
      `  database: ${tinted(state)}, primary ${primary}, ${standby ? `standby ${standby}` : 'no standby in sync'}`,
    );
  }
  lines.push('', `${colors.bold('prod')}  ${prod.url}`);
  const { edition } = prod;
  if (edition?.followingSince) {
    lines.push(`  ${colors.yellow(`follows dev since ${edition.followingSince}`)}, until \`understudy sync stop\``);
  }
  lines.push(
    edition
      ? `  edition ${edition.id}: release ${edition.release}${edition.position === null ? '' : ` at position ${edition.position}`}`
      : '  nothing has been promoted yet',
  );
  const late = (serves: number | null) =>
    serves === (edition?.id ?? null) ? '' : colors.yellow(`serves edition ${serves ?? 'none'}`);
  lines.push(
    columns(
      prod.instances.map(({ id, zone, state, edition: serves }) => [id, `zone ${zone}`, tinted(state), late(serves)]),
    ),
  );
  lines.push(...scaledLine(prod.capacity));
  if (prod.replicas.length > 0) lines.push(columns(prod.replicas.map(replicaRow)));
  if (prod.aheadOfEdition) {
    lines.push(colors.red('  prod is ahead of its edition: its replicas were moved by hand; a promotion mends it'));
  }
  for (const { subject, since, text } of problems) lines.push(`${colors.yellow(subject)} since ${since}: ${text}`);
  lines.push(...alarmLines(alarms, monitoring));
  return lines.join('\n');
}

/** Nothing while there are as many instances as always, and that is what they were asked to be. */
function scaledLine({ min, max, wanted, scaled }: CapacityStatus): readonly string[] {
  if (!scaled || wanted === min) return [];
  return [`  ${wanted} instances of ${min} to ${max}, since ${scaled.at}: ${scaled.why}`];
}

function alarmLines(alarms: PlatformStatus['alarms'], { watching, missing }: PlatformStatus['monitoring']): string[] {
  if (!watching) {
    const why = missing.length > 0 ? ` (\`understudy doctor --install\` installs ${missing.join(', ')})` : '';
    return ['', colors.yellow(`Nobody watches: alarms are not known${why}.`)];
  }
  const lines = alarms.map(
    ({ id, state, since, title }) =>
      `${colors.red(state === 'silenced' ? 'silenced alarm' : 'alarm')}  ${title} (${id}), since ${since}`,
  );
  return lines.length > 0 ? ['', ...lines] : [];
}

function replicaRow({
  id,
  zone,
  gate,
  position,
  weight,
  behindTransactions,
}: PlatformStatus['environments']['prod']['replicas'][number]) {
  const behind = behindTransactions === null ? '' : `${behindTransactions} transactions behind dev`;
  return [id, `zone ${zone}`, `gate ${tinted(gate)}`, position ?? '', `weight ${weight}`, behind];
}

const good = new Set(['healthy', 'redundant', 'closed']);
const bad = new Set(['unhealthy', 'down', 'broken', 'unreachable']);

function tinted(state: string): string {
  if (good.has(state)) return colors.green(state);
  return bad.has(state) ? colors.red(state) : colors.yellow(state);
}
