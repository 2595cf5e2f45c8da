import type { Bucket } from '../../aws/operate/bucket.js';
import type { Platform } from '../../platform/platform.js';
import type { Site } from '../../site/schema.js';

/** What a program on the operations host works with. */
export interface Host {
  readonly bucket: Bucket;
  /** On a file system that outlives this host. */
  readonly operationsFiles: string;
  /** Dev's document root, as it is mounted here. */
  readonly devFiles: string;
  /** Opens the platform anew, with the definition as it was last deployed. */
  readonly open: () => Promise<{ readonly platform: Platform; readonly site: Site }>;
}
