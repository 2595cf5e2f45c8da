import { z } from 'zod';
import type { AccessEntry } from '../../access-log/entry.js';
import type { EnvironmentName } from '../../site/schema.js';

/**
 * How HAProxy writes a request down: a line of JSON, whose texts it escapes itself. It cannot write the format that
 * is kept (it has no seconds with a fraction), so the lines are turned into that afterwards.
 */
const fields = {
  at: '%[date(0,ms)]',
  client: '"%ci:%cp"',
  target: '"%si:%sp"',
  received: '%TR',
  queued: '%Tw',
  connected: '%Tc',
  answered: '%Tr',
  sent: '%Td',
  status: '%ST',
  targetStatus: '"%[var(txn.status)]"',
  bytesIn: '%U',
  bytesOut: '%B',
  method: '"%[capture.req.method,json(utf8s)]"',
  host: '"%[var(txn.host),json(utf8s)]"',
  uri: '"%[capture.req.uri,json(utf8s)]"',
  version: '"%[capture.req.ver,json(utf8s)]"',
  agent: '"%[capture.req.hdr(0),json(utf8s)]"',
  cipher: '"%sslc"',
  tls: '"%sslv"',
  name: '"%[ssl_fc_sni,json(utf8s)]"',
  port: '"%[dst_port]"',
  backend: '"%b"',
  major: '"%[fc_http_major]"',
  edition: '"%[var(txn.edition),json(utf8s)]"',
} as const;

const format = `{${Object.entries(fields)
  .map(([name, value]) => `"${name}":${value}`)
  .join(',')}}`;

/** What a frontend says so that its requests are written to standard output. Longer lines are cut by HAProxy. */
export const requestLogging = `    log stdout len 16384 format raw local1 info
    http-request capture req.hdr(user-agent) len 512
    http-request set-var(txn.host) req.hdr(host)
    http-response set-var(txn.status) status
    http-response set-var(txn.edition) res.hdr(X-Understudy-Edition)
    log-format '${format}'
`;

const text = z.string().transform((value) => (value === '-' || value === '' ? undefined : value));
const whole = text.transform((value) => (value === undefined ? undefined : Number(value)));
const duration = z.number().transform((ms) => (ms < 0 ? undefined : ms));

const lineSchema = z.object({
  at: z.number(),
  client: text,
  target: text.transform((value) => (value === '-:-' ? undefined : value)),
  received: duration,
  queued: duration,
  connected: duration,
  answered: duration,
  sent: duration,
  status: z.number(),
  targetStatus: whole,
  bytesIn: z.number(),
  bytesOut: z.number(),
  method: text,
  host: text,
  uri: text,
  version: text,
  agent: text,
  cipher: text,
  tls: text,
  name: text,
  port: text,
  backend: z.string(),
  major: z.string(),
  edition: whole,
});

/** The balancer as its lines name it, and the groups of instances behind it. */
export interface LineNames {
  readonly balancer: string;
  readonly targetGroups: Readonly<Record<EnvironmentName, string>>;
}

/** @returns undefined for a line that was cut */
export function parseRequestLine(line: string, { balancer, targetGroups }: LineNames): AccessEntry | undefined {
  const parsed = lineSchema.safeParse(jsonOf(line));
  if (!parsed.success) return undefined;
  const seen = parsed.data;
  const environment = seen.backend === 'prod' || seen.backend === 'dev' ? seen.backend : undefined;
  const { received, queued, connected } = seen;
  // An instance that was never reached has taken no time; a load balancer of AWS says so for all three.
  const wasPassedOn = connected !== undefined;
  const isRedirect = environment === undefined && seen.status >= 300 && seen.status < 400;
  return {
    type: seen.tls === undefined ? 'http' : seen.major === '2' ? 'h2' : 'https',
    at: seen.at,
    balancer,
    client: seen.client,
    target: seen.target,
    requestMs: wasPassedOn ? (received ?? 0) + (queued ?? 0) + connected : undefined,
    targetMs: wasPassedOn ? seen.answered : undefined,
    responseMs: wasPassedOn ? seen.sent : undefined,
    // A visitor who left before the answer; the number is AWS's.
    status: seen.status > 0 ? seen.status : 460,
    targetStatus: seen.targetStatus,
    receivedBytes: seen.bytesIn,
    sentBytes: seen.bytesOut,
    method: seen.method,
    url: seen.uri && urlOf(seen, seen.uri),
    protocol: seen.version,
    userAgent: seen.agent,
    cipher: seen.cipher,
    tls: seen.tls,
    targetGroup: environment && targetGroups[environment],
    domain: seen.name,
    rule: environment === undefined ? 0 : environment === 'prod' ? 1 : 2,
    action: environment ? 'forward' : isRedirect ? 'redirect' : 'fixed-response',
    edition: seen.edition,
  };
}

/** Whole, with its port, as AWS writes it. */
function urlOf(
  { tls, host, port }: { tls?: string | undefined; host?: string | undefined; port?: string | undefined },
  uri: string,
) {
  if (!uri.startsWith('/')) return uri;
  const name = host?.replace(/:\d+$/, '') ?? '-';
  return `${tls === undefined ? 'http' : 'https'}://${name}:${port ?? '-'}${uri}`;
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
