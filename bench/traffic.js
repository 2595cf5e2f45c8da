/**
 * Summing up access logs: a million requests in the files of a site of its own, as `understudy traffic` reads them.
 */
import { execFile } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import { formatEntry } from '../dist/access-log/entry.js';
import { keyOf } from '../dist/access-log/key.js';
import { median, spread } from './numbers.js';

const lines = 1_000_000;
const runs = 3;
const reader = fileURLToPath(new URL('traffic-child.js', import.meta.url));

/** @returns {Promise<import('./benches.js').Result[]>} */
export async function traffic() {
  const folder = await mkdtemp(join(tmpdir(), 'understudy-bench-traffic-'));
  try {
    await write(folder);
    const measured = [];
    for (let count = 0; count < runs; count++) {
      const { stdout } = await promisify(execFile)(process.execPath, [reader, folder]);
      measured.push(JSON.parse(stdout));
    }
    const wrong = measured.find(({ requests }) => requests !== lines);
    if (wrong) throw new Error(`Of ${lines} requests, ${wrong.requests} were counted.`);
    const seconds = measured.map(({ ms }) => ms / 1_000);
    const memoryMb = Math.max(...measured.map(({ maxRssMb }) => maxRssMb));
    return [
      {
        what: `summing up ${lines} requests`,
        value: median(seconds),
        unit: 's',
        goal: 'under 15 s',
        met: median(seconds) < 15,
        note: spread(seconds, 's'),
      },
      { what: 'memory of the process that does it, at most', value: memoryMb, unit: 'MB' },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** As a balancer would have in an hour: 12 files, 3,000 paths of which few are asked for often, 1 % failures. */
async function write(folder) {
  const writer = { account: '000000000000', region: 'local', balancer: 'app.bench.0', address: '127.0.0.1' };
  const files = 12;
  const until = Date.now();
  for (let file = 0; file < files; file++) {
    const end = until - (files - 1 - file) * 5 * 60_000;
    const path = join(folder, keyOf(writer, end, String(file)));
    mkdirSync(dirname(path), { recursive: true });
    await pipeline(
      Readable.from(batches(Math.ceil(lines / files), lines - file * Math.ceil(lines / files), end)),
      createGzip({ level: 1 }),
      createWriteStream(path),
    );
  }
}

function* batches(most, left, end) {
  const count = Math.min(most, left);
  for (let done = 0; done < count; done += 1_000) {
    const batch = Array.from({ length: Math.min(1_000, count - done) }, (_, index) => entry(done + index, end - 1));
    yield `${batch.map(formatEntry).join('\n')}\n`;
  }
}

function entry(number, at) {
  const path = number % 3 === 0 ? '/' : `/page-${(number * 7919) % 3_000}/`;
  const failed = number % 100 === 0;
  return {
    type: 'h2',
    at,
    balancer: 'app/bench/0',
    client: `203.0.113.${number % 250}:${1_024 + (number % 60_000)}`,
    target: '127.16.1.151:8080',
    requestMs: 0,
    targetMs: (number * 31) % 700,
    responseMs: 1,
    status: failed ? 503 : 200,
    targetStatus: failed ? 503 : 200,
    receivedBytes: 120,
    sentBytes: 52_000,
    method: 'GET',
    url: `https://bench.localhost:8443${path}?utm_source=${number}`,
    protocol: 'HTTP/2.0',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
    cipher: 'TLS_AES_128_GCM_SHA256',
    tls: 'TLSv1.3',
    targetGroup: 'targetgroup/bench-prod/0',
    domain: 'bench.localhost',
    rule: 1,
    action: 'forward',
    edition: 1,
  };
}
