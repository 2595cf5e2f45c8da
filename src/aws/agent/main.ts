import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../output/errors.js';
import { editionSchema } from '../../release/stored.js';
import { ordersKey, ordersSchema } from '../fleet/orders.js';
import { Bucket } from '../operate/bucket.js';
import { impatientS3Client, s3Client } from '../operate/clients.js';
import { releaseKeys, S3ReleaseArchive } from '../operate/s3-release-archive.js';
import { EditionsOnHost } from './editions-on-host.js';
import { DevHold } from './hold.js';
import { type AgentHost, readHost } from './host.js';
import { InstanceAgent } from './instance-agent.js';
import { InstanceLogs } from './instance-logs.js';
import { Servers } from './servers.js';
import { Watched } from './watched.js';

/**
 * What runs on every web instance in AWS, as one bundled file at `instance/aws/agent.mjs`.
 *
 *   agent.mjs join HOST_FILE   before the servers start: brings prod to its edition, and ends
 *   agent.mjs obey HOST_FILE   afterwards: does what the operations host wants, until it is stopped
 */
const log = (line: string) => void process.stderr.write(`${line}\n`);

function agentOf(host: AgentHost): InstanceAgent {
  const { site, region, environment, instance, root, envFile, stateDir } = host;
  const bucket = new Bucket(impatientS3Client(region), host.bucket, '');
  const folder = join(stateDir, 'releases');
  const archive = new S3ReleaseArchive(new Bucket(s3Client(region), host.bucket, ''), folder);
  const servers = new Servers(host.origin, host.workers);
  const inProd = environment === 'prod';
  const program = fileURLToPath(new URL('../release-agent', import.meta.url));
  return new InstanceAgent({
    instance,
    environment,
    parts: {
      root,
      servers,
      logs: new InstanceLogs(root, servers),
      editions: inProd ? new EditionsOnHost({ site, program, envFile, root, archive, folder }) : undefined,
      hold: inProd ? undefined : new DevHold(root, servers),
      currentEdition: () => archive.currentEdition(),
    },
    orders: new Watched(bucket, ordersKey(environment), ordersSchema),
    record: inProd ? new Watched(bucket, releaseKeys.currentEdition, editionSchema) : undefined,
    bucket,
    stateFile: join(stateDir, 'agent.json'),
    log,
  });
}

const [verb, hostFile] = process.argv.slice(2);
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort(new Error('It was stopped.')));
try {
  if ((verb !== 'join' && verb !== 'obey') || hostFile === undefined) {
    log('usage: agent.mjs join|obey HOST_FILE');
    process.exitCode = 2;
  } else {
    await agentOf(await readHost(hostFile))[verb](stop.signal);
  }
} catch (error) {
  log(messageOf(error));
  process.exitCode = 1;
}
