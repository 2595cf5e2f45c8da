import { defineSite } from 'understudy';

// The definition of one site: a dev environment, a prod environment, and how dev becomes prod.
// Only the name is required; every other field stands here with its default.
export default defineSite({
  // The site's name: it stands in host names and folders. The only field without a default.
  name: 'example',

  // What runs: WordPress, or any PHP site.
  app: {
    kind: 'wordpress',
    // What dev's document root is filled with at first. 'auto': wordpress.org when it can be reached, else the
    // distribution's package; or { version: '6.8.1' }, { directory: './wordpress' }, { archive: './wordpress.tar.gz' }.
    source: 'auto',
    // The title that WordPress is installed with.
    title: 'example',
    // The first administrator. The password is generated, never written here.
    adminUser: 'admin',
    // The administrator's address.
    adminEmail: 'admin@example.com',
    // The language that WordPress is installed in.
    locale: 'en_US',
    // What the names of the tables begin with.
    tablePrefix: 'wp_',
  },
  // For a PHP site that is not WordPress, this in its place:
  // app: {
  //   kind: 'php',
  //   // What dev's document root is filled with at first.
  //   directory: './site',
  //   // The folder below it that is served. Without it: the document root itself.
  //   // publicPath: 'public',
  //   // A page that answers 200 without a redirect while the site is well.
  //   healthPath: '/',
  //   // Files of each environment that are never promoted: path below the document root, file on this machine.
  //   staticFiles: {
  //     // Dev's: { 'config.php': './config.dev.php' }
  //     dev: {},
  //     // Prod's: { 'config.php': './config.prod.php' }
  //     prod: {},
  //   },
  //   // A folder of uploads, shared by the instances of prod.
  //   // mediaPath: 'uploads',
  //   // Whether the site has a database.
  //   database: false,
  // },

  // The two environments.
  environments: {
    // Where people edit. It holds the master database.
    dev: {
      // The host name that visitors use.
      domain: 'dev.example.localhost',
      // How many web instances.
      capacity: {
        // Instances that always run, spread over the zones.
        min: 2,
        // Instances at most, under load.
        max: 4,
      },
      // WordPress options that this environment owns, whatever the database says. They are never promoted:
      // { 'woocommerce_test_mode': 'yes' }
      options: {},
      // Constants for wp-config.php. A secret belongs into a variable, not into this file:
      // { PAYMENT_KEY: process.env.PAYMENT_KEY ?? '' }
      constants: {},
    },
    // What visitors see: a frozen copy of dev, read-only, as of the last promotion.
    prod: {
      // The host name that visitors use.
      domain: 'example.localhost',
      // How many web instances.
      capacity: {
        // Instances that always run, spread over the zones.
        min: 2,
        // Instances at most, under load.
        max: 4,
      },
      // WordPress options that this environment owns, whatever the database says. They are never promoted:
      // { 'woocommerce_test_mode': 'yes' }
      options: {},
      // Constants for wp-config.php. A secret belongs into a variable, not into this file:
      // { PAYMENT_KEY: process.env.PAYMENT_KEY ?? '' }
      constants: {},
    },
  },

  // Failure domains. Servers of one role are spread over them.
  zones: ['a', 'b'],

  // The database servers: a primary, its standby and two replicas.
  database: {
    // The InnoDB buffer pool of each of the four servers, in MB.
    bufferPoolMb: 64,
  },

  // How dev becomes prod.
  promotion: {
    // Paths that stay in dev, as in .gitignore: ['*.log', 'wp-content/cache/']
    excludes: [],
    // How long the previous edition stays ready to take over after a switch, in seconds.
    bakeSeconds: 300,
    // How many releases are kept to roll back to.
    keepReleases: 5,
    // Pages that must be right before visitors see a new edition, beside the usual ones:
    // [{ path: '/shop/', status: 200, contains: 'Add to basket' }]
    smokePages: [],
  },

  // The platform on this machine.
  local: {
    // Without it: 8080 or the next free one, remembered.
    // httpPort: 8080,
    // Without it: 8443 or the next free one, remembered.
    // httpsPort: 8443,
  },
});
