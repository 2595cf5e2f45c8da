import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands in for S3: buckets in memory, over HTTP, addressed by path. See README.md beside it. */
export interface FakeS3 {
  /** For AWS_ENDPOINT_URL. */
  readonly url: string;
  /** Calls that were made, as `METHOD path?query`. */
  readonly calls: readonly string[];
  createBucket(bucket: string): void;
  put(bucket: string, key: string, body: Uint8Array): void;
  get(bucket: string, key: string): Uint8Array | undefined;
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

type Objects = Map<string, Uint8Array>;

export async function fakeS3({ address, pageSize }: FakeS3Options): Promise<FakeS3> {
  const buckets = new Map<string, Objects>();
  const calls: string[] = [];
  let failing = { code: '', status: 0, times: 0 };
  let losing = { method: '', times: 0 };
  const server = createServer((request, response) => void answer(request, response));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET' } = request;
    const url = new URL(request.url ?? '/', 'http://s3');
    calls.push(`${method} ${request.url}`);
    const body = await bodyOf(request);
    if (failing.times > 0) {
      failing = { ...failing, times: failing.times - 1 };
      return refuse(response, failing.status, failing.code);
    }
    const [, bucket = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
    const objects = buckets.get(bucket);
    if (!objects) return refuse(response, 404, 'NoSuchBucket');
    if (losing.times > 0 && losing.method === method) {
      losing = { ...losing, times: losing.times - 1 };
      carryOut(method, { objects, key: rest.join('/'), url, body, headers: request.headers, pageSize });
      request.socket.destroy();
      return;
    }
    const reply = carryOut(method, { objects, key: rest.join('/'), url, body, headers: request.headers, pageSize });
    if ('code' in reply) return refuse(response, reply.status, reply.code);
    response.writeHead(reply.status, reply.headers);
    response.end(method === 'HEAD' ? undefined : reply.body);
  }

  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    url: `http://${address}:${(server.address() as AddressInfo).port}`,
    calls,
    createBucket: (bucket) => void buckets.set(bucket, buckets.get(bucket) ?? new Map()),
    put: (bucket, key, body) => void buckets.set(bucket, (buckets.get(bucket) ?? new Map()).set(key, body)),
    get: (bucket, key) => buckets.get(bucket)?.get(key),
    fail(code, status, times) {
      failing = { code, status, times };
    },
    loseAnswers(method, times) {
      losing = { method, times };
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

interface Call {
  readonly objects: Objects;
  readonly key: string;
  readonly url: URL;
  readonly body: Uint8Array;
  readonly headers: IncomingMessage['headers'];
  readonly pageSize: number;
}

type Reply =
  | { readonly status: number; readonly headers: Record<string, string | number>; readonly body: Uint8Array | string }
  | { readonly status: number; readonly code: string };

function carryOut(method: string, call: Call): Reply {
  const { objects, key, url, headers, pageSize } = call;
  if (url.searchParams.get('list-type') === '2') {
    const body = listing([...objects.keys()].sort(byBytes), url.searchParams, pageSize);
    return { status: 200, headers: { 'content-type': 'application/xml' }, body };
  }
  if (method === 'PUT') return put(call);
  if (method === 'DELETE') {
    objects.delete(key);
    return { status: 204, headers: {}, body: '' };
  }
  const found = objects.get(key);
  if (!found) return { status: 404, code: 'NoSuchKey' };
  if (headers['if-none-match'] === tagOf(found)) return { status: 304, headers: { etag: tagOf(found) }, body: '' };
  return { status: 200, headers: { 'content-length': found.length, etag: tagOf(found) }, body: found };
}

function put({ objects, key, body, headers }: Call): Reply {
  const found = objects.get(key);
  if (headers['if-none-match'] === '*' && found) return { status: 412, code: 'PreconditionFailed' };
  const wanted = headers['if-match'];
  if (wanted !== undefined && !found) return { status: 404, code: 'NoSuchKey' };
  if (wanted !== undefined && found && wanted !== tagOf(found)) return { status: 412, code: 'PreconditionFailed' };
  const declared = headers['x-amz-checksum-sha256'];
  if (declared !== undefined && declared !== createHash('sha256').update(body).digest('base64')) {
    return { status: 400, code: 'BadDigest' };
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

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

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
