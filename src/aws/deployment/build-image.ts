import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetImageCommand,
  type GetImageCommandOutput,
  StartImagePipelineExecutionCommand,
  type StartImagePipelineExecutionCommandOutput,
} from '@aws-sdk/client-imagebuilder';
import { UnderstudyError } from '../../output/errors.js';
import type { Report } from '../../output/messages.js';
import type { AwsSite } from '../../site/aws-site.js';
import { call } from '../call.js';
import type { ImageLock } from '../image-lock.js';
import type { Caller } from './clients.js';

export interface BuildImageOptions {
  readonly of: AwsSite;
  readonly pipelineArn: string;
  readonly instanceFiles: string;
  readonly imageBuilder: Caller;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** How long it may take. Default an hour; it takes some twenty minutes. */
  readonly deadlineMs?: number;
  /** Between two questions. Default 20 s. */
  readonly everyMs?: number;
  readonly now?: () => Date;
}

/**
 * Has an image built and waits for it. Interrupted, the build goes on in AWS; nothing names its image then.
 * @throws code `image-failed` with Image Builder's reason; `image-timeout`
 */
export async function buildImage(options: BuildImageOptions): Promise<ImageLock> {
  const { of, pipelineArn, instanceFiles, imageBuilder, signal, now = () => new Date() } = options;
  const { imageBuildVersionArn } = await call<StartImagePipelineExecutionCommandOutput>(
    imageBuilder,
    'imagebuilder:StartImagePipelineExecution',
    new StartImagePipelineExecutionCommand({ imagePipelineArn: pipelineArn }),
    signal,
  );
  const imageId = await built(imageBuildVersionArn ?? '', options);
  const { region, architecture } = of;
  return { imageId, region, architecture, instanceFiles, builtAt: now().toISOString() };
}

async function built(arn: string, options: BuildImageOptions): Promise<string> {
  const { imageBuilder, report, signal, deadlineMs = 3_600_000, everyMs = 20_000 } = options;
  const deadline = Date.now() + deadlineMs;
  let told = '';
  for (;;) {
    const { image } = await call<GetImageCommandOutput>(
      imageBuilder,
      'imagebuilder:GetImage',
      new GetImageCommand({ imageBuildVersionArn: arn }),
      signal,
    );
    const { status, reason } = image?.state ?? {};
    if (status && status !== told)
      report({ kind: 'note', level: 'info', text: `Image Builder: ${status.toLowerCase()}` });
    told = status ?? told;
    if (status === 'AVAILABLE') return image?.outputResources?.amis?.[0]?.image ?? '';
    if (status === 'FAILED' || status === 'CANCELLED') {
      throw new UnderstudyError({
        code: 'image-failed',
        message: `The image could not be built: ${reason ?? status}`,
        remedy:
          'Its log is in CloudWatch under /aws/imagebuilder. Correct the cause and run `understudy aws image` again.',
      });
    }
    if (Date.now() > deadline) {
      throw new UnderstudyError({
        code: 'image-timeout',
        message: `The image was not ready after ${deadlineMs / 60_000} minutes; it was ${told.toLowerCase() || 'not begun'}.`,
        remedy: 'Look at the pipeline in the console of EC2 Image Builder, and run `understudy aws image` again.',
      });
    }
    await sleep(everyMs, undefined, { signal });
  }
}
