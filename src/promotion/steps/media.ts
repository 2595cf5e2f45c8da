import { copyMedia } from '../../release/media-copy.js';
import type { PromotionContext } from '../context.js';
import type { PromotionFacts } from '../facts.js';
import { need, type Step } from '../step.js';

/**
 * Copies uploads that prod does not have yet. After G was read, so that every upload that the content refers to is
 * there; before the switch, so that no page of the new edition lacks one. Changed ones are laid aside until the switch.
 * The previous edition does not refer to what is added, so nothing is taken back: the next promotion finds it there.
 */
export const media: Step<PromotionContext, PromotionFacts, 'media'> = {
  id: 'media',
  title: 'Copy new media',
  async do({ platform, report, signal }, before) {
    const changes = need(before, 'plan').media;
    const folders = platform.files.media;
    if (folders) await copyMedia(folders, changes, { report, signal });
    return { added: changes.added.length };
  },
};
