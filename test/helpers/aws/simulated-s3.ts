import { randomBytes } from 'node:crypto';
import { type IncomingHttpHeaders, request } from 'node:http';
import type { S3Call, S3Reply, S3Storage } from './s3.js';

/** What a call is passed on with; how long it is follows from its body. */
const passed = /^(?:authorization|content-type|if-match|if-none-match|range|x-amz-.*)$/;
const signature = 'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0';

/**
 * S3 as a simulator of AWS has it, for tests that were written for ours. Buckets get a name of their own for each test,
 * since a simulator may keep what an earlier one has put there.
 * @param endpoint addressed by path, such as http://127.0.0.1:4566
 */
export function simulatedS3(endpoint: string, pageSize: number): S3Storage {
  const own = randomBytes(4).toString('hex');
  const ask = (method: string, path: string, headers: IncomingHttpHeaders, body: Uint8Array): Promise<S3Reply> =>
    new Promise((resolve, reject) => {
      const going = request(new URL(path, endpoint), { method, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', reject);
        answer.on('end', () => {
          const { 'transfer-encoding': _cut, connection: _connection, ...said } = answer.headers;
          resolve({ status: answer.statusCode ?? 500, headers: said, body: Buffer.concat(parts) });
        });
      });
      going.on('error', reject);
      going.end(body);
    });
  const carryOut = ({ method, bucket, key, query, headers, body }: S3Call): Promise<S3Reply> => {
    const wanted = new URLSearchParams(query);
    if (wanted.has('list-type') && !wanted.has('max-keys')) wanted.set('max-keys', String(pageSize));
    const path = [`${bucket}-${own}`, ...(key === '' ? [] : key.split('/'))].map(encodeURIComponent).join('/');
    const known = Object.fromEntries(Object.entries(headers).filter(([name]) => passed.test(name)));
    const length = { 'content-length': String(body.length) };
    const all = { authorization: signature, ...known, ...(method === 'PUT' ? length : {}) };
    return ask(method, `/${path}${wanted.size > 0 ? `?${wanted}` : ''}`, all, body);
  };
  return {
    async createBucket(bucket) {
      await carryOut({
        method: 'PUT',
        bucket,
        key: '',
        query: new URLSearchParams(),
        headers: {},
        body: Buffer.alloc(0),
      });
    },
    carryOut,
  };
}
