import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Layout } from '../../../src/local/layout.js';
import { claimNetwork, networkOf, releaseNetwork } from '../../../src/local/network/claim.js';

const nothingRuns = { balancerRuns: false, databasesRun: false };

async function machine() {
  const dir = await mkdtemp(join(tmpdir(), 'machine-'));
  const layout = async (name: string): Promise<Layout> => {
    const stateDir = join(dir, name);
    await mkdir(stateDir, { recursive: true });
    return {
      configFile: join(dir, `${name}.ts`),
      stateDir,
      runtimeDir: join(dir, 'run'),
      machineDir: join(dir, 'all'),
    };
  };
  return { layout };
}

async function occupy(host: string, port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host, port }, resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

it('many sites that claim at once get different networks and ports', async () => {
  const { layout } = await machine();
  const sites = await Promise.all(Array.from({ length: 8 }, (_, index) => layout(`site-${index}`)));
  const claims = await Promise.all(sites.map((site) => claimNetwork(site, { local: {} }, nothingRuns)));
  expect(new Set(claims.map(({ network }) => network)).size).toBe(8);
  expect(new Set(claims.flatMap(({ httpPort, httpsPort }) => [httpPort, httpsPort])).size).toBe(16);
});

it('a site finds again what it has, and gives it back', async () => {
  const { layout } = await machine();
  const [one, two] = [await layout('one'), await layout('two')];
  const first = await claimNetwork(one, { local: {} }, nothingRuns);
  expect(await claimNetwork(one, { local: {} }, nothingRuns)).toEqual(first);
  expect(await networkOf(one)).toEqual(first);
  await releaseNetwork(one);
  expect((await claimNetwork(two, { local: {} }, nothingRuns)).network).toBe(first.network);
});

it('what a site had that was removed by hand is free again', async () => {
  const { layout } = await machine();
  const one = await layout('one');
  const first = await claimNetwork(one, { local: {} }, nothingRuns);
  await rm(one.stateDir, { recursive: true });
  expect((await claimNetwork(await layout('two'), { local: {} }, nothingRuns)).network).toBe(first.network);
});

it('a port that the definition names and another program has is an error that names both', async () => {
  const { layout } = await machine();
  const port = await occupy('127.0.0.1', 0);
  await expect(claimNetwork(await layout('one'), { local: { httpsPort: port } }, nothingRuns)).rejects.toMatchObject({
    code: 'port-taken',
    kind: 'usage',
    message: expect.stringContaining(`${port} on 127.0.0.1 (local.httpsPort)`),
  });
});

it("a port that the site's own balancer has is its own", async () => {
  const { layout } = await machine();
  const one = await layout('one');
  const { httpPort, httpsPort } = await claimNetwork(one, { local: {} }, nothingRuns);
  await occupy('127.0.0.1', httpPort);
  await expect(claimNetwork(one, { local: {} }, nothingRuns)).rejects.toMatchObject({ code: 'port-taken' });
  const running = { balancerRuns: true, databasesRun: true };
  expect(await claimNetwork(one, { local: {} }, running)).toMatchObject({ httpPort, httpsPort });
});

it('an address of the site that another program has taken meanwhile is an error', async () => {
  const { layout } = await machine();
  const one = await layout('one');
  const { network } = await claimNetwork(one, { local: {} }, nothingRuns);
  await occupy(`127.${network}.0.10`, 3306);
  await expect(claimNetwork(one, { local: {} }, nothingRuns)).rejects.toMatchObject({
    code: 'network-taken',
    message: expect.stringContaining(`127.${network}.0.10`),
  });
});
