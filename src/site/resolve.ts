import { resolve } from 'node:path';
import type { z } from 'zod';
import { crossCheck } from './cross-checks.js';
import { definitionError, explain } from './explain.js';
import { type App, type Site, siteSchema } from './schema.js';

type Parsed = z.output<typeof siteSchema>;

/**
 * Checks a definition, fills in every default, and makes its paths absolute.
 * @param definition what a person wrote, of any shape
 * @param folder the definition's own folder, absolute: where relative paths start
 * @throws code `definition-invalid` (usage), naming every field that is wrong, its value and what would be right
 */
export function resolveSite(definition: unknown, folder: string): Site {
  const parsed = siteSchema.safeParse(definition);
  if (!parsed.success) throw definitionError(explain(parsed.error.issues, definition));
  const site = complete(parsed.data, folder);
  const problems = crossCheck(site);
  if (problems.length > 0) throw definitionError(problems);
  return site;
}

/** The defaults that follow from other fields. */
function complete(parsed: Parsed, folder: string): Site {
  const { dev, prod } = parsed.environments;
  const site: Site = {
    ...parsed,
    notify: completeNotify(parsed, prod.domain ?? `${parsed.name}.localhost`, folder),
    app: completeApp(parsed, folder),
    environments: {
      dev: { ...dev, domain: dev.domain ?? `dev.${parsed.name}.localhost` },
      prod: { ...prod, domain: prod.domain ?? `${parsed.name}.localhost` },
    },
  };
  // Fields that were given as undefined go, so that what comes out is what any process reads back from JSON.
  return JSON.parse(JSON.stringify(site));
}

function completeNotify({ notify }: Parsed, domain: string, folder: string): Site['notify'] {
  const { smtp } = notify;
  const { password } = smtp;
  const found =
    typeof password === 'object' && 'file' in password ? { file: resolve(folder, password.file) } : password;
  return { ...notify, from: notify.from ?? `understudy@${domain}`, smtp: { ...smtp, password: found } };
}

function completeApp({ name, app }: Parsed, folder: string): App {
  const here = (path: string) => resolve(folder, path);
  if (app.kind === 'php') {
    const absolute = (files: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(files).map(([path, file]) => [path, here(file)]));
    return {
      ...app,
      directory: here(app.directory),
      staticFiles: { dev: absolute(app.staticFiles.dev), prod: absolute(app.staticFiles.prod) },
    };
  }
  const { source } = app;
  return {
    ...app,
    title: app.title ?? name,
    source:
      typeof source === 'object' && 'directory' in source
        ? { directory: here(source.directory) }
        : typeof source === 'object' && 'archive' in source
          ? { archive: here(source.archive) }
          : source,
  };
}
