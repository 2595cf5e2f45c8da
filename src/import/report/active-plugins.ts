import type { ReportInput } from './finding.js';

/** As WordPress names them: the texts of a serialised list. */
export const activeFiles = ({ loaded }: ReportInput): string[] =>
  [...(loaded.survey.options.active_plugins ?? '').matchAll(/s:\d+:"([^"]+)";/g)].map(([, file = '']) => file);

/** Those whose files are there. */
export function activePlugins(input: ReportInput) {
  const active = new Set(activeFiles(input).map((file) => file.split('/')[0]));
  return input.files.plugins.filter(({ folder }) => active.has(folder));
}
