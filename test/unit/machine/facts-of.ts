import type { MachineFacts } from '../../../src/local/machine/facts.js';
import { phpExtensions, programRequirements } from '../../../src/local/machine/requirements.js';

const versions: Readonly<Record<string, string>> = {
  mariadbd: '10.11.19',
  mariadbInstallDb: '10.11.19',
  mariadbBackup: '10.11.19',
  mariadb: '10.11.19',
  mariadbDump: '10.11.19',
  haproxy: '2.6.12',
  nginx: '1.22.1',
  phpFpm: '8.2.36',
  php: '8.2.36',
  mkcert: '1.4.4',
  tar: '1.34',
  zstd: '1.5.4',
  prometheus: '2.42.0',
  alertmanager: '0.25.0',
  mysqldExporter: '0.14.0',
};

/** A Debian 12 with everything, started by root. */
export const debian12: MachineFacts = {
  system: { platform: 'linux', id: 'debian', version: '12', name: 'Debian GNU/Linux 12 (bookworm)', hasApt: true },
  nodeVersion: '20.20.2',
  programs: Object.fromEntries(
    programRequirements.map(({ id, name }) => [id, { path: `/usr/bin/${name}`, version: versions[id] }]),
  ),
  phpSeries: '8.2',
  phpExtensions: phpExtensions.map(({ name }) => name),
  wordpress: 'installed',
  hasProc: true,
  loopbackError: undefined,
  disk: { path: '/var/lib', freeBytes: 50 * 1024 ** 3 },
  missingAccounts: [],
};

/** The same before anything was installed. */
export const freshDebian12: MachineFacts = {
  ...debian12,
  programs: { tar: { path: '/usr/bin/tar', version: '1.34' } },
  phpSeries: undefined,
  phpExtensions: undefined,
  wordpress: 'needed',
  missingAccounts: ['db', 'lb', 'dev', 'prod', 'mon'],
};

/** A machine with another version of one program; `undefined` takes the program away. */
export function withProgram(id: keyof MachineFacts['programs'], version: string | undefined): MachineFacts {
  const { [id]: _, ...others } = debian12.programs;
  return { ...debian12, programs: version === undefined ? others : { ...others, [id]: { path: `/x/${id}`, version } } };
}
