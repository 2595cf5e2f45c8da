import { isDeepStrictEqual } from 'node:util';
import { refusal } from '../../output/errors.js';
import { environmentNames, type Site } from '../../site/schema.js';

/**
 * Refuses what cannot be changed in a site that has data.
 * @param isRunning whether any of its servers runs
 * @throws refusals `name-changed`, `kind-changed`, `zones-changed`
 */
export function requireChangeable(before: Site, after: Site, isRunning: boolean): void {
  if (before.name !== after.name) {
    throw refusal({
      code: 'name-changed',
      message: `This site is called ${before.name}, and its database with it; the definition says ${after.name}.`,
      remedy: `Put the name back to '${before.name}', or begin anew with \`understudy down --destroy\`.`,
    });
  }
  if (before.app.kind !== after.app.kind) {
    throw refusal({
      code: 'kind-changed',
      message: `This site was made as app.kind '${before.app.kind}'; the definition says '${after.app.kind}'.`,
      remedy: 'Put it back, or begin anew with `understudy down --destroy`.',
    });
  }
  if (isRunning && !isDeepStrictEqual(before.zones, after.zones)) {
    throw refusal({
      code: 'zones-changed',
      message: `Zones are where servers stand (${before.zones.join(', ')}); they cannot move to ${after.zones.join(', ')} while they run.`,
      remedy: 'Run `understudy down`, then `understudy up`.',
    });
  }
}

/** What of a changed definition counts only later, in sentences for the person who has changed it. */
export function laterChanges(before: Site, after: Site, isRunning: boolean): readonly string[] {
  const notes: string[] = [];
  if (!isDeepStrictEqual(prodConfiguration(before), prodConfiguration(after))) {
    notes.push('Options, constants and files of prod reach it with the next promotion: they are part of an edition.');
  }
  if (isRunning && before.database.bufferPoolMb !== after.database.bufferPoolMb) {
    notes.push('The size of the buffer pool counts from the next start of each database server.');
  }
  if (!isDeepStrictEqual(installation(before), installation(after))) {
    notes.push(
      'The site is installed already: its source, title, administrator and language are changed in dev itself.',
    );
  }
  return notes;
}

function prodConfiguration({ app, environments }: Site) {
  const { options, constants } = environments.prod;
  const domains = environmentNames.map((name) => environments[name].domain);
  return { options, constants, domains, files: app.kind === 'php' ? app.staticFiles.prod : undefined };
}

function installation({ app }: Site) {
  if (app.kind === 'php') return { directory: app.directory };
  const { source, title, adminUser, adminEmail, locale } = app;
  return { source, title, adminUser, adminEmail, locale };
}
