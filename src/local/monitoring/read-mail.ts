import PostalMime, { type Email } from 'postal-mime';

/** What a person reads of a mail. */
export interface ReadableMail {
  readonly subject: string;
  readonly text: string;
}

/**
 * Reads a mail as it came over the wire: its subject, and its text, or what is left of HTML without its tags.
 * Never throws: a mail in which nothing can be read is shown as it is.
 */
export async function readMail(raw: Buffer): Promise<ReadableMail> {
  const mail = await PostalMime.parse(raw).catch(() => undefined);
  return { subject: mail?.subject ?? '', text: textOf(mail, raw).replaceAll('\r\n', '\n').trim() };
}

function textOf(mail: Email | undefined, raw: Buffer): string {
  if (mail?.text !== undefined) return mail.text;
  if (mail?.html !== undefined) return withoutTags(mail.html);
  // One that is a picture says nothing; of one whose parts cannot be told apart, all of its body is shown.
  return mail && mail.attachments.length > 0 ? '' : raw.toString('utf8').replace(/^[\s\S]*?\r?\n\r?\n/, '');
}

const withoutTags = (html: string) =>
  html
    .replace(/<(style|script|head)\b[\s\S]*?<\/\1>/gi, '')
    .replace(/<br\s*\/?>|<\/(p|div|tr|h\d|li)>/gi, '\n')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#039;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\n\s*\n+/g, '\n\n');
