import { createHash } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { simulatedS3 } from './simulated-s3.js';

/**
 * Stands in for S3, over HTTP, addressed by path. See README.md beside it. What is stored is in memory, or in the
 * simulator of AWS that AWS_ENDPOINT_URL names when tests are started; errors are made up here in either case.
 */
export interface FakeS3 {
  /** For AWS_ENDPOINT_URL. */
  readonly url: string;
  /** Calls that were made, as `METHOD path?query`. */
  readonly calls: readonly string[];
  createBucket(bucket: string): Promise<void>;
  put(bucket: string, key: string, body: Uint8Array): Promise<void>;
  get(bucket: string, key: string): Promise<Uint8Array | undefined>;
  /** The next calls are answered with this error, so many times. */
  fail(code: string, status: number, times: number): void;
  /** The next calls of this method are carried out, and their answers are lost. */
  loseAnswers(method: string, times: number): void;
  close(): Promise<void>;
}

export interface FakeS3Options {
  readonly address: string;
  /** How many keys a page of a list has. S3 has 1,000. */
  readonly pageSize: number;
}

/** One call, as it came. */
export interface S3Call {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

export interface S3Reply {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array | string;
}

/** What is behind it. */
export interface S3Storage {
  createBucket(bucket: string): Promise<void>;
  carryOut(call: S3Call): Promise<S3Reply>;
}

/** Of whoever started the tests: some of them set it for programs of ours. */
const simulator = process.env.AWS_ENDPOINT_URL;

export async function fakeS3({ address, pageSize }: FakeS3Options): Promise<FakeS3> {
  const storage = simulator ? simulatedS3(simulator, pageSize) : s3InMemory(pageSize);
  const calls: string[] = [];
  let failing = { code: '', status: 0, times: 0 };
  let losing = { method: '', times: 0 };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers } = request;
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://s3');
    calls.push(`${method} ${request.url}`);
    const body = await bodyOf(request);
    const isFailing = failing.times > 0;
    if (isFailing) failing = { ...failing, times: failing.times - 1 };
    const [, bucket = '', ...rest] = pathname.split('/').map(decodeURIComponent);
    const call = { method, bucket, key: rest.join('/'), query, headers, body };
    const reply = isFailing ? refusal(failing.status, failing.code) : await storage.carryOut(call);
    if (!isFailing && losing.times > 0 && losing.method === method) {
      losing = { ...losing, times: losing.times - 1 };
      request.socket.destroy();
      return;
    }
    response.writeHead(reply.status, reply.headers);
    response.end(method === 'HEAD' ? undefined : reply.body);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const ask = (method: string, bucket: string, key: string, body: Uint8Array = new Uint8Array()) =>
    storage.carryOut({ method, bucket, key, query: new URLSearchParams(), headers: {}, body });
  return {
    url: `http://${address}:${(server.address() as AddressInfo).port}`,
    calls,
    createBucket: (bucket) => storage.createBucket(bucket),
    async put(bucket, key, body) {
      await storage.createBucket(bucket);
      await ask('PUT', bucket, key, body);
    },
    async get(bucket, key) {
      const { status, body } = await ask('GET', bucket, key);
      return status === 200 ? Buffer.from(body) : undefined;
    },
    fail(code, status, times) {
      failing = { code, status, times };
    },
    loseAnswers(method, times) {
      losing = { method, times };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Objects = Map<string, Uint8Array>;

function s3InMemory(pageSize: number): S3Storage {
  const buckets = new Map<string, Objects>();
  return {
    createBucket: async (bucket) => void buckets.set(bucket, buckets.get(bucket) ?? new Map()),
    async carryOut(call) {
      const { method, bucket, key, query, headers } = call;
      const objects = buckets.get(bucket);
      if (!objects) return refusal(404, 'NoSuchBucket');
      if (query.get('list-type') === '2') {
        const body = listing([...objects.keys()].sort(byBytes), query, pageSize);
        return { status: 200, headers: { 'content-type': 'application/xml' }, body };
      }
      if (method === 'PUT') return put(objects, call);
      if (method === 'DELETE') {
        objects.delete(key);
        return { status: 204, headers: {}, body: '' };
      }
      const found = objects.get(key);
      if (!found) return refusal(404, 'NoSuchKey');
      const etag = tagOf(found);
      if (headers['if-none-match'] === etag) return { status: 304, headers: { etag }, body: '' };
      return { status: 200, headers: { 'content-length': found.length, etag }, body: found };
    },
  };
}

function put(objects: Objects, { key, body, headers }: S3Call): S3Reply {
  const found = objects.get(key);
  if (headers['if-none-match'] === '*' && found) return refusal(412, 'PreconditionFailed');
  const wanted = headers['if-match'];
  if (wanted !== undefined && !found) return refusal(404, 'NoSuchKey');
  if (wanted !== undefined && found && wanted !== tagOf(found)) return refusal(412, 'PreconditionFailed');
  const declared = headers['x-amz-checksum-sha256'];
  if (declared !== undefined && declared !== createHash('sha256').update(body).digest('base64')) {
    return refusal(400, 'BadDigest');
  }
  objects.set(key, body);
  return { status: 200, headers: { etag: tagOf(body) }, body: '' };
}

const tagOf = (body: Uint8Array) => `"${createHash('md5').update(body).digest('hex')}"`;
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  if (request.headers['content-encoding']?.includes('aws-chunked'))
    throw new Error('Chunked uploads are not modelled.');
  return Buffer.concat(chunks);
}

const refusal = (status: number, code: string): S3Reply => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
});

/** Keys and, with a delimiter, what they have in common up to it, in one order and in pages. */
function listing(keys: readonly string[], query: URLSearchParams, pageSize: number): string {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter');
  const after = query.get('continuation-token') ?? '';
  const items = new Set<string>();
  for (const key of keys.filter((one) => one.startsWith(prefix))) {
    const cut = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    items.add(cut === -1 ? key : key.slice(0, cut + 1));
  }
  const left = [...items].filter((item) => byBytes(item, after) > 0);
  const page = left.slice(0, pageSize);
  const isFolder = (item: string) => delimiter !== null && item.endsWith(delimiter);
  return [
    '<?xml version="1.0"?><ListBucketResult>',
    ...page.filter((item) => !isFolder(item)).map((item) => `<Contents><Key>${item}</Key></Contents>`),
    ...page.filter(isFolder).map((item) => `<CommonPrefixes><Prefix>${item}</Prefix></CommonPrefixes>`),
    left.length > pageSize
      ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${page.at(-1)}</NextContinuationToken>`
      : '<IsTruncated>false</IsTruncated>',
    '</ListBucketResult>',
  ].join('');
}
