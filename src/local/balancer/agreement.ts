import type { StatRow } from './runtime.js';
import type { BalancerState, ServerMode } from './settings.js';

export type ServerHealth = 'up' | 'down' | 'maint' | 'drain';

/** What a balancer process thinks of a server, from its line of counters. */
export function healthOf({ status = '' }: StatRow): ServerHealth {
  if (status.startsWith('UP')) return 'up';
  if (status.startsWith('DRAIN')) return 'drain';
  return status.startsWith('MAINT') ? 'maint' : 'down';
}

/** The commands that a process needs to do what it should; none if it does. Servers that it does not have are left out. */
export function corrections(state: BalancerState, rows: readonly StatRow[]): readonly string[] {
  const rowOf = (backend: string, id: string) => rows.find(({ pxname, svname }) => pxname === backend && svname === id);
  const modes = [
    ...(['dev', 'prod'] as const).flatMap((environment) =>
      state.web[environment].map(({ id, mode }) => ({ backend: environment, id, mode })),
    ),
    ...rows
      .filter(({ pxname, svname }) => pxname === 'primary' && svname !== 'FRONTEND' && svname !== 'BACKEND')
      .map(({ svname = '' }) => ({
        backend: 'primary',
        id: svname,
        mode: svname === state.primary ? ('ready' as const) : ('maint' as const),
      })),
  ];
  return [
    ...modes
      .filter(({ backend, id, mode }) => {
        const row = rowOf(backend, id);
        return row !== undefined && modeOf(row) !== mode;
      })
      .map(({ backend, id, mode }) => `set server ${backend}/${id} state ${mode}`),
    ...Object.entries(state.weights)
      .filter(([id, weight]) => {
        const row = rowOf('replicas', id);
        return row !== undefined && Number(row.weight) !== weight;
      })
      .map(([id, weight]) => `set server replicas/${id} weight ${weight}`),
  ];
}

function modeOf(row: StatRow): ServerMode {
  const health = healthOf(row);
  return health === 'maint' || health === 'drain' ? health : 'ready';
}
