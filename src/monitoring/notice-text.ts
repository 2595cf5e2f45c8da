import type { Notice } from '../platform/notifier.js';

/** The subject of a notice's mail, as alarms have it. */
export const noticeSubject = (site: string, { title }: Notice): string => `[${site}] ${title}`;

/** The text of a notice, in the same order as that of an alarm: what, where, when, what visitors see, what to do. */
export function noticeText(
  site: string,
  place: string,
  { title, where, at, visitorsSee, toDo, details }: Notice,
): string {
  return [
    `${title}.`,
    '',
    `  Where:          ${where}, of ${site} on ${place}`,
    `  When:           ${at.slice(0, 19).replace('T', ' ')} UTC`,
    `  Visitors see:   ${visitorsSee}`,
    `  What to do:     ${toDo}`,
    ...(details.length > 0 ? ['', ...details.map((line) => `  ${line}`)] : []),
    '',
  ].join('\n');
}
