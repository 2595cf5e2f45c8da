/** One request, as a balancer saw it. Undefined stands where nothing is known, which a line shows as `-`. */
export interface AccessEntry {
  /** `http`, `https` or `h2`. */
  readonly type: string;
  /** When the answer was given, in ms since 1970. */
  readonly at: number;
  /** The name of the balancer. */
  readonly balancer: string;
  /** ADDRESS:PORT. */
  readonly client: string | undefined;
  /** ADDRESS:PORT of the instance that answered. */
  readonly target: string | undefined;
  /** From the request until it was passed on, until the instance answered, and until the answer was sent. In ms. */
  readonly requestMs: number | undefined;
  readonly targetMs: number | undefined;
  readonly responseMs: number | undefined;
  /** What the visitor got. */
  readonly status: number | undefined;
  /** What the instance answered; undefined where none was asked. */
  readonly targetStatus: number | undefined;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly method: string | undefined;
  /** Whole, with scheme, host and port. */
  readonly url: string | undefined;
  readonly protocol: string | undefined;
  readonly userAgent: string | undefined;
  readonly cipher: string | undefined;
  readonly tls: string | undefined;
  /** The group of instances that it was for. */
  readonly targetGroup: string | undefined;
  /** The host name that the visitor's TLS asked for. */
  readonly domain: string | undefined;
  /** The number of the rule that applied; 0 where none did. */
  readonly rule: number | undefined;
  /** `forward`, `redirect` or `fixed-response`. */
  readonly action: string | undefined;
  /** The edition that answered. AWS's own lines do not have it. */
  readonly edition: number | undefined;
}

/** What names the edition, at the end of a line, where readers of this format expect fields that they do not know. */
const editionField = 'edition=';

/**
 * A line in the format of the access logs of an AWS Application Load Balancer, followed by one field of our own:
 * `"edition=7"`. The format: docs.aws.amazon.com, "Access logs for your Application Load Balancer".
 */
export function formatEntry(entry: AccessEntry): string {
  const { targetStatus, status, edition } = entry;
  const created = entry.at - (entry.requestMs ?? 0) - (entry.targetMs ?? 0) - (entry.responseMs ?? 0);
  return [
    entry.type,
    time(entry.at),
    entry.balancer,
    entry.client ?? '-',
    entry.target ?? '-',
    seconds(entry.requestMs),
    seconds(entry.targetMs),
    seconds(entry.responseMs),
    status ?? '-',
    targetStatus ?? '-',
    entry.receivedBytes,
    entry.sentBytes,
    quoted(`${entry.method ?? '-'} ${entry.url ?? '-'} ${entry.protocol ?? '-'}`),
    quoted(entry.userAgent),
    entry.cipher ?? '-',
    entry.tls ?? '-',
    entry.targetGroup ?? '-',
    '"-"', // trace_id
    quoted(entry.domain),
    '"-"', // chosen_cert_arn
    entry.rule ?? '-',
    time(created),
    quoted(entry.action),
    '"-"', // redirect_url
    '"-"', // error_reason
    quoted(entry.target),
    quoted(targetStatus === undefined ? undefined : String(targetStatus)),
    '"-" "-"', // classification and its reason
    '-', // conn_trace_id
    quoted(edition === undefined ? undefined : editionField + edition),
  ].join(' ');
}

const time = (ms: number) => `${new Date(ms).toISOString().slice(0, -1)}000Z`;
const seconds = (ms: number | undefined) => (ms === undefined ? '-1' : (ms / 1_000).toFixed(3));

/** What a visitor has sent must not end a field or a line. */
function quoted(text: string | undefined): string {
  const safe = (text ?? '-').replace(/["\\\p{Cc}]/gu, escaped);
  return `"${safe}"`;
}

const escaped = (char: string) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`;

/** @returns undefined for a line that is not one of a load balancer: a torn one, or somebody else's */
export function parseEntry(line: string): AccessEntry | undefined {
  const fields = splitFields(line);
  const at = Date.parse(fields[1] ?? '');
  if (fields.length < 13 || Number.isNaN(at)) return undefined;
  const [method, url, protocol] = (fields[12] ?? '').split(' ');
  const field = (index: number) => (fields[index] === '-' ? undefined : fields[index]);
  const whole = (index: number) => number(fields[index]);
  return {
    type: fields[0] ?? '',
    at,
    balancer: fields[2] ?? '',
    client: field(3),
    target: field(4),
    requestMs: milliseconds(fields[5]),
    targetMs: milliseconds(fields[6]),
    responseMs: milliseconds(fields[7]),
    status: whole(8),
    targetStatus: whole(9),
    receivedBytes: whole(10) ?? 0,
    sentBytes: whole(11) ?? 0,
    method: method === '-' ? undefined : method,
    url: url === '-' || url === '' ? undefined : url,
    protocol: protocol === '-' || protocol === '' ? undefined : protocol,
    userAgent: field(13),
    cipher: field(14),
    tls: field(15),
    targetGroup: field(16),
    domain: field(18),
    rule: whole(20),
    action: field(22),
    edition: editionOf(fields),
  };
}

/** Splits at spaces, but not within quotes. */
function splitFields(line: string): string[] {
  const fields: string[] = [];
  for (let at = 0; at < line.length; ) {
    const isQuoted = line.charCodeAt(at) === quote;
    const start = isQuoted ? at + 1 : at;
    const found = line.indexOf(isQuoted ? '"' : ' ', start);
    const end = found === -1 ? line.length : found;
    fields.push(line.slice(start, end));
    at = end + (isQuoted ? 2 : 1);
  }
  return fields;
}

const quote = 0x22;

/** Not at a fixed place: AWS adds fields at the end from time to time. */
function editionOf(fields: readonly string[]): number | undefined {
  const last = fields.at(-1);
  return last?.startsWith(editionField) ? number(last.slice(editionField.length)) : undefined;
}

function number(text: string | undefined): number | undefined {
  const value = Number(text);
  return text === undefined || text === '' || !Number.isFinite(value) ? undefined : value;
}

function milliseconds(text: string | undefined): number | undefined {
  const value = number(text);
  return value === undefined || value < 0 ? undefined : Math.round(value * 1_000);
}
