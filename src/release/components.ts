import type { Component } from '../platform/release-archive.js';

/** What WordPress reads of a file to find its headers. */
export const versionHeadBytes = 8192;

const versionHeader = /^[ \t/*#@]*Version:(.*)$/im;
const pluginHeader = /^[ \t/*#@]*Plugin Name:[ \t]*\S/im;
const coreVersion = /\$wp_version\s*=\s*'([^']{1,40})'/;

/** Whether a file may state the version of core, a plugin or a theme. */
export function mayStateVersion(path: string): boolean {
  return componentOf(path) !== undefined;
}

/**
 * Reads the version that a file states.
 * @param head its first 8 KB
 * @returns undefined if it states none
 */
export function statedVersion(path: string, head: string): Component | undefined {
  const id = componentOf(path);
  if (id === undefined) return undefined;
  const version = id === 'core' ? coreVersion.exec(head)?.[1] : headerVersion(id, head);
  return version === undefined ? undefined : { id, version, file: path };
}

function headerVersion(id: string, head: string): string | undefined {
  if (id.startsWith('plugins/') && !pluginHeader.test(head)) return undefined;
  // As WordPress does: what closes the comment on the same line is not part of it.
  const text = versionHeader
    .exec(head)?.[1]
    ?.replace(/\s*(?:\*\/|\?>).*/, '')
    .trim();
  return text ? text.slice(0, 60) : undefined;
}

function componentOf(path: string): string | undefined {
  if (path === 'wp-includes/version.php') return 'core';
  const plugin = /^wp-content\/plugins\/([^/]+?)(?:\.php|\/[^/]+\.php)$/.exec(path)?.[1];
  if (plugin !== undefined) return `plugins/${plugin}`;
  const theme = /^wp-content\/themes\/([^/]+)\/style\.css$/.exec(path)?.[1];
  return theme === undefined ? undefined : `themes/${theme}`;
}
