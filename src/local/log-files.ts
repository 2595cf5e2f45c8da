import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hasErrno } from '../output/errors.js';
import { type Layout, paths } from './layout.js';

export interface LogFile {
  /** `db-1`, `haproxy-1`, `prod-1.nginx`, `prod-1.access`. */
  readonly name: string;
  readonly path: string;
}

/** Every log of a site: what its servers said, and what its instances wrote about requests. */
export async function logFiles(layout: Layout): Promise<readonly LogFile[]> {
  const servers = await logsIn(paths.logs(layout), '');
  const instances = await namesIn(paths.instances(layout));
  const ofInstances = await Promise.all(
    instances.map((id) => logsIn(join(paths.instance(layout, id), 'logs'), `${id}.`)),
  );
  return [...servers, ...ofInstances.flat()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function logsIn(folder: string, prefix: string): Promise<LogFile[]> {
  const names = (await namesIn(folder)).filter((name) => name.endsWith('.log'));
  return names.map((name) => ({ name: prefix + basename(name, '.log'), path: join(folder, name) }));
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error) => {
    if (hasErrno(error, 'ENOENT') || hasErrno(error, 'ENOTDIR')) return [];
    throw error;
  });
}
