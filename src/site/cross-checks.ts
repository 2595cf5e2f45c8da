import ignore from 'ignore';
import { fieldName, type Problem } from './explain.js';
import { whyConstantIsOwned, whyOptionIsOwned } from './owned.js';
import { type EnvironmentName, environmentNames, type PhpApp, type Site } from './schema.js';

/** What is wrong between fields that are each right. */
export function crossCheck(site: Site): readonly Problem[] {
  return [
    ...environmentNames.flatMap((name) => checkEnvironment(site, name)),
    ...checkDomains(site),
    ...checkZones(site),
    ...checkPorts(site),
    ...checkNotify(site),
    ...checkExcludes(site),
    ...(site.app.kind === 'php' ? checkStaticFiles(site.app) : []),
  ];
}

function checkEnvironment(site: Site, name: EnvironmentName): Problem[] {
  const { capacity, options, constants } = site.environments[name];
  const at = ['environments', name];
  const problems: Problem[] = [];
  const tell = (path: string[], text: string) => problems.push({ field: fieldName([...at, ...path]), text });

  if (capacity.min > capacity.max) {
    tell(['capacity', 'min'], `is ${capacity.min}, more than max, which is ${capacity.max}; it must be at most max`);
  }
  if (site.app.kind === 'php') {
    const why = "is for WordPress, and app.kind is 'php'; use app.staticFiles for what differs between dev and prod";
    if (Object.keys(options).length > 0) tell(['options'], why);
    if (Object.keys(constants).length > 0) tell(['constants'], why);
    return problems;
  }
  for (const constant of Object.keys(constants)) {
    const why = whyConstantIsOwned(constant);
    if (why) tell(['constants', constant], `is set by the platform: ${why}; remove it`);
    if (Object.hasOwn(options, constant)) {
      tell(['options', constant], 'is a constant too; it must be one of the two: an option is a row of the database');
    }
  }
  const seen = new Map<string, string>();
  for (const option of Object.keys(options)) {
    const why = whyOptionIsOwned(option);
    if (why) tell(['options', option], `is set by the platform: ${why}; remove it`);
    // The database compares names of options without regard to case: the two would be one row.
    const same = seen.get(option.toLowerCase());
    if (same) tell(['options', option], `is the same option as ${same}; only one may stay`);
    seen.set(option.toLowerCase(), option);
  }
  return problems;
}

function checkDomains({ environments: { dev, prod } }: Site): Problem[] {
  if (dev.domain !== prod.domain) return [];
  return [
    {
      field: 'environments.prod.domain',
      text: `is ${JSON.stringify(prod.domain)}, which dev has too; each environment must have a domain of its own`,
    },
  ];
}

function checkZones({ zones }: Site): Problem[] {
  const twice = zones.find((zone, index) => zones.indexOf(zone) !== index);
  return twice ? [{ field: 'zones', text: `names zone ${twice} twice; it must name each zone once` }] : [];
}

function checkPorts({ local: { httpPort, httpsPort } }: Site): Problem[] {
  return httpPort !== undefined && httpPort === httpsPort
    ? [{ field: 'local.httpsPort', text: `is ${httpsPort}, like httpPort; it must be another port` }]
    : [];
}

function checkNotify({ notify: { smtp } }: Site): Problem[] {
  const hasPassword = smtp.password !== 'none';
  if (hasPassword && smtp.user === '') {
    return [{ field: 'notify.smtp.user', text: 'is empty, and there is a password; it must name whose it is' }];
  }
  return smtp.user !== '' && !hasPassword
    ? [{ field: 'notify.smtp.password', text: "is 'none', and there is a user; it must say where the password is" }]
    : [];
}

export const hasDatabase = ({ app }: Pick<Site, 'app'>): boolean => app.kind === 'wordpress' || app.database;

/** Where uploads are, below the document root; undefined for a site that has none. */
export function mediaPathOf({ app }: Site): string | undefined {
  return app.kind === 'wordpress' ? 'wp-content/uploads' : app.mediaPath;
}

/**
 * Media is promoted by a step of its own, which does not ask the excludes: a pattern that takes the whole folder out
 * would promise what does not happen. One for some files in it, such as `*.log`, may be meant for the code beside it.
 */
function checkExcludes(site: Site): Problem[] {
  const media = mediaPathOf(site);
  if (media === undefined) return [];
  return site.promotion.excludes.flatMap((pattern, index) => {
    if (!ignore({ ignorecase: false }).add(pattern).ignores(`${media}/`) && !holdsAll(pattern, media)) return [];
    const field = fieldName(['promotion', 'excludes', index]);
    const text = `is ${JSON.stringify(pattern)}, which holds the media (${media}); media is always promoted, so it must be left out`;
    return [{ field, text }];
  });
}

/** `uploads/*` leaves the folder and takes all that is in it. */
function holdsAll(pattern: string, media: string): boolean {
  return ['/*', '/**'].some(
    (all) => pattern.endsWith(all) && pattern.replace(/^\//, '').slice(0, -all.length) === media,
  );
}

function checkStaticFiles({ staticFiles, mediaPath }: PhpApp): Problem[] {
  return environmentNames.flatMap((name) => {
    const paths = Object.keys(staticFiles[name]);
    return paths.flatMap((path) => {
      const field = fieldName(['app', 'staticFiles', name, path]);
      if (mediaPath !== undefined && (path === mediaPath || path.startsWith(`${mediaPath}/`))) {
        return [
          { field, text: `lies in mediaPath (${mediaPath}), which is shared and promoted; it must lie elsewhere` },
        ];
      }
      const folder = paths.find((other) => other.startsWith(`${path}/`));
      return folder
        ? [{ field, text: `is a file here and a folder in ${JSON.stringify(folder)}; it can be only one` }]
        : [];
    });
  });
}
