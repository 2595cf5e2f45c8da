import { expect, it } from 'vitest';
import { readMail } from '../../../src/local/monitoring/read-mail.js';

const mail = (...lines: readonly string[]) => Buffer.from(lines.join('\r\n'));

it('a plain mail is read as it is', () => {
  expect(readMail(mail('Subject: Hello', 'To: a@b.c', '', 'One', 'Two', ''))).toEqual({
    subject: 'Hello',
    text: 'One\nTwo',
  });
});

it('words of the subject that are not ASCII are decoded, over two lines', () => {
  const subject = 'Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe_?=\r\n =?utf-8?B?YXVzIEvDtmxu?=';
  expect(readMail(mail(subject, '', ''))).toMatchObject({ subject: 'Grüße aus Köln' });
});

it('quoted-printable and base64 are decoded in their character set', () => {
  const quoted = mail(
    'Content-Type: text/plain; charset=iso-8859-1',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'K=F6ln =',
    'am Rhein',
  );
  expect(readMail(quoted).text).toBe('Köln am Rhein');
  const base64 = mail('Content-Transfer-Encoding: base64', '', Buffer.from('Köln').toString('base64'));
  expect(readMail(base64).text).toBe('Köln');
});

it('of several parts the text is taken, however deep, and no attachment', () => {
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
  expect(readMail(parts).text).toBe('the text');
});

it('HTML alone is shown without its tags', () => {
  const html = mail('Content-Type: text/html', '', '<style>p{}</style><p>Tom &amp; <b>Ann</b></p><p>Bye</p>');
  expect(readMail(html).text).toBe('Tom & Ann\nBye');
});

it('what is no mail at all is shown as it is', () => {
  expect(readMail(Buffer.from('just bytes'))).toMatchObject({ subject: '' });
  const broken = mail('Content-Type: multipart/mixed', 'Subject: x', '', 'no boundary');
  expect(readMail(broken)).toEqual({ subject: 'x', text: 'no boundary' });
});
