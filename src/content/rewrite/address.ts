import { domainToUnicode } from 'node:url';
import { usageError } from '../../output/errors.js';

/** Where a site is reached: scheme, host, perhaps a port and a path. */
export interface Address {
  readonly scheme: 'http' | 'https';
  /** Lower case; international names as `xn--…`. */
  readonly host: string;
  /** The same name in its own letters, if it has others. */
  readonly unicodeHost: string | undefined;
  /** Undefined: the scheme's usual one. */
  readonly port: number | undefined;
  /** `` or `/blog`: without a slash at its end. */
  readonly path: string;
}

/**
 * Reads an address such as `https://www.example.com`, `http://old.example:8080` or `https://example.com/blog`.
 * @throws usage `not-an-address`
 */
export function parseAddress(text: string): Address {
  let url: URL | undefined;
  try {
    url = new URL(text);
  } catch {}
  const isPlain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    /^[a-z0-9._-]+$/.test(url.hostname) &&
    /^(?:\/[\w.~-]+)*\/*$/.test(url.pathname) &&
    `${url.username}${url.password}${url.search}${url.hash}` === '';
  if (!url || !isPlain) {
    throw usageError({
      code: 'not-an-address',
      message: `${JSON.stringify(text)} is not the address of a site.`,
      remedy: 'Write it with its scheme, such as https://www.example.com or https://example.com/blog.',
    });
  }
  const unicode = domainToUnicode(url.hostname);
  return {
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    host: url.hostname,
    unicodeHost: unicode === url.hostname || unicode === '' ? undefined : unicode,
    port: url.port === '' ? undefined : Number(url.port),
    path: url.pathname.replace(/\/+$/, ''),
  };
}

/** Host and port, as they stand in the address. */
export const authorityOf = ({ host, port }: Address): string => (port === undefined ? host : `${host}:${port}`);

export const addressText = (address: Address): string => `${address.scheme}://${authorityOf(address)}${address.path}`;
