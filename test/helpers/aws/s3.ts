import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands in for S3: buckets in memory, over HTTP, addressed by path. See README.md beside it. */
export interface FakeS3 {
  /** For AWS_ENDPOINT_URL. */
  readonly url: string;
  /** Calls that were made, as `METHOD path?query`. */
  readonly calls: readonly string[];
  put(bucket: string, key: string, body: Uint8Array): void;
  /** The next calls are answered with this error, so many times. */
  fail(code: string, status: number, times: number): void;
  close(): Promise<void>;
}

export interface FakeS3Options {
  readonly address: string;
  /** How many keys a page of a list has. S3 has 1,000. */
  readonly pageSize: number;
}

export async function fakeS3({ address, pageSize }: FakeS3Options): Promise<FakeS3> {
  const buckets = new Map<string, Map<string, Uint8Array>>();
  const calls: string[] = [];
  let failing = { code: '', status: 0, times: 0 };
  const server: Server = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    const url = new URL(request.url ?? '/', 'http://s3');
    const error = (status: number, code: string) => {
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`);
    };
    if (failing.times > 0) {
      failing = { ...failing, times: failing.times - 1 };
      return error(failing.status, failing.code);
    }
    const [, bucket = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
    const objects = buckets.get(bucket);
    if (!objects) return error(404, 'NoSuchBucket');
    if (url.searchParams.get('list-type') === '2') {
      response.writeHead(200, { 'content-type': 'application/xml' });
      return response.end(listing([...objects.keys()].sort(), url.searchParams, pageSize));
    }
    const body = objects.get(rest.join('/'));
    if (!body) return error(404, 'NoSuchKey');
    response.writeHead(200, { 'content-length': body.length });
    return response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    url: `http://${address}:${(server.address() as AddressInfo).port}`,
    calls,
    put(bucket, key, body) {
      buckets.set(bucket, (buckets.get(bucket) ?? new Map()).set(key, body));
    },
    fail(code, status, times) {
      failing = { code, status, times };
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
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
  const left = [...items].filter((item) => item > after);
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
