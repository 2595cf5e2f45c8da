import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { paths } from '../../../src/local/layout.js';
import { fetchPage } from '../../../src/promotion/pages.js';
import { startPlatform, type TestPlatform } from '../../helpers/platform.js';

/** Says nothing before its code has been read: what is wrong with that is then told by the status. */
export const indexPage = "<?php $code = include 'code.php'; header('Content-Type: text/plain'); echo \"code $code\";";

/** A site that is small enough to be promoted in seconds, with a database and media. */
export const startPhpSite = (): Promise<TestPlatform> =>
  startPlatform({
    definition: {
      name: 'small',
      app: { kind: 'php', directory: './site', mediaPath: 'files', database: true },
    },
    files: {
      'site/index.php': indexPage,
      'site/code.php': '<?php return 1;',
      'site/files/a.txt': 'media 1',
    },
  });

/** The code of the next edition, a row in dev's database and a file of media. */
export async function edit(site: TestPlatform, number: number): Promise<void> {
  await site.writeDevFile('code.php', `<?php return ${number};`);
  await site.writeDevFile('files/a.txt', `media ${number}`);
  await site.writeDevFile(`files/${number}.txt`, `media ${number}`);
  const { database } = site.platform;
  if (!database) throw new Error('The site has no database.');
  const { primary } = await database.databases.topology();
  const connection = await database.databases.connect(primary, 'dev');
  try {
    await connection.query('CREATE TABLE IF NOT EXISTS notes (id INT PRIMARY KEY, text VARCHAR(100))');
    await connection.query('REPLACE INTO notes (id, text) VALUES (1, ?)', [`row ${number}`]);
  } finally {
    await connection.end();
  }
}

/** All that a promotion touches of prod, as it is now. Two of these are equal when nothing has changed. */
export async function seen({ platform, layout }: TestPlatform) {
  const { database, fleet, releases, urls } = platform;
  if (!database) throw new Error('The site has no database.');
  const { replicas } = await database.databases.topology();
  const signal = AbortSignal.timeout(20_000);
  const page = async (origin: string, path: string) => {
    const { status, body, headers } = await fetchPage({ origin, siteUrl: urls.prod, path, signal });
    return `${status} ${body} of edition ${headers['x-understudy-edition']}`;
  };
  return {
    edition: (await releases.currentEdition()) ?? null,
    instances: await Promise.all(
      (await fleet.instances('prod')).map(async ({ id, state, edition, origin }) => ({
        ...{ id, state, edition },
        page: await page(origin, '/'),
        media: (await fetchPage({ origin, siteUrl: urls.prod, path: '/files/a.txt', signal })).body,
        editions: (await readdir(join(paths.instance(layout, id), 'editions'))).filter((name) => /^\d+$/.test(name)),
      })),
    ),
    replicas: await Promise.all(
      replicas.map(async (id) => {
        const { gate, position, errant } = await database.gate.status(id);
        return { id, gate, position, errant, row: await rowOf(platform, id) };
      }),
    ),
    weights: await database.routing.weights(),
    canary: (await readdir(paths.instances(layout))).filter((name) => name.includes('canary')),
  };
}

export type Seen = Awaited<ReturnType<typeof seen>>;

async function rowOf({ database }: TestPlatform['platform'], replica: string): Promise<string | null> {
  const connection = await database?.databases.connect(replica, 'prod');
  try {
    const rows = await connection?.query<{ text: string }>('SELECT text FROM notes WHERE id = 1');
    return rows?.[0]?.text ?? null;
  } finally {
    await connection?.end();
  }
}
