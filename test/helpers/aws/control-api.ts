import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** What a service answers, or how it refuses. */
export type Answer =
  | { readonly body: string; readonly type: 'application/xml' | 'application/x-amz-json-1.0' }
  | { readonly status: number; readonly code: string; readonly message?: string };

/** One call: how AWS calls it (`rds:DescribeDBInstances`), and what came with it. */
export interface ApiCall {
  readonly name: string;
  readonly path: string;
  readonly body: string;
  /** Of the services that send forms. */
  readonly form: URLSearchParams;
  readonly query: URLSearchParams;
}

export type Handler = (call: ApiCall) => Answer | Promise<Answer>;

export interface ControlApi {
  readonly url: string;
  /** Names of the calls that were made, in their order. */
  readonly calls: readonly string[];
  /** The next calls of this name are refused, so many times. */
  fail(name: string, code: string, status: number, times: number): void;
  close(): Promise<void>;
}

/** An HTTP server that tells services of AWS apart by the protocol that each of them speaks. */
export async function controlApi(address: string, handlers: Readonly<Record<string, Handler>>): Promise<ControlApi> {
  const calls: string[] = [];
  let failing = { name: '', code: '', status: 0, times: 0 };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await read(request);
    calls.push(call.name);
    const json = request.headers['x-amz-target'] !== undefined;
    if (failing.name === call.name && failing.times > 0) {
      failing = { ...failing, times: failing.times - 1 };
      return refuse(response, json, failing);
    }
    const handler = handlers[call.name];
    if (!handler) return refuse(response, json, { status: 400, code: 'NotModelled', message: call.name });
    const reply = await handler(call);
    if ('code' in reply) return refuse(response, json, reply);
    response.writeHead(200, { 'content-type': reply.type });
    response.end(reply.body);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      refuse(response, false, { status: 500, code: 'InternalFailure', message: String(error) });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    url: `http://${address}:${(server.address() as AddressInfo).port}`,
    calls,
    fail: (name, code, status, times) => {
      failing = { name, code, status, times };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function read(request: IncomingMessage): Promise<ApiCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const body = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
  const url = new URL(request.url ?? '/', 'http://aws');
  const form = new URLSearchParams(body);
  return { name: nameOf(request, url, form), path: url.pathname, body, form, query: url.searchParams };
}

const targets: Readonly<Record<string, string>> = {
  secretsmanager: 'secretsmanager',
  GraniteServiceVersion20100801: 'cloudwatch',
  AmazonSSM: 'ssm',
};

/** Services that take forms are told apart by the version of their interface. */
const formServices: Readonly<Record<string, string>> = {
  '2011-01-01': 'autoscaling',
  '2015-12-01': 'elasticloadbalancing',
  '2016-11-15': 'ec2',
  '2014-10-31': 'rds',
  '2011-06-15': 'sts',
  '2010-05-15': 'cloudformation',
  '2010-03-31': 'sns',
};

function nameOf({ method, headers }: IncomingMessage, { pathname }: URL, form: URLSearchParams): string {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') {
    const [service = '', call = ''] = target.split('.');
    return `${targets[service] ?? service}:${call}`;
  }
  if (pathname.startsWith('/2013-04-01/')) {
    if (pathname.endsWith('hostedzonesbyname')) return 'route53:ListHostedZonesByName';
    return method === 'GET' ? 'route53:ListResourceRecordSets' : 'route53:ChangeResourceRecordSets';
  }
  return `${formServices[form.get('Version') ?? ''] ?? 'rds'}:${form.get('Action')}`;
}

function refuse(
  response: ServerResponse,
  json: boolean,
  { status, code, message = code }: { readonly status: number; readonly code: string; readonly message?: string },
): void {
  response.writeHead(status, { 'content-type': json ? 'application/x-amz-json-1.0' : 'text/xml' });
  response.end(
    json
      ? JSON.stringify({ __type: code, message })
      : `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
  );
}

/** A document of XML out of nested values; a list repeats its element. */
export function xml(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map((one) => xml(name, one)).join('');
  if (typeof value === 'object') {
    return `<${name}>${Object.entries(value)
      .map(([key, inner]) => xml(key, inner))
      .join('')}</${name}>`;
  }
  return `<${name}>${String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</${name}>`;
}
