import { z } from 'zod';

/** The two environments of every site. Dev holds the master database; prod serves frozen copies of it. */
export const environmentNames = ['dev', 'prod'] as const;
export type EnvironmentName = (typeof environmentNames)[number];

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const domain = z
  .string()
  .regex(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$/, {
    error: 'must be a host name in lower case, such as www.example.com, without scheme, port or path',
  });

const capacity = z
  .strictObject({
    min: z.int().min(1).max(20).default(2).describe('instances that always run'),
    max: z.int().min(1).max(20).default(4).describe('instances at most, under load'),
  })
  .refine(({ min, max }) => min <= max, { error: 'min must not be greater than max', path: ['min'] });

const environment = z.strictObject({
  domain: domain.optional().describe('default: NAME.localhost for prod, dev.NAME.localhost for dev'),
  capacity: capacity.prefault({}),
  options: z
    .record(z.string().min(1), z.json())
    .default({})
    .describe('WordPress options that this environment owns, whatever the database says'),
  constants: z
    .record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/, { error: 'must be a PHP constant in upper case' }), scalar)
    .default({})
    .describe('constants for wp-config.php'),
});

/** A path below the document root: relative, without `..`, without control characters. */
const relativePath = z
  .string()
  .min(1)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
  .regex(/^(?!\/)(?!(?:.*\/)?\.\.(?:\/|$))[^\u0000-\u001f\u007f]+$/, {
    error: 'must be a path below the document root, without a leading slash and without ..',
  });

const wordpress = z.strictObject({
  kind: z.literal('wordpress'),
  source: z
    .union([
      z.literal('auto'),
      z.strictObject({ version: z.string().regex(/^\d+\.\d+(\.\d+)?$/, { error: 'must be like 6.8.1' }) }),
      z.strictObject({ directory: z.string().min(1) }),
      z.strictObject({ archive: z.string().min(1) }),
    ])
    .default('auto')
    .describe('auto: wordpress.org when it can be reached, else the Debian package'),
  title: z.string().min(1).max(200).optional().describe('default: the name of the site'),
  adminUser: z
    .string()
    .regex(/^[a-z0-9._-]{1,60}$/)
    .default('admin'),
  adminEmail: z.email().default('admin@example.com'),
  locale: z
    .string()
    .regex(/^[a-z]{2,3}(_[A-Z]{2})?$/)
    .default('en_US'),
  tablePrefix: z
    .string()
    .regex(/^[A-Za-z0-9_]{1,20}$/)
    .default('wp_'),
});

const php = z.strictObject({
  kind: z.literal('php'),
  directory: z.string().min(1).describe("what dev's document root is filled with at first"),
  publicPath: relativePath.optional().describe('the folder below it that is served; default: itself'),
  healthPath: z
    .string()
    .regex(/^\/[^\s?#]*$/)
    .default('/'),
  staticFiles: z
    .strictObject({
      dev: z.record(relativePath, z.string().min(1)).default({}),
      prod: z.record(relativePath, z.string().min(1)).default({}),
    })
    .prefault({})
    .describe('files of each environment that are never promoted: path below the document root → file'),
  mediaPath: relativePath.optional().describe('a folder of uploads, shared by the instances of prod'),
  database: z.boolean().default(false),
});

const promotion = z.strictObject({
  excludes: z.array(z.string().min(1)).default([]).describe('patterns of paths that stay in dev, as in .gitignore'),
  bakeSeconds: z.int().min(0).max(86_400).default(300),
  keepReleases: z.int().min(2).max(100).default(5),
  smokePages: z
    .array(
      z.strictObject({
        path: z.string().regex(/^\/[^\s#]*$/),
        status: z.int().min(200).max(599).default(200),
        contains: z.string().min(1).optional(),
      }),
    )
    .default([])
    .describe('pages to check beside the usual ones before visitors see the new edition'),
});

const local = z.strictObject({
  httpPort: z.int().min(1024).max(65_535).optional().describe('default: 8080 or the next free'),
  httpsPort: z.int().min(1024).max(65_535).optional().describe('default: 8443 or the next free'),
});

export const siteSchema = z.strictObject({
  name: z.string().regex(/^[a-z]([a-z0-9-]{0,29}[a-z0-9])?$/, {
    error: 'must be 1 to 31 lower-case letters, digits and hyphens, beginning with a letter',
  }),
  app: z.discriminatedUnion('kind', [wordpress, php]).prefault({ kind: 'wordpress' }),
  environments: z.strictObject({ dev: environment.prefault({}), prod: environment.prefault({}) }).prefault({}),
  zones: z
    .array(z.enum(['a', 'b', 'c']))
    .min(1)
    .max(3)
    .default(['a', 'b'])
    .describe('failure domains'),
  database: z
    .strictObject({
      bufferPoolMb: z.int().min(16).max(65_536).default(64).describe('InnoDB buffer pool of each server, in MB'),
    })
    .prefault({}),
  promotion: promotion.prefault({}),
  local: local.prefault({}),
});

/** The definition as a person writes it: only the name is required. */
export type SiteDefinition = z.input<typeof siteSchema>;

type ParsedSite = z.output<typeof siteSchema>;
type Filled<T extends { domain?: string | undefined }> = Omit<T, 'domain'> & { readonly domain: string };

/** The definition with every default filled in and checked as a whole. Plain data: it crosses processes as JSON. */
export type Site = Omit<ParsedSite, 'environments'> & {
  readonly environments: Readonly<Record<EnvironmentName, Filled<ParsedSite['environments']['dev']>>>;
};
export type EnvironmentSpec = Site['environments']['dev'];
export type App = Site['app'];
