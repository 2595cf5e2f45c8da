import type { GatedDatabase } from '../platform/platform.js';
import { withOperator } from '../replication/operator.js';
import type { Site } from '../site/schema.js';
import type { PromotionContext } from './context.js';
import type { PlanProblem } from './facts.js';

/**
 * Plugins that are of little use where nothing can be written, by the folder that WordPress installs them into. Only
 * well-known ones: what is missing here is promoted without a word, and a visitor then finds its form answered with
 * the page that says where changes are made.
 */
const kinds = {
  'a shop': [
    ...['woocommerce', 'easy-digital-downloads', 'surecart', 'wp-ecommerce', 'ecwid-shopping-cart', 'wp-simple-pay'],
    ...['give', 'charitable', 'stripe-payments', 'event-tickets', 'download-monitor'],
  ],
  'a form': [
    ...['contact-form-7', 'wpforms', 'wpforms-lite', 'gravityforms', 'ninja-forms', 'formidable', 'fluentform'],
    ...['forminator', 'everest-forms', 'caldera-forms', 'happyforms', 'weforms', 'flamingo', 'mailpoet', 'newsletter'],
    ...['bookly-responsive-appointment-booking-tool', 'ameliabooking', 'booking', 'wp-polls', 'wpdiscuz'],
  ],
  'a membership': [
    ...['memberpress', 'paid-memberships-pro', 'restrict-content', 'restrict-content-pro', 'ultimate-member'],
    ...[
      'simple-membership',
      'buddypress',
      'bbpress',
      'lifterlms',
      'learnpress',
      'sfwd-lms',
      'tutor',
      'wishlist-member',
    ],
    ...['user-registration', 'theme-my-login', 'wp-members', 's2member', 'asgaros-forum', 'wpforo'],
  ],
} as const;

/** Of the value of the option `active_plugins`, which PHP has serialised: the plugins that need to write, and as what. */
export function writingPlugins(activePlugins: string): readonly { readonly name: string; readonly kind: string }[] {
  const active = [...activePlugins.matchAll(/s:\d+:"([^"/]+)(?:\/[^"]*)?\.php"/g)].map(([, name = '']) => name);
  return Object.entries(kinds).flatMap(([kind, known]) =>
    active.filter((name) => (known as readonly string[]).includes(name)).map((name) => ({ name, kind })),
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
