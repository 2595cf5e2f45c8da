import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { usageError } from '../../output/errors.js';
import type { EnvironmentName } from '../../site/schema.js';

/** What the agent is told about the instance that it is on. */
export interface AgentHost {
  readonly environment: EnvironmentName;
  readonly site: string;
  readonly region: string;
  /** Where releases, orders and reports are. */
  readonly bucket: string;
  readonly stateDir: string;
  /** The instance's own file of variables (instance/README.md), which `instance/aws/start` writes. */
  readonly envFile: string;
  readonly instance: string;
  readonly root: string;
  /** Where its servers answer. */
  readonly origin: string;
  /** PHP's, at most. */
  readonly workers: number;
}

/**
 * @param hostFile as instance/aws/README.md describes it
 * @throws usage `host-file` naming what is missing
 */
export async function readHost(hostFile: string): Promise<AgentHost> {
  const host = await variablesOf(hostFile);
  const stateDir = host.get('STATE_DIR') ?? '/var/lib/understudy';
  const envFile = join(stateDir, 'instance.env');
  const instance = await variablesOf(envFile);
  const need = (from: ReadonlyMap<string, string>, file: string, name: string) => {
    const value = from.get(name);
    if (value) return value;
    throw usageError({ code: 'host-file', message: `${file} has no ${name}.` });
  };
  const role = need(host, hostFile, 'ROLE');
  if (role !== 'dev' && role !== 'prod') {
    throw usageError({ code: 'host-file', message: `${hostFile}: ROLE is ${role}, which has no instance.` });
  }
  return {
    environment: role,
    site: need(host, hostFile, 'SITE'),
    region: need(host, hostFile, 'REGION'),
    bucket: need(host, hostFile, 'RELEASE_BUCKET'),
    stateDir,
    envFile,
    instance: need(instance, envFile, 'INSTANCE_ID'),
    root: need(instance, envFile, 'ROOT'),
    origin: `http://${need(instance, envFile, 'ADDRESS')}:${instance.get('PORT') ?? '8080'}`,
    workers: Number(instance.get('PHP_WORKERS') ?? 8),
  };
}

/** Lines NAME=VALUE, as both files have them: parsed and never run. */
export async function variablesOf(file: string): Promise<ReadonlyMap<string, string>> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => /^[A-Z_]+=/.test(line));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}
