import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { corrections } from '../../../src/local/balancer/agreement.js';
import { renderConfiguration } from '../../../src/local/balancer/configuration.js';
import type { BalancerFrame, BalancerProcess, BalancerState } from '../../../src/local/balancer/settings.js';
import { locatePrograms } from '../../../src/local/machine/find-programs.js';
import { run } from '../../../src/process/run.js';

let folder: string;
let frame: BalancerFrame;

const state: BalancerState = {
  web: {
    dev: [{ id: 'dev-1', address: '127.12.1.101', mode: 'ready' }],
    prod: [
      { id: 'prod-1', address: '127.12.1.151', mode: 'ready' },
      { id: 'prod-2', address: '127.12.2.152', mode: 'maint' },
    ],
  },
  primary: 'db-1',
  weights: { 'replica-1': 100, 'replica-2': 0 },
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'balancer-'));
  const certificateFile = join(folder, 'certificate.pem');
  const subject = ['-subj', '/CN=www.example.com', '-days', '1'];
  const { stdout } = await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', '-'],
    ...subject,
  ]);
  await writeFile(certificateFile, stdout);
  frame = {
    domains: { dev: 'dev.example.com', prod: 'www.example.com' },
    httpPort: 18_080,
    httpsPort: 18_443,
    certificateFile,
    primaryEndpoint: '127.12.0.10',
    replicaEndpoint: '127.12.0.20',
    cluster: { 'db-1': '127.12.1.11', 'db-2': '127.12.2.12' },
    replicas: { 'replica-1': '127.12.1.21', 'replica-2': '127.12.2.22' },
  };
});

const balancerProcess = (): BalancerProcess => ({
  name: 'haproxy-1',
  statsAddress: '127.12.0.31',
  adminSocket: join(folder, 'haproxy-1.sock'),
  configFile: join(folder, 'haproxy-1.cfg'),
});

it.each<[string, () => BalancerFrame]>([
  ['with databases', () => frame],
  ['without databases', () => ({ ...frame, cluster: {}, replicas: {} })],
])('HAProxy accepts the configuration of a site %s, without a warning', async (_, chosen) => {
  const text = renderConfiguration(chosen(), state, balancerProcess());
  await writeFile(balancerProcess().configFile, text);
  const { stdout, stderr } = await run(locatePrograms().haproxy, ['-c', '-f', balancerProcess().configFile]);
  expect(stdout + stderr).not.toMatch(/warning|alert/i);
});

it('a server gets traffic from the first moment only if it is to', () => {
  const text = renderConfiguration(frame, state, balancerProcess());
  expect(text).toMatch(/server prod-1 127\.12\.1\.151:8080\n/);
  expect(text).toMatch(/server prod-2 127\.12\.2\.152:8080 disabled\n/);
  expect(text).toMatch(/server db-1 127\.12\.1\.11:3306\n/);
  expect(text).toMatch(/server db-2 127\.12\.2\.12:3306 disabled\n/);
  expect(text).toContain('server replica-2 127.12.2.22:3306 weight 0');
});

const rows = [
  { pxname: 'dev', svname: 'dev-1', status: 'UP' },
  { pxname: 'prod', svname: 'prod-1', status: 'DOWN 1/2' },
  { pxname: 'prod', svname: 'prod-2', status: 'MAINT' },
  { pxname: 'prod', svname: 'BACKEND', status: 'UP' },
  { pxname: 'primary', svname: 'FRONTEND', status: 'OPEN' },
  { pxname: 'primary', svname: 'db-1', status: 'UP' },
  { pxname: 'primary', svname: 'db-2', status: 'MAINT' },
  { pxname: 'primary', svname: 'BACKEND', status: 'UP' },
  { pxname: 'replicas', svname: 'replica-1', status: 'UP', weight: '100' },
  { pxname: 'replicas', svname: 'replica-2', status: 'UP', weight: '0' },
];

it('a process that does what it should is left alone, also while a server fails its checks', () => {
  expect(corrections(state, rows)).toEqual([]);
});

it('a process that started from an older file is told what has changed since', () => {
  const changed: BalancerState = {
    web: {
      dev: [{ id: 'dev-1', address: '127.12.1.101', mode: 'drain' }],
      prod: [
        { id: 'prod-1', address: '127.12.1.151', mode: 'maint' },
        { id: 'prod-2', address: '127.12.2.152', mode: 'ready' },
        { id: 'prod-3', address: '127.12.1.153', mode: 'ready' },
      ],
    },
    primary: 'db-2',
    weights: { 'replica-1': 0, 'replica-2': 100 },
  };
  expect(corrections(changed, rows)).toEqual([
    'set server dev/dev-1 state drain',
    'set server prod/prod-1 state maint',
    'set server prod/prod-2 state ready',
    'set server primary/db-1 state maint',
    'set server primary/db-2 state ready',
    'set server replicas/replica-1 weight 0',
    'set server replicas/replica-2 weight 100',
  ]);
});
