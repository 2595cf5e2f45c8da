import type { SiteDefinition } from './schema.js';

/** Gives an editor the types of a definition. It is checked when a command reads it, not here. */
export function defineSite(definition: SiteDefinition): SiteDefinition {
  return definition;
}
