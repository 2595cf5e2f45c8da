/** How the rest of the program names the programs it starts. */
export type ProgramId =
  | 'mariadbd'
  | 'mariadbInstallDb'
  | 'mariadbBackup'
  | 'mariadb'
  | 'mariadbDump'
  | 'haproxy'
  | 'nginx'
  | 'phpFpm'
  | 'php'
  | 'mkcert'
  | 'tar'
  | 'zstd';

/** Programs without which everything runs, and nobody watches. */
export type MonitoringProgramId = 'prometheus' | 'alertmanager' | 'mysqldExporter';
export type AnyProgramId = ProgramId | MonitoringProgramId;

export interface ProgramRequirement {
  readonly id: AnyProgramId;
  /** What it is called on disk; PHP's has its version in it and is found by find-programs.ts. */
  readonly name: string;
  /** What it is needed for, in a phrase. */
  readonly purpose: string;
  /** The package of Debian and Ubuntu that has it; for PHP without its version. */
  readonly package: string;
  /** The lowest version that can work, and why that one stands in docs/decisions/0001-dependencies.md. */
  readonly minimum: string;
  /** The series that the tests run on. */
  readonly tested: string;
  /** How it tells its version; absent where `versionOf` names the program to ask. */
  readonly version?: { readonly args: readonly string[]; readonly pattern: RegExp };
  readonly versionOf?: AnyProgramId;
  /** The platform runs without it. */
  readonly optional?: true;
}

const mariadb = { minimum: '10.11', tested: '10.11' };

/** Every program that the local platform starts. The order is the one in which doctor tells them. */
export const programRequirements: readonly ProgramRequirement[] = [
  {
    id: 'mariadbd',
    name: 'mariadbd',
    purpose: 'the database servers',
    package: 'mariadb-server-core',
    ...mariadb,
    version: { args: ['--no-defaults', '--version'], pattern: /Ver (\d+(?:\.\d+)+)/ },
  },
  {
    id: 'mariadbInstallDb',
    name: 'mariadb-install-db',
    purpose: 'preparing a data directory',
    package: 'mariadb-server-core',
    ...mariadb,
    // It has no --version: asked for one, it initialises /var/lib/mysql. It is of mariadbd's package.
    versionOf: 'mariadbd',
  },
  {
    id: 'mariadbBackup',
    name: 'mariadb-backup',
    purpose: 'cloning a database server while it runs',
    package: 'mariadb-backup',
    ...mariadb,
    version: { args: ['--version'], pattern: /server (\d+(?:\.\d+)+)/ },
  },
  {
    id: 'mariadb',
    name: 'mariadb',
    purpose: 'database shells',
    package: 'mariadb-client-core',
    ...mariadb,
    version: { args: ['--no-defaults', '--version'], pattern: /(?:Distrib|from) (\d+(?:\.\d+)+)/ },
  },
  {
    id: 'mariadbDump',
    name: 'mariadb-dump',
    purpose: "bringing dev's database back to an edition",
    package: 'mariadb-client',
    ...mariadb,
    version: { args: ['--no-defaults', '--version'], pattern: /(?:Distrib|from) (\d+(?:\.\d+)+)/ },
  },
  {
    id: 'haproxy',
    name: 'haproxy',
    purpose: 'the balancer',
    package: 'haproxy',
    minimum: '2.6',
    tested: '2.6',
    version: { args: ['-v'], pattern: /version (\d+(?:\.\d+)+)/ },
  },
  {
    id: 'nginx',
    name: 'nginx',
    purpose: 'the web server of each instance',
    package: 'nginx',
    minimum: '1.18',
    tested: '1.22',
    version: { args: ['-v'], pattern: /nginx\/(\d+(?:\.\d+)+)/ },
  },
  {
    id: 'phpFpm',
    name: 'php-fpm',
    purpose: 'PHP in each instance',
    package: 'php-fpm',
    minimum: '8.1',
    tested: '8.2',
    version: { args: ['-v'], pattern: /PHP (\d+(?:\.\d+)+)/ },
  },
  {
    id: 'php',
    name: 'php',
    purpose: "running WordPress's own installer and scheduled tasks",
    package: 'php-cli',
    minimum: '8.1',
    tested: '8.2',
    version: { args: ['-v'], pattern: /PHP (\d+(?:\.\d+)+)/ },
  },
  {
    id: 'mkcert',
    name: 'mkcert',
    purpose: 'certificates from a local authority of our own',
    package: 'mkcert',
    minimum: '1.4',
    tested: '1.4',
    version: { args: ['-version'], pattern: /(\d+(?:\.\d+)+)/ },
  },
  {
    id: 'tar',
    name: 'tar',
    purpose: 'archives of code',
    package: 'tar',
    minimum: '1.29',
    tested: '1.34',
    version: { args: ['--version'], pattern: /GNU tar\) (\d+(?:\.\d+)+)/ },
  },
  {
    id: 'zstd',
    name: 'zstd',
    purpose: 'compressing archives',
    package: 'zstd',
    minimum: '1.4',
    tested: '1.5',
    version: { args: ['--version'], pattern: /v(\d+(?:\.\d+)+)/ },
  },
  {
    id: 'prometheus',
    name: 'prometheus',
    purpose: 'measuring, and raising alarms',
    package: 'prometheus',
    minimum: '2.31',
    tested: '2.42',
    version: { args: ['--version'], pattern: /version (\d+(?:\.\d+)+)/ },
    optional: true,
  },
  {
    id: 'alertmanager',
    name: 'prometheus-alertmanager',
    purpose: 'sending alarms as mail',
    package: 'prometheus-alertmanager',
    minimum: '0.25',
    tested: '0.25',
    version: { args: ['--version'], pattern: /version (\d+(?:\.\d+)+)/ },
    optional: true,
  },
  {
    id: 'mysqldExporter',
    name: 'prometheus-mysqld-exporter',
    purpose: "the databases' counters",
    package: 'prometheus-mysqld-exporter',
    minimum: '0.13',
    tested: '0.14',
    version: { args: ['--version'], pattern: /version (\d+(?:\.\d+)+)/ },
    optional: true,
  },
];

export interface ExtensionRequirement {
  /** As `php -m` tells it. */
  readonly name: string;
  /** The end of the package's name: `mysql` for php8.2-mysql. */
  readonly package: string;
  readonly purpose: string;
}

/** Needed in PHP-FPM and on the command line alike. */
export const phpExtensions: readonly ExtensionRequirement[] = [
  { name: 'mysqli', package: 'mysql', purpose: "WordPress's way to the database" },
  { name: 'apcu', package: 'apcu', purpose: 'transients and object cache in memory' },
  { name: 'Zend OPcache', package: 'opcache', purpose: 'compiled code in memory' },
  { name: 'gd', package: 'gd', purpose: 'images in WordPress' },
  { name: 'xml', package: 'xml', purpose: 'feeds and imports in WordPress' },
  { name: 'mbstring', package: 'mbstring', purpose: 'text in WordPress' },
  { name: 'curl', package: 'curl', purpose: "WordPress's requests to others" },
  { name: 'intl', package: 'intl', purpose: 'international names in WordPress' },
  { name: 'zip', package: 'zip', purpose: 'installing plugins and themes in dev' },
];

/** Node, which runs this program. It does not come from a package of ours. */
export const nodeRequirement = { minimum: '20.19', tested: '20' } as const;

/** WordPress itself, for when wordpress.org cannot be reached. */
export const wordpressPackage = { name: 'wordpress', folder: '/usr/share/wordpress' } as const;
