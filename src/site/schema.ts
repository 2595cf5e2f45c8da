import { z } from 'zod';
import { alarmSettingsSchema, notifySchema } from './alarm-settings.js';
import { aws } from './aws-fields.js';

/**
 * The site definition, field by field. Descriptions and examples stand in what `understudy init` writes,
 * and `error` texts complete the sentence "FIELD is VALUE; it …": the schema is the one place for both.
 * What concerns several fields at once is checked in resolve.ts.
 */

/** The two environments of every site. Dev holds the master database; prod serves frozen copies of it. */
export const environmentNames = ['dev', 'prod'] as const;
export type EnvironmentName = (typeof environmentNames)[number];

const text = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[^\p{Cc}]*[^\p{Cc}\p{Z}][^\p{Cc}]*$/u, { error: 'must be a line of text, not empty' });

const domain = z
  .string()
  .regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/, {
    error: 'must be a host name in lower case, such as www.example.com, without scheme, port or path',
  });

/** A path below the document root: relative, without `.`, `..`, empty parts, backslashes or control characters. */
const relativePath = z.string().regex(/^(?!.*(?:^|\/)\.{0,2}(?:\/|$))[^\p{Cc}\\]+$/u, {
  error: 'must be a path below the document root, such as assets/uploads, without a slash at its ends and without ..',
});

/** A path on this machine. */
const hostPath = z
  .string()
  .regex(/^[^\p{Cc}]+$/u, { error: "must be a path; a relative one starts at the definition's folder" });

const urlPath = z
  .string()
  .regex(/^\/[^\s?#\p{Cc}]*$/u, { error: 'must be the path of a URL, beginning with a slash, without ? and #' });

const capacity = z.strictObject({
  min: z.int().min(1).max(20).default(2).describe('Instances that always run, spread over the zones.'),
  max: z.int().min(1).max(20).default(4).describe('Instances at most, under load. As many as min: no scaling.'),
  requestsPerInstance: z
    .int()
    .min(1)
    .max(100_000)
    .default(500)
    .describe(
      'More requests a second than this for each instance bring another one. Busy PHP workers do so too, whatever\n' +
        'stands here.',
    ),
  scaleInSeconds: z
    .int()
    .min(5)
    .max(3_600)
    .default(60)
    .describe('One instance fewer must have been enough for so long before one is dismissed, in seconds.'),
});

const environment = z.strictObject({
  domain: domain.optional().describe('The host name that visitors use.'),
  capacity: capacity.prefault({}).describe('How many web instances.'),
  options: z
    .record(
      z.string().regex(/^[^\p{Cc}\s]{1,191}$/u, {
        error: 'must be the name of a WordPress option: no spaces, 191 characters at most',
      }),
      z.json(),
      { error: "must be an object: { 'option name': value }" },
    )
    .default({})
    .describe(
      'WordPress options that this environment owns, whatever the database says. They are never promoted:\n' +
        "{ 'woocommerce_test_mode': 'yes' }",
    ),
  constants: z
    .record(
      z.string().regex(/^[A-Z_][A-Z0-9_]*$/, { error: 'must be the name of a PHP constant in upper case' }),
      z.union([z.string(), z.number(), z.boolean(), z.null()], {
        error: 'must be text, a number, true, false or null',
      }),
      { error: 'must be an object: { CONSTANT_NAME: value }' },
    )
    .default({})
    .describe(
      'Constants for wp-config.php. A secret belongs into a variable, not into this file:\n' +
        "{ PAYMENT_KEY: process.env.PAYMENT_KEY ?? '' }",
    ),
});

const wordpress = z.strictObject({
  kind: z.literal('wordpress'),
  source: z
    .union(
      [
        z.literal('auto'),
        z.strictObject({
          version: z.string().regex(/^\d+\.\d+(\.\d+)?$/, { error: 'must be a version such as 6.8.1' }),
        }),
        z.strictObject({ directory: hostPath }),
        z.strictObject({ archive: hostPath }),
      ],
      {
        error:
          "must be 'auto', { version: '6.8.1' }, { directory: './wordpress' } or { archive: './wordpress.tar.gz' }",
      },
    )
    .default('auto')
    .describe(
      "What dev's document root is filled with at first. 'auto': wordpress.org when it can be reached, else the\n" +
        "distribution's package; or { version: '6.8.1' }, { directory: './wordpress' }, { archive: './wordpress.tar.gz' }.",
    ),
  title: text(200).optional().describe('The title that WordPress is installed with.'),
  adminUser: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,59}$/, {
      error: 'must be 1 to 60 lower-case letters, digits, dots, hyphens and underscores',
    })
    .default('admin')
    .describe('The first administrator. The password is generated, never written here.'),
  adminEmail: z
    .email({ error: 'must be an e-mail address' })
    .default('admin@example.com')
    .describe("The administrator's address."),
  locale: z
    .string()
    .regex(/^[a-z]{2,3}(_[A-Z]{2})?(_[a-z]+)?$/, { error: 'must be a WordPress locale such as de_DE' })
    .default('en_US')
    .describe('The language that WordPress is installed in.'),
  tablePrefix: z
    .string()
    .regex(/^[A-Za-z0-9_]{1,20}$/, { error: 'must be 1 to 20 letters, digits and underscores' })
    .default('wp_')
    .describe('What the names of the tables begin with.'),
});

