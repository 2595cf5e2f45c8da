import { usageError } from '../output/errors.js';
import type { AwsSite } from '../site/aws-site.js';
import { type ImageLock, imageLockFile, readImageLock } from './image-lock.js';

/**
 * The image that a site's instances are to be started from. Never looked up while templates are made: what is
 * deployed is what was reviewed.
 * @throws usage, code `image-missing`; `image-elsewhere` if it is of another region or for another processor
 */
export async function imageFor(of: AwsSite, configFile: string): Promise<ImageLock> {
  const lock = await readImageLock(configFile);
  const file = imageLockFile(configFile);
  const remedy = 'Run `understudy aws image`, which builds one and writes that file.';
  if (!lock) {
    throw usageError({ code: 'image-missing', message: `There is no image yet: ${file} is missing.`, remedy });
  }
  if (lock.region !== of.region || lock.architecture !== of.architecture) {
    throw usageError({
      code: 'image-elsewhere',
      message: `The image in ${file} is for ${lock.architecture} in ${lock.region}; the definition asks for ${of.architecture} in ${of.region}.`,
      remedy,
    });
  }
  return lock;
}
