import { UnderstudyError } from '../output/errors.js';
import { run } from '../process/run.js';

export type ReleaseAgentVerb = 'prepare' | 'revise' | 'switch' | 'prune' | 'verify' | 'report';

/** The release agent's exit statuses, as its own file states them. */
const errorCodes: Readonly<Record<number, string>> = { 3: 'edition-refused', 4: 'release-damaged', 5: 'disk-full' };

/**
 * Runs the release agent (`instance/release-agent`) of one instance.
 * @returns what it prints
 * @throws code `release-damaged`, `disk-full`, `edition-refused`, else `agent-failed`, with its own words
 */
export async function runReleaseAgent(
  program: string,
  verb: ReleaseAgentVerb,
  envFile: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  const { stdout, stderr, exitCode } = await run(program, [verb, envFile, ...args], {
    signal,
    deadlineMs: 300_000,
    accept: [0, 1, 2, 3, 4, 5],
  });
  if (exitCode === 0) return stdout;
  throw new UnderstudyError({
    code: errorCodes[exitCode] ?? 'agent-failed',
    message: stderr.trim() || `The release agent ended with ${exitCode}.`,
    ...(exitCode === 5 ? { remedy: 'Free some disk space and run the command again.' } : {}),
  });
}
