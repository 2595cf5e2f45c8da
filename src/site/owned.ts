/**
 * Constants and options that the platform sets itself, and why. A definition that sets them too would be
 * silently overruled, or would break what makes an environment what it is.
 */

const database = 'the platform connects WordPress to its own databases';
const address = 'the address follows from environments.ENV.domain';
const keys = 'keys and salts are generated for each environment';
const cron = 'the platform elects one runner in dev, and runs none in prod';
const files = 'prod runs immutable releases, which WordPress must not change';
const paths = 'the instance knows where its files are';
const multisite = 'multisite is not supported';

const ownedConstants = new Map<string, string>([
  ...['DB_NAME', 'DB_USER', 'DB_PASSWORD', 'DB_HOST', 'DB_CHARSET', 'DB_COLLATE'].map(
    (name) => [name, database] as const,
  ),
  ...['WP_HOME', 'WP_SITEURL', 'FORCE_SSL_ADMIN'].map((name) => [name, address] as const),
  ...['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'].flatMap((name) => [
    [`${name}_KEY`, keys] as const,
    [`${name}_SALT`, keys] as const,
  ]),
  ...['DISABLE_WP_CRON', 'ALTERNATE_WP_CRON'].map((name) => [name, cron] as const),
  ...['DISALLOW_FILE_EDIT', 'DISALLOW_FILE_MODS', 'AUTOMATIC_UPDATER_DISABLED'].map((name) => [name, files] as const),
  ...['ABSPATH', 'WPINC', 'WP_CONTENT_DIR', 'WP_CONTENT_URL', 'UPLOADS'].map((name) => [name, paths] as const),
  ...['WP_ALLOW_MULTISITE', 'MULTISITE', 'SUBDOMAIN_INSTALL'].map((name) => [name, multisite] as const),
  ['WP_CACHE', 'pages are cached by the web server, keyed by edition'],
  ['WP_ENVIRONMENT_TYPE', 'it names the environment: production in prod, development in dev'],
]);

const ownedOptions = new Map<string, string>([
  ['siteurl', address],
  ['home', address],
  ['cron', cron],
  ['db_version', 'it belongs to the database and is promoted with it'],
  ['initial_db_version', 'it belongs to the database and is promoted with it'],
  ['upload_path', paths],
  ['upload_url_path', paths],
]);

/** Why this constant may not be set in a definition; undefined if it may. */
export function whyConstantIsOwned(name: string): string | undefined {
  return ownedConstants.get(name);
}

/** Why this option may not be set in a definition; undefined if it may. */
export function whyOptionIsOwned(name: string): string | undefined {
  if (/^_(site_)?transient_/i.test(name)) return "transients are kept in each instance's memory";
  return ownedOptions.get(name.toLowerCase());
}
