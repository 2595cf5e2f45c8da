import { defineSite } from 'understudy';

// The definition of one site: a dev environment, a prod environment, and how dev becomes prod.
// Only the name is required; every other field stands here with its default, or (aws) an example.
export default defineSite({
  // The site's name: it stands in host names and folders. The only field without a default.
  name: 'example',

  // Which platform commands mean without --target: 'local', the one on this machine, or 'aws'.
  target: 'local',

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
        // Instances at most, under load. As many as min: no scaling.
        max: 4,
        // More requests a second than this for each instance bring another one. Busy PHP workers do so too, whatever
        // stands here.
        requestsPerInstance: 500,
        // One instance fewer must have been enough for so long before one is dismissed, in seconds.
        scaleInSeconds: 60,
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
        // Instances at most, under load. As many as min: no scaling.
        max: 4,
        // More requests a second than this for each instance bring another one. Busy PHP workers do so too, whatever
        // stands here.
        requestsPerInstance: 500,
        // One instance fewer must have been enough for so long before one is dismissed, in seconds.
        scaleInSeconds: 60,
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

  // From where on something is told. `understudy alarms --all` lists all.
  alarms: {
    // Answers of the 5xx class, in percent of all, from which on it is told.
    errorPercent: 5,
    // How long an answer of prod may take, in seconds.
    slowSeconds: 2,
    // A database server's connections, in percent of its limit.
    connectionsPercent: 80,
    // Processors in use for ten minutes, in percent.
    cpuPercent: 80,
    // Room that must be left on disks, in percent.
    freePercent: 10,
    // What binary logs may take of the disk, in percent.
    binlogPercent: 10,
    // How far the standby may be behind, in seconds.
    lagSeconds: 30,
    // How long before its end a certificate is told, in days.
    certificateDays: 21,
    // Alarms that send no message meanwhile. They are raised and listed all the same.
    silenceDuring: {
      // While a promotion is going on: ['instance-unhealthy']
      promotion: [],
      // While a drill is going on.
      drill: [],
    },
  },

  // Who is told of alarms, promotions, rollbacks and failovers.
  notify: {
    // Who gets alarms and notices: ['ops@example.com']. Nobody named: they are kept for `understudy inbox`.
    email: [],
    // The sender. Without it: understudy@ and the domain of prod.
    from: 'understudy@example.localhost',
    // The mail server of alarms and notices, on this machine.
    smtp: {
      // The mail server. Without it, mail goes nowhere but into `understudy inbox`.
      // host: 'smtp.example.com',
      // Its port.
      port: 587,
      // Whom to log in as. '': nobody; the server must know this machine.
      user: '',
      // Where the password is: 'none', { file: './smtp-password' } for a file that holds nothing else, or
      // { variable: 'SMTP_PASSWORD' } for a variable of the environment that `understudy up` is run in.
      password: 'none',
      // Whether the connection must be encrypted before anything is said. Only for a relay on this machine: false.
      startTls: true,
    },
    // Who gets alarms as text messages, on AWS only: ['+4915112345678']
    sms: [],
  },

  // The record of every request to dev and prod: who asked for what, when, and what came back.
  accessLogs: {
    // How long they are kept, in days.
    retentionDays: 30,
  },

  // Faults that are caused on purpose, to see whether the promises hold: `understudy drill`.
  drills: {
    // Whether a platform that is not on this machine may be drilled.
    allowed: false,
  },

  // The platform on this machine.
  local: {
    // Without it: 8080 or the next free one, remembered.
    // httpPort: 8080,
    // Without it: 8443 or the next free one, remembered.
    // httpsPort: 8443,
  },

  // The platform in AWS. `understudy aws` asks for what is missing here.
  aws: {
    // The account. Nothing is changed with credentials of another one.
    account: '111122223333',
    // The region.
    region: 'eu-central-1',
    // Availability zones, in the order of the site's zones. Without it: the region's of these letters.
    // zones: ['eu-central-1a', 'eu-central-1b'],
    // The host names that visitors use, where they differ from those on this machine.
    domains: {
      // Dev's host name in AWS. Without it: environments.dev.domain.
      dev: 'dev.example.com',
      // Prod's host name in AWS. Without it: environments.prod.domain.
      prod: 'www.example.com',
    },
    // Public DNS.
    hostedZone: {
      // The public zone in Route 53 that both host names lie in.
      name: 'example.com',
      // Its id, if it is there already. Without it a zone is made.
      // id: 'Z0123456789ABCDEFGHIJ',
    },
    // A certificate for both names, if there is one. Without it: one is requested, validated by DNS.
    // certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-0000-0000-000000000000',
    // Who may open dev, which is never open to the world: one of the two.
    devAccess: {
      // Networks from which dev may be opened.
      allow: ['203.0.113.0/24'],
      // People who sign in at the balancer: 'none', or { issuer, authorizationEndpoint, tokenEndpoint,
      // userInfoEndpoint, clientId, clientSecretName } of an OpenID Connect provider.
      oidc: 'none',
    },
    // The VPC.
    network: {
      // The IPv4 range of the VPC that is made. It cannot be changed later.
      cidr: '10.20.0.0/16',
      // 'one': losing its zone takes the way out from all instances; 'one-per-zone': it does not, for more money.
      natGateways: 'one',
      // 'own', or one that is there: { id: 'vpc-…', cidr: '10.0.0.0/16', ipv6: false, publicSubnets: […],
      // webSubnets: […], operationsSubnets: […], dataSubnets: […] }, with a subnet for each zone in each list.
      vpc: 'own',
    },
    // The web instances and the operations host.
    instances: {
      // The instance type in dev. Graviton unless you choose otherwise.
      dev: 't4g.medium',
      // The instance type in prod.
      prod: 't4g.medium',
      // That of the operations host, which runs promotions.
      operations: 't4g.small',
      // Each instance's disk, in GB: editions and page cache.
      volumeGb: 30,
    },
    // RDS for MySQL 8.4: a Multi-AZ master and two replicas.
    database: {
      // The master and its standby in another zone.
      primaryClass: 'db.t4g.medium',
      // Each of the two replicas that prod reads from.
      replicaClass: 'db.t4g.medium',
      // Storage of each server at first, in GB.
      storageGb: 50,
      // How far it may grow by itself, in GB.
      maxStorageGb: 500,
      // How many days of backups are kept.
      backupDays: 14,
    },
    // Networks from which SSH reaches the operations host. Without any: Session Manager only.
    sshAllow: [],
  },
});
