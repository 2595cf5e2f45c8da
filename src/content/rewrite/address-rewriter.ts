import { refusal } from '../../output/errors.js';
import { type Address, addressText, authorityOf } from './address.js';
import { type ByteText, fromUtf8 } from './byte-text.js';

/** Finds the addresses of a site in a text and puts others in their place. */
export interface AddressRewriter {
  /** Names of hosts, in every spelling in which they are looked for; lower case. */
  readonly hosts: readonly ByteText[];
  /** A quick look; only where it is true is `rewrite` worth calling. */
  mayContain(text: ByteText): boolean;
  /** @returns the text, and how many addresses were replaced in it */
  rewrite(text: ByteText): { readonly text: ByteText; readonly count: number };
}

/*
 * The parts of an address in each of the forms in which addresses stand in content: plain; in JSON (a backslash
 * before each slash, three in JSON within JSON, or \u002f); percent-encoded, once or more; as HTML entities.
 */
const slash = String.raw`(?:\\*/|\\+u002f|%(?:25)*2f|&#(?:0*47|x0*2f);)`;
const colon = String.raw`(?::|\\+u003a|%(?:25)*3a|&#(?:0*58|x0*3a);)`;
/** Block markup writes `--` so, since it would end the comment that holds it. */
const twoHyphens = String.raw`(?:--|\\+u002d\\+u002d)`;
/**
 * Before an address without a scheme: it must not be the tail of one, or of a path. What ends in a letter or digit
 * can be the encoded form of a quote or bracket.
 */
const before = String.raw`(?<=^|[^:\w\\/]|%(?:25)*(?:2[0-9C]|3[CDE]|5B|7B|0A|0D)|\\u00(?:2[0-9]|3[cde]))`;
/** Behind a host the name must end, and not go on as example.community, example.com.au, another port, or a user. */
const endOfHost = String.raw`(?![\w@-]|\.\w|${colon}\d)`;
/** Behind a path the same: /blog is not the beginning of /blogger or /blog-2. */
const endOfPath = String.raw`(?![\w~-]|\.\w|%(?:25)*(?!2[0-9f]|3[cdef]|5c|0[ad]|7c|25)[0-9a-f]{2})`;

/**
 * Replaces every address of `from`, whichever of its schemes it has, by `to`. What stands behind it stays.
 * A host name in running text or in an e-mail address stays, too.
 * @throws refusal `rewrites-itself` if `to` begins with one of `from`, so that doing it again would change it again
 */
export function addressRewriter(from: readonly Address[], to: Address): AddressRewriter {
  const places = from.map(placePattern).join('|');
  const pattern = new RegExp(
    `(?:(?<scheme>https?)(?<colon>${colon})|${before})(?<slash>${slash})\\k<slash>(?:${places})`,
    'gi',
  );
  const hosts = [
    ...new Set(from.flatMap(({ host, unicodeHost }) => [host, ...(unicodeHost ? [fromUtf8(unicodeHost)] : [])])),
  ];
  const quick = new RegExp(hosts.map(hostPattern).join('|'), 'i');
  const authority = authorityOf(to);
  const rewrite = (text: ByteText) => {
    let count = 0;
    const replaced = text.replace(pattern, (...match) => {
      count++;
      const groups = match.at(-1) as { scheme?: string; colon?: string; slash: string };
      const at = match.at(-3) as number;
      return written(groups, to, isInBlock(text, at, authority) ? asInBlock(authority) : authority);
    });
    return { text: replaced, count };
  };
  const target = addressText(to);
  const again = rewrite(target).text;
  if (again !== target) {
    throw refusal({
      code: 'rewrites-itself',
      message: `${target} begins with an address that is to be replaced: done twice, it would become ${again}.`,
      remedy: 'Go by way of a third address that neither begins with the other.',
    });
  }
  return { hosts, mayContain: (text) => quick.test(text), rewrite };
}

function placePattern({ host, unicodeHost, port, path }: Address): string {
  const names = [host, ...(unicodeHost ? [fromUtf8(unicodeHost)] : [])].map(hostPattern).join('|');
  const authority = `(?:${names})${port === undefined ? '' : `${colon}${port}`}`;
  if (path === '') return `${authority}${endOfHost}`;
  const steps = path.slice(1).split('/').map(quoted);
  return `${authority}${steps.map((step) => `\\k<slash>${step}`).join('')}${endOfPath}`;
}

const quoted = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const hostPattern = (host: ByteText) => quoted(host).replaceAll('--', twoHyphens);

/** The new address in the form in which the old one stood there. */
function written(
  { scheme, colon, slash }: { scheme?: string; colon?: string; slash: string },
  to: Address,
  authority: string,
) {
  const place = slash.startsWith('%') ? authority.replace(':', slash.replace(/2f$/i, '3A')) : authority;
  return `${scheme === undefined ? '' : to.scheme}${colon ?? ''}${slash}${slash}${place}${to.path.replaceAll('/', () => slash)}`;
}

/** Whether what stands there is in the attributes of a block, where two hyphens would end the comment. */
function isInBlock(text: ByteText, at: number, authority: string): boolean {
  if (!authority.includes('--')) return false;
  const opened = text.lastIndexOf('<!-- wp:', at);
  return opened >= 0 && !text.slice(opened, at).includes('-->');
}

const asInBlock = (authority: string) => authority.replaceAll('--', '\\u002d\\u002d');
