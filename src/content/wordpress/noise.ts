/**
 * What WordPress and its plugins write by themselves: caches, locks, schedules, what an editor's screen looked like.
 * Such rows are counted, never told: nobody decides about a promotion by them.
 */

const optionNoise: readonly RegExp[] = [
  /^_(site_)?transient_/,
  /^(cron|rewrite_rules|recently_activated|recently_edited|doing_cron|db_upgraded|can_compress_scripts)$/,
  /^(recovery_keys|recovery_mode_.*|https_detection_errors|user_count|fresh_site|dismissed_update_core)$/,
  /^(auto_core_update_notified|auto_core_update_last_checked|auto_plugin_theme_update_emails|core_updater\.lock)$/,
  /^(finished_\w+_comment_type|finished_splitting_shared_terms|wp_force_deactivated_plugins|auto_core_update_failed)$/,
  /^wp_calendar_block_has_published_posts$/,
  /\.lock$/,
  /_children$/,
  /^_(wp|wc)_session_/,
  /^action_scheduler_/,
];

const postMetaNoise: readonly RegExp[] = [
  /^_edit_(lock|last)$/,
  /^_oembed_/,
  /^_(pingme|encloseme|wp_old_date|wp_suggested_privacy_policy_content)$/,
  /^_wp_trash_meta_/,
];

const userMetaNoise: readonly RegExp[] = [
  /^(session_tokens|community-events-location|dismissed_wp_pointers|show_welcome_panel|nav_menu_recently_edited)$/,
  /^(closedpostboxes_|metaboxhidden_|meta-box-order_|screen_layout_|manage.*columnshidden$|wc_last_active$)/,
  /(user-settings|user-settings-time|dashboard_quick_press_last_post_id|persisted_preferences|media_library_mode)$/,
  /^_woocommerce_persistent_cart_/,
];

/** Post types that are working copies, caches or logs of something else. */
const postTypeNoise = new Set(['revision', 'customize_changeset', 'oembed_cache', 'user_request', 'scheduled-action']);

/** Other plugins' tables, without the prefix, of queues, logs, sessions and caches. */
const tableNoise: readonly RegExp[] = [
  /^actionscheduler_/,
  /^(woocommerce|wc)_sessions$/,
  /_(log|logs|sessions|cache)$/,
];

/** Columns that follow from other rows. */
const derivedColumns: Readonly<Record<string, ReadonlySet<string>>> = {
  posts: new Set(['comment_count', 'to_ping', 'pinged']),
  term_taxonomy: new Set(['count']),
  users: new Set(['user_activation_key']),
};

const matches = (patterns: readonly RegExp[]) => (name: string) => patterns.some((pattern) => pattern.test(name));

export const isOptionNoise = matches(optionNoise);
export const isPostMetaNoise = matches(postMetaNoise);
export const isUserMetaNoise = matches(userMetaNoise);
export const isCommentMetaNoise = matches([/^akismet_/, /^_wp_trash_meta_/]);
export const isTableNoise = matches(tableNoise);
export const isPostTypeNoise = (type: string) => postTypeNoise.has(type);

/** Whether nothing but derived columns changed. */
export const isDerived = (table: string, changedColumns: readonly string[]) =>
  changedColumns.every((column) => derivedColumns[table]?.has(column) ?? false);
