/**
 * Up to here nothing is changed that needs to be taken back: a new release and new media, which prod does not refer to
 * and which the next promotion finds there.
 */
export const changesNothing = (step: string) => ['', 'preflight', 'stage', 'plan', 'media'].includes(step);
