import { type NeedsWrites, needsWritableProd, pluginsThatWrite } from '../content/wordpress/plugins-that-write.js';
import type { GatedDatabase } from '../platform/platform.js';
import { withOperator } from '../replication/operator.js';
import type { Site } from '../site/schema.js';
import type { PromotionContext } from './context.js';
import type { PlanProblem } from './facts.js';

const kinds = {
  shop: 'a shop',
  form: 'a form',
  membership: 'a membership',
  community: 'a community',
} as const satisfies Readonly<Record<NeedsWrites, string>>;

/** Of the value of the option `active_plugins`, which PHP has serialised: the plugins that need to write, and as what. */
export function writingPlugins(activePlugins: string): readonly { readonly name: string; readonly kind: string }[] {
  const active = [...activePlugins.matchAll(/s:\d+:"([^"/]+)(?:\/[^"]*)?\.php"/g)].map(([, name = '']) => name);
  return pluginsThatWrite.flatMap(({ folder, writes }) =>
    needsWritableProd(writes) && active.includes(folder) ? [{ name: folder, kind: kinds[writes] }] : [],
  );
}

/** Plugins that are active in dev and cannot do in prod what they are for: an error, unless somebody has accepted it. */
export async function writingPluginProblems({
  platform: { database },
  site,
  request,
}: PromotionContext): Promise<readonly PlanProblem[]> {
  if (!database || site.app.kind !== 'wordpress' || request.kind === 'rollback') return [];
  const found = writingPlugins(await activePlugins(database, site.app));
  if (found.length === 0) return [];
  const named = found.map(({ name, kind }) => `${name} (${kind})`).join(', ');
  const mustAccept = !request.acceptReadOnly && request.kind !== 'sync-start';
  return [
    {
      severity: mustAccept ? 'error' : 'warning',
      code: 'plugins-need-writes',
      text: `Prod is read-only, and these plugins need to write there: ${named}.`,
      remedy: 'Visitors cannot order, send or join. If that is meant to be so, give --accept-read-only.',
    },
  ];
}

async function activePlugins(
  { databases }: GatedDatabase,
  { tablePrefix }: Extract<Site['app'], { kind: 'wordpress' }>,
) {
  const { primary } = await databases.topology();
  const [row] = await withOperator(databases, primary, (server) =>
    server.query<{ value: string }>(
      `SELECT option_value AS value FROM \`${tablePrefix}options\` WHERE option_name = 'active_plugins'`,
    ),
  );
  return row?.value ?? '';
}
