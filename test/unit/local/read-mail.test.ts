import { expect, it } from 'vitest';
import { readMail } from '../../../src/local/monitoring/read-mail.js';

const mail = (...lines: readonly string[]) => Buffer.from(lines.join('\r\n'));

it('a plain mail is read as it is', async () => {
  expect(await readMail(mail('Subject: Hello', 'To: a@b.c', '', 'One', 'Two', ''))).toEqual({
    subject: 'Hello',
    text: 'One\nTwo',
  });
});

it('words of the subject that are not ASCII are decoded, over two lines', async () => {
  const subject = 'Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe_?=\r\n =?utf-8?B?YXVzIEvDtmxu?=';
  expect(await readMail(mail(subject, '', ''))).toMatchObject({ subject: 'Grüße aus Köln' });
});

it('quoted-printable and base64 are decoded in their character set', async () => {
  const quoted = mail(
    'Content-Type: text/plain; charset=iso-8859-1',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'K=F6ln =',
    'am Rhein',
  );
  expect((await readMail(quoted)).text).toBe('Köln am Rhein');
  const base64 = mail('Content-Transfer-Encoding: base64', '', Buffer.from('Köln').toString('base64'));
  expect((await readMail(base64)).text).toBe('Köln');
});

it('of several parts the text is taken, however deep, and no attachment', async () => {
  const parts = mail(
    'Content-Type: multipart/mixed; boundary="outer"',
    '',
    'for old programs',
    '--outer',
    'Content-Type: text/plain',
    'Content-Disposition: attachment; filename=a.txt',
    '',
    'attached',
    '--outer',
    'Content-Type: multipart/alternative; boundary=inner',
    '',
    '--inner',
    'Content-Type: text/html',
    '',
    '<p>HTML</p>',
    '--inner',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'the text',
    '--inner--',
    '--outer--',
  );
  expect((await readMail(parts)).text).toBe('the text');
});

it('HTML alone is shown without its tags', async () => {
  const html = mail('Content-Type: text/html', '', '<style>p{}</style><p>Tom &amp; <b>Ann</b></p><p>Bye</p>');
  expect((await readMail(html)).text).toBe('Tom & Ann\nBye');
});

it('what is no mail at all is shown as it is', async () => {
  expect(await readMail(Buffer.from('just bytes'))).toEqual({ subject: '', text: 'just bytes' });
  const broken = mail('Content-Type: multipart/mixed', 'Subject: x', '', 'no boundary');
  expect(await readMail(broken)).toEqual({ subject: 'x', text: 'no boundary' });
  const bottomless = mail(
    ...Array.from({ length: 300 }, (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}`),
  );
  expect(await readMail(bottomless)).toEqual({ subject: '', text: expect.stringContaining('--b299') });
});

it('a mail that is one picture, or nothing, has no text', async () => {
  expect(await readMail(mail('Subject: Look', '', ''))).toEqual({ subject: 'Look', text: '' });
  const picture = mail('Subject: Look', 'Content-Type: image/png', 'Content-Transfer-Encoding: base64', '', 'AAAA');
  expect(await readMail(picture)).toEqual({ subject: 'Look', text: '' });
});
