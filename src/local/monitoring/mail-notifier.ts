import { readFile } from 'node:fs/promises';
import { createTransport } from 'nodemailer';
import type { MailRoute } from '../../monitoring/alertmanager.js';
import { noticeSubject, noticeText } from '../../monitoring/notice-text.js';
import { messageOf, UnderstudyError } from '../../output/errors.js';
import type { Notifier } from '../../platform/notifier.js';
import { machineName } from './settings.js';

/** For each part of the conversation with a mail server. */
const answerMs = 10_000;
const wholeMs = 15_000;
/** Where everything is encrypted from the first byte on, without being asked. */
const implicitTlsPort = 465;

/** Notices as mail, through the same server and to the same people as alarms. Works without Alertmanager. */
export function mailNotifier(route: MailRoute, site: string): Notifier {
  return {
    notify: async (notice) => {
      const { host, port, from, to, startTls, login } = route;
      const isImplicit = port === implicitTlsPort;
      try {
        const transport = createTransport({
          host,
          port,
          secure: isImplicit,
          requireTLS: startTls && !isImplicit,
          ignoreTLS: !startTls,
          connectionTimeout: answerMs,
          greetingTimeout: answerMs,
          socketTimeout: answerMs,
          ...(login ? { auth: { user: login.user, pass: await readFile(login.passwordFile, 'utf8') } } : {}),
        });
        const sending = transport.sendMail({
          from,
          to: [...to],
          subject: noticeSubject(site, notice),
          text: noticeText(site, machineName(), notice),
        });
        await Promise.race([sending, late()]).finally(() => transport.close());
      } catch (error) {
        throw new UnderstudyError({
          code: 'not-notified',
          message: `Nobody could be told "${notice.title}" by mail through ${host}:${port}: ${messageOf(error)}`,
          remedy: 'Look at `notify` in the definition, and at the mail server.',
          cause: error,
        });
      }
    },
  };
}

function late(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`it took longer than ${wholeMs / 1000} s`)), wholeMs).unref();
  });
}
