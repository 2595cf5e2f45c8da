import { addressText, parseAddress } from '../../content/rewrite/address.js';
import { addressRewriter } from '../../content/rewrite/address-rewriter.js';
import { rewriteDatabase } from '../../content/rewrite/rewrite-database.js';
import { scanForHosts } from '../../content/rewrite/scan.js';
import { refusal } from '../../output/errors.js';
import { need, type Step } from '../../promotion/step.js';
import { withIncoming } from '../dev-database.js';
import type { ImportContext, ImportFacts } from '../facts.js';

/** Puts dev's address in the place of the site's, in the schema that was filled, and looks what is left. */
export const addresses: Step<ImportContext, ImportFacts, 'addresses'> = {
  id: 'addresses',
  title: "Replace the site's address by dev's",
  async do(context, facts) {
    const { platform, request, report, signal } = context;
    const { survey } = need(facts, 'database');
    const from = addressesOf(request.urls, survey.options).map(parseAddress);
    const to = parseAddress(platform.urls.dev);
    const rewriter = addressRewriter(from, to);
    return withIncoming(context, async (connection, schema) => {
      const { columns } = await rewriteDatabase(connection, { schema, rewriter, writes: true, report, signal });
      const isSameHost = from.some(({ host }) => host === to.host);
      const mentions = isSameHost ? [] : await scanForHosts(connection, { schema, hosts: rewriter.hosts, signal });
      return { from: from.map(addressText), to: addressText(to), columns, mentions };
    });
  },
};

/** What was given, else what the dump says; the name with and without www. is the same site. */
export function addressesOf(given: readonly string[], { home, siteurl }: Readonly<Record<string, string>>): string[] {
  const said = given.length > 0 ? given : [home, siteurl].filter((url) => url !== undefined && url !== '');
  if (said.length === 0) {
    throw refusal({
      code: 'address-unknown',
      message: 'The dump does not say which address the site had: it has no option "home".',
      remedy: 'Say it: --url https://www.example.com',
    });
  }
  const both = said.flatMap((url) => [url as string, twin(url as string)]);
  return [...new Set(both.map((url) => url.replace(/\/+$/, '')))];
}

function twin(url: string): string {
  return /^https?:\/\/www\./i.test(url)
    ? url.replace(/^(https?:\/\/)www\./i, '$1')
    : url.replace(/^(https?:\/\/)/i, '$1www.');
}
