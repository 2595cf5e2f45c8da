/** What a person reads of a mail. */
export interface ReadableMail {
  readonly subject: string;
  readonly text: string;
}

/**
 * Reads a mail as it came over the wire: its subject, and its text part, or what is left of HTML without its tags.
 * Never throws: a mail that is not well formed is shown as it is.
 */
export function readMail(raw: Buffer): ReadableMail {
  const mail = parse(raw.toString('latin1'));
  const part = textPart(mail, 'text/plain') ?? textPart(mail, 'text/html');
  const text = part ? decoded(part) : mail.body;
  return {
    subject: decodeWords(mail.headers.get('subject') ?? ''),
    text: (part && typeOf(part).startsWith('text/html') ? withoutTags(text) : text).replaceAll('\r\n', '\n').trim(),
  };
}

interface Part {
  readonly headers: ReadonlyMap<string, string>;
  /** Bytes, one for each character. */
  readonly body: string;
}

const deepest = 8;

function parse(raw: string): Part {
  const end = /\r?\n\r?\n/.exec(raw);
  const head = end ? raw.slice(0, end.index) : raw;
  const lines = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const headers = lines.flatMap((line) => {
    const at = line.indexOf(':');
    return at > 0 ? [[line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const] : [];
  });
  return { headers: new Map(headers), body: end ? raw.slice(end.index + end[0].length) : '' };
}

const typeOf = ({ headers }: Part) => (headers.get('content-type') ?? 'text/plain').toLowerCase();

function parameter({ headers }: Part, name: string): string | undefined {
  const found = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^\\s;]+))`, 'i').exec(headers.get('content-type') ?? '');
  return found?.[1] ?? found?.[2];
}

/** The first part of a type, at any depth. Attachments are left alone. */
function textPart(part: Part, type: string, depth = 0): Part | undefined {
  if (typeOf(part).startsWith(type)) {
    return /^attachment/i.test(part.headers.get('content-disposition') ?? '') ? undefined : part;
  }
  const boundary = parameter(part, 'boundary');
  if (!typeOf(part).startsWith('multipart/') || boundary === undefined || depth > deepest) return undefined;
  for (const piece of `\n${part.body}`.split(`\n--${boundary}`).slice(1)) {
    if (piece.startsWith('--')) break;
    const found = textPart(parse(piece.replace(/^[ \t]*\r?\n/, '')), type, depth + 1);
    if (found) return found;
  }
  return undefined;
}

function decoded(part: Part): string {
  const encoding = (part.headers.get('content-transfer-encoding') ?? '').toLowerCase();
  const bytes =
    encoding === 'base64'
      ? Buffer.from(part.body, 'base64')
      : Buffer.from(
          encoding === 'quoted-printable' ? unquote(part.body.replace(/=[ \t]*\r?\n/g, '')) : part.body,
          'latin1',
        );
  return inCharset(bytes, parameter(part, 'charset'));
}

const unquote = (text: string) =>
  text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

function inCharset(bytes: Buffer, charset = 'utf-8'): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('utf8');
  }
}

/** Words of a header that are not ASCII: `=?utf-8?q?...?=`. The space between two of them does not count. */
function decodeWords(header: string): string {
  const words = /=\?([^?]+)\?([bq])\?([^?]*)\?=/gi;
  return header
    .replace(/(\?=)\s+(=\?)/g, '$1$2')
    .replace(words, (_, charset: string, kind: string, text: string) =>
      inCharset(
        kind.toLowerCase() === 'b'
          ? Buffer.from(text, 'base64')
          : Buffer.from(unquote(text.replaceAll('_', ' ')), 'latin1'),
        charset,
      ),
    );
}

const withoutTags = (html: string) =>
  html
    .replace(/<(style|script|head)\b[\s\S]*?<\/\1>/gi, '')
    .replace(/<br\s*\/?>|<\/(p|div|tr|h\d|li)>/gi, '\n')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#039;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\n\s*\n+/g, '\n\n');
