import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { InstanceAnswers } from '../../../src/platform/instance-answers.js';

let server: Server;
let answers: InstanceAnswers;
let answer: (response: ServerResponse, path: string) => void;

beforeAll(async () => {
  server = createServer((request, response) => answer(response, request.url ?? ''));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  answers = new InstanceAnswers(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 1_000);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const says = (text: string, status = 200) => {
  answer = (response) => response.writeHead(status).end(text);
};
const asked = () => Promise.all([answers.degraded(), answers.php(), answers.nginx()]);

it('an instance that is well says what is not as it should be, or nothing', async () => {
  says('{"status":"ok","degraded":["OPcache is full"]}');
  expect(await answers.degraded()).toEqual(['OPcache is full']);
  says('{"status":"ok"}');
  expect(await answers.degraded()).toEqual([]);
});

it('PHP-FPM says what its workers do', async () => {
  const paths: string[] = [];
  answer = (response, path) => {
    paths.push(path);
    response.end('{"pool":"www","start since":7,"accepted conn":70,"listen queue":3,"active processes":8}');
  };
  expect(await answers.php()).toEqual({ busy: 8, begun: 70, waiting: 3, secondsSinceStart: 7 });
  expect(paths).toEqual(['/-/fpm-status?json']);
});

it('nginx counts everybody but whoever asks', async () => {
  says('Active connections: 4 \nserver accepts handled requests\n 9 9 30 \nReading: 0 Writing: 2 Waiting: 2 \n');
  expect(await answers.nginx()).toEqual({ open: 3, atWork: 1 });
});

it.each([
  ['answers with an error', () => says('{"degraded":[]}', 503)],
  ['sends the visitor elsewhere', () => says('', 302)],
  [
    'does not answer in time',
    () => {
      answer = () => undefined;
    },
  ],
  [
    'breaks off',
    () => {
      answer = (response) => response.destroy();
    },
  ],
])('one that %s has said nothing', async (_what, arrange) => {
  arrange();
  expect(await asked()).toEqual([undefined, undefined, undefined]);
});

it('an answer that is no JSON tells nothing of PHP', async () => {
  says('<html>');
  expect(await answers.php()).toBeUndefined();
});
