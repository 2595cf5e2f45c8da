/**
 * What a definition imports from `understudy`. It is evaluated each time a definition is read, so it holds
 * nothing but this one function and types.
 */
export { defineSite } from './site/define-site.js';
export type { EnvironmentName, Site, SiteDefinition } from './site/schema.js';
