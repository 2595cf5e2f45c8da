import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cronKey } from '../../src/aws/functions/look-at-site.js';
import { run } from '../../src/process/run.js';

const program = fileURLToPath(new URL('../../instance/aws/tell-cron', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-cron-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('says when the jobs are run and by how many, where the keeper reads it', async () => {
  const host = join(folder, 'host.conf');
  await writeFile(
    host,
    'ROLE=operations\nSITE=shop\nREGION=eu-central-1\nAPP_KIND=wordpress\nRELEASE_BUCKET=shop-data\n',
  );
  await writeFile(join(folder, 'aws'), `#!/bin/sh\ncat > ${folder}/said\nprintf '%s\\n' "$@" > ${folder}/asked\n`);
  await writeFile(join(folder, 'pgrep'), '#!/bin/sh\necho 0\nexit 1\n');
  for (const name of ['aws', 'pgrep']) await chmod(join(folder, name), 0o755);
  await run(program, [host], { env: { PATH: `${folder}:${process.env.PATH}` } });
  const { startedAt, runners } = JSON.parse(await readFile(join(folder, 'said'), 'utf8'));
  expect(runners).toBe(1);
  expect(Math.abs(Date.now() - startedAt)).toBeLessThan(60_000);
  expect(await readFile(join(folder, 'asked'), 'utf8')).toContain(`s3://shop-data/${cronKey}\n`);
});
