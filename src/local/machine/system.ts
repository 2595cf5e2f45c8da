import { isAtLeast } from './version.js';

/** The operating system, as /etc/os-release and Node tell it. */
export interface SystemFacts {
  /** `linux`, `darwin`, `win32`, … */
  readonly platform: string;
  /** `debian`, `ubuntu`, …; empty where there is no /etc/os-release. */
  readonly id: string;
  readonly version: string;
  /** For people: "Debian GNU/Linux 12 (bookworm)". */
  readonly name: string;
  readonly hasApt: boolean;
}

/**
 * `tested`: what the tests run on. `likely`: should work, nobody has tried. `by-hand`: Linux, but the programs have to
 * be brought by the user. `cannot`: the local platform does not run here.
 */
export type SystemVerdict = 'tested' | 'likely' | 'by-hand' | 'cannot';

export interface SystemReport {
  readonly name: string;
  readonly verdict: SystemVerdict;
  readonly advice: string;
}

const elsewhere =
  'the platform on one machine needs Linux (addresses of 127.0.0.0/8 for its hosts, /proc, and packages of Debian). ' +
  'Here, writing and checking a definition and --help work; a virtual machine, WSL or a container with Debian 12 runs the rest.';

export function judgeSystem({ platform, id, version, name, hasApt }: SystemFacts): SystemReport {
  if (platform !== 'linux') return { name, verdict: 'cannot', advice: `On ${platform}, ${elsewhere}` };
  const verdict = (is: SystemVerdict, advice: string) => ({ name, verdict: is, advice });
  if (!hasApt) {
    return verdict(
      'by-hand',
      'There is no apt here: install the programs below with the package manager of this system.',
    );
  }
  if (id === 'debian' && version === '12') return verdict('tested', 'This is the system that everything is tested on.');
  if ((id === 'debian' && newerThan(version, '13')) || (id === 'ubuntu' && newerThan(version, '24.04'))) {
    return verdict('likely', 'Its packages should do; the tests run on Debian 12.');
  }
  if (id === 'debian' || id === 'ubuntu') {
    return verdict(
      'by-hand',
      'Its own MariaDB is older than 10.11: it needs newer packages, such as those of MariaDB itself.',
    );
  }
  return verdict(
    'by-hand',
    'Packages are looked for under the names that they have in Debian; the tests run on Debian 12.',
  );
}

/** Debian's testing and unstable have no version: they are newer than any. */
function newerThan(version: string, minimum: string): boolean {
  return version === '' || isAtLeast(version, minimum);
}

/** @param text the content of /etc/os-release */
export function parseOsRelease(text: string): { readonly id: string; readonly version: string; readonly name: string } {
  const value = (key: string) => new RegExp(`^${key}=["']?(.*?)["']?$`, 'm').exec(text)?.[1] ?? '';
  return { id: value('ID'), version: value('VERSION_ID'), name: value('PRETTY_NAME') || value('ID') };
}
