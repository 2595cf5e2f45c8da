import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnderstudyError } from '../../output/errors.js';

/** What an operations host knows of itself: `/etc/understudy/host.conf`, whose lines instance/aws/README.md explains. */
export interface OperationsHost {
  readonly site: string;
  readonly region: string;
  readonly releaseBucket: string;
  readonly topicArn: string;
  /** Dev's document root and prod's media, as they are mounted here. */
  readonly devFiles: string;
  readonly mediaFiles: string;
  /** On EFS: journals, plans and certificates, which a host that is replaced must not take along. */
  readonly operationsFiles: string;
  /** On its own disk: what may be lost with it. */
  readonly stateDir: string;
}

/** @throws code `host-file-damaged` */
export async function readHostFile(file: string): Promise<OperationsHost> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  const variables = new Map(lines.flatMap((line) => (line.includes('=') ? [split(line)] : [])));
  const needed = (name: string): string => {
    const value = variables.get(name);
    if (value !== undefined && value !== '') return value;
    throw new UnderstudyError({
      code: 'host-file-damaged',
      message: `${file} has no ${name}.`,
      remedy: 'It is written when a host is started: `understudy aws deploy` replaces hosts that are out of date.',
    });
  };
  const filesDir = variables.get('FILES_DIR') ?? '/srv/understudy';
  return {
    site: needed('SITE'),
    region: needed('REGION'),
    releaseBucket: needed('RELEASE_BUCKET'),
    topicArn: needed('TOPIC_ARN'),
    devFiles: join(filesDir, 'dev'),
    mediaFiles: join(filesDir, 'media'),
    operationsFiles: join(filesDir, 'operations'),
    stateDir: variables.get('STATE_DIR') ?? '/var/lib/understudy',
  };
}

function split(line: string): readonly [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at), line.slice(at + 1)];
}
