/** What a wp-config.php says, read as text. It is never run. */
export interface WpConfig {
  /** Undefined where it is not a plain text. */
  readonly tablePrefix: string | undefined;
  readonly constants: readonly ConfigConstant[];
}

export interface ConfigConstant {
  readonly name: string;
  /** Undefined: an expression, which only PHP could say. */
  readonly value: string | number | boolean | null | undefined;
}

const define = /\bdefine\s*\(\s*(?:'([A-Za-z_]\w*)'|"([A-Za-z_]\w*)")\s*,\s*/g;
const prefix = /\$table_prefix\s*=\s*(?:'([A-Za-z0-9_]*)'|"([A-Za-z0-9_]*)")\s*;/;

/** Reads constants and the prefix of the tables from the text of a wp-config.php. */
export function readWpConfig(text: string): WpConfig {
  const code = withoutComments(text);
  const constants = [...code.matchAll(define)].map((match) => ({
    name: match[1] ?? match[2] ?? '',
    value: literalAt(code, match.index + match[0].length),
  }));
  const found = prefix.exec(code);
  return { tablePrefix: found?.[1] ?? found?.[2], constants };
}

/** PHP's comments, blanked out; those in texts are no comments. */
function withoutComments(text: string): string {
  return text.replace(
    /('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|\/\*.*?(?:\*\/|$)|(?:\/\/|#)[^\n]*/gs,
    (_, quoted: string | undefined) => quoted ?? ' ',
  );
}

function literalAt(code: string, at: number): ConfigConstant['value'] {
  const rest = code.slice(at, at + 10_000);
  const single = /^'((?:[^'\\]|\\.)*)'\s*[,)]/s.exec(rest)?.[1];
  if (single !== undefined) return single.replace(/\\(['\\])/g, '$1');
  // Without variables and escapes, which only PHP could say.
  const double = /^"([^"\\$]*)"\s*[,)]/.exec(rest)?.[1];
  if (double !== undefined) return double;
  const word = /^(true|false|null|-?\d+(?:\.\d+)?)\s*[,)]/i.exec(rest)?.[1]?.toLowerCase();
  if (word === undefined) return undefined;
  if (word === 'null') return null;
  return word === 'true' || word === 'false' ? word === 'true' : Number(word);
}

/** What this platform decides itself, or what was about the server that the site came from. */
const ofTheServer =
  /^(?:ABSPATH|DB_.*|.*_(?:KEY|SALT)|WP_(?:HOME|SITEURL|ALLOW_MULTISITE|CACHE.*|DEBUG.*|CONTENT_.*|PLUGIN_.*|TEMP_DIR|PROXY_.*|ENVIRONMENT_TYPE|INSTALLING|AUTO_UPDATE_CORE|REDIS_.*|LOCAL_DEV)|WPMU_.*|MULTISITE|SUBDOMAIN_INSTALL|(?:DOMAIN|PATH|SITE_ID|BLOG_ID)_CURRENT_SITE|COOKIE.*|ADMIN_COOKIE_PATH|SITECOOKIEPATH|FS_.*|FTP_.*|FORCE_SSL.*|DISABLE_WP_CRON|ALTERNATE_WP_CRON|WPCACHEHOME|SAVEQUERIES|SCRIPT_DEBUG|UPLOADS|CUSTOM_USER.*|DISALLOW_FILE_.*|CONCATENATE_SCRIPTS|AUTOMATIC_UPDATER_DISABLED|UNDERSTUDY_.*)$/;
const salts = /^(?:AUTH|SECURE_AUTH|LOGGED_IN|NONCE)_(?:KEY|SALT)$/;

/** Constants that somebody has chosen for the site: worth a place in the definition. */
export const constantsWorthKeeping = ({ constants }: WpConfig): readonly ConfigConstant[] =>
  constants.filter(({ name }) => !salts.test(name) && (!ofTheServer.test(name) || isKeyOfAService(name)));

/** `ACME_API_KEY` is one of somebody's service; only WordPress's own keys are made anew. */
const isKeyOfAService = (name: string) => /_(?:KEY|SALT)$/.test(name) && !/^WP_CACHE/.test(name);

export const isMultisiteConfig = ({ constants }: WpConfig): boolean =>
  constants.some(({ name, value }) => name === 'MULTISITE' && value !== false);
