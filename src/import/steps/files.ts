import type { Step } from '../../promotion/step.js';
import type { ImportContext, ImportFacts } from '../facts.js';
import { refuseMultisiteImport, requirePrefix } from '../refusals.js';
import { lookAtSite } from '../site-files.js';

/** Copies or unpacks the site's files beside dev's document root. Nothing of dev changes. */
export const files: Step<ImportContext, ImportFacts, 'files'> = {
  id: 'files',
  title: "Copy the site's files",
  async do({ target, request, app, report, signal }) {
    if (request.prefix !== undefined) requirePrefix(app.tablePrefix, [request.prefix]);
    const staged = await target.stageFiles(request.files, { report, signal });
    const found = await lookAtSite(staged.folder, staged.wpConfig, signal);
    refuseMultisiteImport(found, undefined);
    if (found.config.tablePrefix !== undefined) requirePrefix(app.tablePrefix, [found.config.tablePrefix]);
    return { ...found, leftOut: staged.leftOut };
  },
  undo: ({ target }) => target.discardStaged(),
};
