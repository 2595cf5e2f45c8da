import { type ReleaseAgentVerb, runReleaseAgent } from '../../release/release-agent.js';
import { instanceFile } from './instance-files.js';

/** Runs the release agent of one instance on this machine: see `runReleaseAgent`. */
export function runAgent(
  verb: ReleaseAgentVerb,
  envFile: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<string> {
  return runReleaseAgent(instanceFile('release-agent'), verb, envFile, args, signal);
}
