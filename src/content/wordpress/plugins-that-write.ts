/**
 * What is known of plugins that a read-only prod, or code that comes from releases alone, does not go together with.
 * The one list for everybody who has to know; only well-known ones, named by the folder that wordpress.org and their makers give them.
 */
export interface WritingPlugin {
  /** The plugin's folder below wp-content/plugins. */
  readonly folder: string;
  readonly name: string;
  /**
   * What visitors do that has to be written: `shop`, `form`, `membership` (accounts and log-ins), `community`
   * (comments, forums, ratings), `statistics`. Or it writes files: `code` into folders that are promoted as code,
   * `cache` into wp-content/cache.
   */
  readonly writes: 'shop' | 'form' | 'membership' | 'community' | 'statistics' | 'code' | 'cache';
}

const plugins = (writes: WritingPlugin['writes'], names: Readonly<Record<string, string>>): WritingPlugin[] =>
  Object.entries(names).map(([folder, name]) => ({ folder, name, writes }));

export const pluginsThatWrite: readonly WritingPlugin[] = [
  ...plugins('shop', {
    'wp-ecommerce': 'WP eCommerce',
    'ecwid-shopping-cart': 'Ecwid',
    'wp-simple-pay': 'WP Simple Pay',
    charitable: 'Charitable',
    'stripe-payments': 'Stripe Payments',
    'download-monitor': 'Download Monitor',
    booking: 'Booking Calendar',
    woocommerce: 'WooCommerce',
    'easy-digital-downloads': 'Easy Digital Downloads',
    'wp-e-commerce': 'WP eCommerce',
    surecart: 'SureCart',
    'woocommerce-subscriptions': 'WooCommerce Subscriptions',
    'woocommerce-bookings': 'WooCommerce Bookings',
    'event-tickets': 'Event Tickets',
    bookly: 'Bookly',
    'bookly-responsive-appointment-booking-tool': 'Bookly',
    ameliabooking: 'Amelia',
    give: 'GiveWP',
  }),
  ...plugins('form', {
    happyforms: 'Happyforms',
    weforms: 'weForms',
    'contact-form-7': 'Contact Form 7',
    flamingo: 'Flamingo',
    'wpforms-lite': 'WPForms Lite',
    wpforms: 'WPForms',
    gravityforms: 'Gravity Forms',
    'ninja-forms': 'Ninja Forms',
    formidable: 'Formidable Forms',
    fluentform: 'Fluent Forms',
    forminator: 'Forminator',
    'caldera-forms': 'Caldera Forms',
    'everest-forms': 'Everest Forms',
    mailpoet: 'MailPoet',
    'mailchimp-for-wp': 'MC4WP',
    newsletter: 'Newsletter',
  }),
  ...plugins('membership', {
    'restrict-content': 'Restrict Content',
    'simple-membership': 'Simple Membership',
    learnpress: 'LearnPress',
    'wishlist-member': 'WishList Member',
    'user-registration': 'User Registration',
    'theme-my-login': 'Theme My Login',
    'wp-members': 'WP-Members',
    memberpress: 'MemberPress',
    'paid-memberships-pro': 'Paid Memberships Pro',
    'restrict-content-pro': 'Restrict Content Pro',
    'ultimate-member': 'Ultimate Member',
    s2member: 's2Member',
    'sfwd-lms': 'LearnDash',
    tutor: 'Tutor LMS',
    lifterlms: 'LifterLMS',
    'profile-builder': 'Profile Builder',
    'wp-native-php-sessions': 'Native PHP Sessions',
    'wp-session-manager': 'WP Session Manager',
  }),
  ...plugins('community', {
    'asgaros-forum': 'Asgaros Forum',
    wpforo: 'wpForo',
    buddypress: 'BuddyPress',
    'buddyboss-platform': 'BuddyBoss',
    bbpress: 'bbPress',
    wpdiscuz: 'wpDiscuz',
    'disqus-comment-system': 'Disqus',
    'wp-polls': 'WP-Polls',
    'wp-postratings': 'WP-PostRatings',
    'kk-star-ratings': 'kk Star Ratings',
  }),
  ...plugins('statistics', {
    'wp-statistics': 'WP Statistics',
    'wp-slimstat': 'SlimStat',
    matomo: 'Matomo',
    'independent-analytics': 'Independent Analytics',
    'koko-analytics': 'Koko Analytics',
    'wordpress-popular-posts': 'WP Popular Posts',
    'wp-postviews': 'WP-PostViews',
    redirection: 'Redirection',
    'burst-statistics': 'Burst Statistics',
  }),
  ...plugins('code', {
    wordfence: 'Wordfence',
    'better-wp-security': 'Solid Security',
    'all-in-one-wp-security-and-firewall': 'All-In-One Security',
    'sucuri-scanner': 'Sucuri Security',
    'ithemes-security-pro': 'Solid Security Pro',
    ninjafirewall: 'NinjaFirewall',
    'wp-file-manager': 'WP File Manager',
    'code-snippets': 'Code Snippets',
    'insert-php-code-snippet': 'Insert PHP Code Snippet',
    updraftplus: 'UpdraftPlus',
    duplicator: 'Duplicator',
    'all-in-one-wp-migration': 'All-in-One WP Migration',
    backwpup: 'BackWPup',
    'ewww-image-optimizer': 'EWWW Image Optimizer',
    'loco-translate': 'Loco Translate',
  }),
  ...plugins('cache', {
    'w3-total-cache': 'W3 Total Cache',
    'wp-rocket': 'WP Rocket',
    'wp-super-cache': 'WP Super Cache',
    'wp-fastest-cache': 'WP Fastest Cache',
    'litespeed-cache': 'LiteSpeed Cache',
    'sg-cachepress': 'SiteGround Optimizer',
    'wp-optimize': 'WP-Optimize',
    'redis-cache': 'Redis Object Cache',
    'cache-enabler': 'Cache Enabler',
    'comet-cache': 'Comet Cache',
    autoptimize: 'Autoptimize',
    'hummingbird-performance': 'Hummingbird',
    breeze: 'Breeze',
    'nginx-helper': 'Nginx Helper',
  }),
];

/** What is known of an active plugin. @param file as WordPress names it: `woocommerce/woocommerce.php` */
export function writingPlugin(file: string): WritingPlugin | undefined {
  const folder = file.split('/')[0]?.toLowerCase();
  return pluginsThatWrite.find((plugin) => plugin.folder === folder);
}

/** What visitors do that is lost, or refused, where nothing can be written. */
export type NeedsWrites = 'shop' | 'form' | 'membership' | 'community';

/** Whether a plugin is of little use in a read-only prod; one that counts visitors only stops counting. */
export const needsWritableProd = (writes: WritingPlugin['writes']): writes is NeedsWrites =>
  writes === 'shop' || writes === 'form' || writes === 'membership' || writes === 'community';
