import { PublishCommand } from '@aws-sdk/client-sns';
import { noticeSubject, noticeText } from '../../monitoring/notice-text.js';
import { messageOf, UnderstudyError } from '../../output/errors.js';
import type { Notifier } from '../../platform/notifier.js';
import { deadlineSignal } from '../../process/deadline.js';
import type { Caller } from '../deployment/clients.js';

const wholeMs = 15_000;

/** Notices through the topic that alarms go to, by e-mail and text message. */
export function topicNotifier(sns: Caller, topicArn: string, site: string): Notifier {
  return {
    async notify(notice) {
      try {
        await sns.send(
          new PublishCommand({
            TopicArn: topicArn,
            Subject: subjectOf(noticeSubject(site, notice)),
            Message: noticeText(site, 'AWS', notice),
          }),
          { abortSignal: deadlineSignal(wholeMs) },
        );
      } catch (error) {
        throw new UnderstudyError({
          code: 'not-notified',
          message: `Nobody could be told "${notice.title}": sns:Publish on ${topicArn} failed: ${messageOf(error)}`,
          remedy: '`understudy aws doctor` looks at the topic and its subscriptions.',
          cause: error,
        });
      }
    },
  };
}

/** SNS takes 100 characters of ASCII. */
const subjectOf = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 99);
