/**
 * Runs all tests, or those whose path contains one of the words given. Files of tests against real servers that fail
 * are run once more, alone: limits on time are part of what these servers promise, and a machine that is busy with
 * something else breaks them. The unit of that is the file, since its tests share a platform. What failed at first
 * stays readable above, and is named at the end; faults at random get another seed. More than a few files at once are
 * no accident, and neither is a failure in tests that need no servers.
 */
import { relative } from 'node:path';
import { startVitest } from 'vitest/node';

/** Of nearly two hundred files. */
const accidents = 5;

/** @param {string[]} files  @param {object} [options]  @returns {Promise<{ failed: string[], mayTryAgain: boolean }>} */
async function run(files, options) {
  const vitest = await startVitest('test', files, { watch: false, ...options });
  const modules = vitest.state.getTestModules().filter((module) => !module.ok());
  const errors = vitest.state.getUnhandledErrors();
  await vitest.close();
  return {
    failed: modules.map(({ moduleId }) => relative(process.cwd(), moduleId)),
    mayTryAgain:
      modules.length > 0 &&
      modules.length <= accidents &&
      errors.length === 0 &&
      modules.every(({ project }) => project.name === 'real'),
  };
}

const first = await run(process.argv.slice(2));
if (first.mayTryAgain) {
  const names = first.failed.join(', ');
  process.stderr.write(`\nFailed beside others, and run once more alone: ${names}\n`);
  process.exitCode = 0;
  const second = await run(first.failed, { maxWorkers: 1 });
  if (second.failed.length === 0) process.stderr.write(`\nFailed at first and held alone: ${names}\n`);
}