const staticFiles = z
  .record(relativePath, hostPath, { error: "must be an object: { 'path/below/root.php': './file' }" })
  .default({});

const php = z.strictObject({
  kind: z.literal('php'),
  directory: hostPath.meta({ description: "What dev's document root is filled with at first.", examples: ['./site'] }),
  publicPath: relativePath.optional().meta({
    description: 'The folder below it that is served. Without it: the document root itself.',
    examples: ['public'],
  }),
  healthPath: urlPath.default('/').describe('A page that answers 200 without a redirect while the site is well.'),
  staticFiles: z
    .strictObject({
      dev: staticFiles.describe("Dev's: { 'config.php': './config.dev.php' }"),
      prod: staticFiles.describe("Prod's: { 'config.php': './config.prod.php' }"),
    })
    .prefault({})
    .describe('Files of each environment that are never promoted: path below the document root, file on this machine.'),
  mediaPath: relativePath
    .optional()
    .meta({ description: 'A folder of uploads, shared by the instances of prod.', examples: ['uploads'] }),
  database: z.boolean().default(false).describe('Whether the site has a database.'),
});

const smokePage = z.strictObject({
  path: z
    .string()
    .regex(/^\/[^\s#\p{Cc}]*$/u, { error: 'must be the path of a URL, beginning with a slash, without #' })
    .describe('The page.'),
  status: z.int().min(200).max(599).default(200).describe('The status that it must answer with.'),
  contains: z.string().min(1).max(1000).optional().describe('Text that must stand in the answer.'),
});

const promotion = z.strictObject({
  excludes: z
    .array(
      z.string().regex(/^(?!.*(?:^|\/)\.\.(?:\/|$))[^\p{Cc}]*[^\p{Cc}\s/!][^\p{Cc}]*$/u, {
        error: "must be a pattern of paths as in .gitignore, such as 'cache/' or '*.log', without ..",
      }),
    )
    .default([])
    .describe("Paths that stay in dev, as in .gitignore: ['*.log', 'wp-content/cache/']"),
  bakeSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(300)
    .describe('How long the previous edition stays ready to take over after a switch, in seconds.'),
  keepReleases: z.int().min(2).max(100).default(5).describe('How many releases are kept to roll back to.'),
  smokePages: z
    .array(smokePage)
    .default([])
    .describe(
      'Pages that must be right before visitors see a new edition, beside the usual ones:\n' +
        "[{ path: '/shop/', status: 200, contains: 'Add to basket' }]",
    ),
});

const port = z.int().min(1024).max(65_535).optional();

const local = z.strictObject({
  httpPort: port.meta({ description: 'Without it: 8080 or the next free one, remembered.', examples: [8080] }),
  httpsPort: port.meta({ description: 'Without it: 8443 or the next free one, remembered.', examples: [8443] }),
});

const nameRule =
  'must be 1 to 31 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen';

export const siteSchema = z.strictObject({
  name: z
    .string({ error: nameRule })
    .regex(/^[a-z]([a-z0-9-]{0,29}[a-z0-9])?$/, { error: nameRule })
    .describe("The site's name: it stands in host names and folders. The only field without a default."),
  target: z
    .enum(['local', 'aws'], { error: "must be 'local' or 'aws'" })
    .default('local')
    .describe("Which platform commands mean without --target: 'local', the one on this machine, or 'aws'."),
  app: z
    .discriminatedUnion('kind', [wordpress, php])
    .prefault({ kind: 'wordpress' })
    .describe('What runs: WordPress, or any PHP site.'),
  environments: z
    .strictObject({
      dev: environment.prefault({}).describe('Where people edit. It holds the master database.'),
      prod: environment
        .prefault({})
        .describe('What visitors see: a frozen copy of dev, read-only, as of the last promotion.'),
    })
    .prefault({})
    .describe('The two environments.'),
  zones: z
    .array(z.enum(['a', 'b', 'c'], { error: "must be 'a', 'b' or 'c'" }))
    .min(1)
    .max(3)
    .default(['a', 'b'])
    .describe('Failure domains. Servers of one role are spread over them.'),
  database: z
    .strictObject({
      bufferPoolMb: z
        .int()
        .min(16)
        .max(65_536)
        .default(64)
        .describe('The InnoDB buffer pool of each of the four servers, in MB.'),
    })
    .prefault({})
    .describe('The database servers: a primary, its standby and two replicas.'),
  promotion: promotion.prefault({}).describe('How dev becomes prod.'),
  alarms: alarmSettingsSchema
    .prefault({})
    .describe('From where on something is told. `understudy alarms --all` lists all.'),
  notify: notifySchema.prefault({}).describe('Who is told of alarms, promotions, rollbacks and failovers.'),
  accessLogs: z
    .strictObject({
      retentionDays: z.int().min(1).max(3_650).default(30).describe('How long they are kept, in days.'),
    })
    .prefault({})
    .describe('The record of every request to dev and prod: who asked for what, when, and what came back.'),
  drills: z
    .strictObject({
      allowed: z.boolean().default(false).describe('Whether a platform that is not on this machine may be drilled.'),
    })
    .prefault({})
    .describe('Faults that are caused on purpose, to see whether the promises hold: `understudy drill`.'),
  local: local.prefault({}).describe('The platform on this machine.'),
  aws: aws.prefault({}).describe('The platform in AWS. `understudy aws` asks for what is missing here.'),
});

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
type Parsed = z.output<typeof siteSchema>;
type With<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: Exclude<T[P], undefined> };

/** The definition as a person writes it: only the name is required. */
export type SiteDefinition = z.input<typeof siteSchema>;

export type WordpressApp = DeepReadonly<With<Extract<Parsed['app'], { kind: 'wordpress' }>, 'title'>>;
export type PhpApp = DeepReadonly<Extract<Parsed['app'], { kind: 'php' }>>;
export type App = WordpressApp | PhpApp;
/** Not deeply read-only: JSON contains itself, and the compiler would follow it without end. */
export type EnvironmentSpec = Readonly<With<Parsed['environments']['dev'], 'domain'>>;

/**
 * The definition with every default filled in, checked as a whole, its paths absolute.
 * Plain data: it crosses processes as JSON. `options` and `constants` may hold secrets: a file with it is for its owner alone.
 */
export type Site = DeepReadonly<Omit<Parsed, 'environments' | 'app' | 'notify'>> & {
  readonly app: App;
  readonly notify: DeepReadonly<With<Parsed['notify'], 'from'>>;
  readonly environments: Readonly<Record<EnvironmentName, EnvironmentSpec>>;
};
