import { S3Client } from '@aws-sdk/client-s3';

/** A simulator of AWS has no host name for each bucket. */
const forcePathStyle = () =>
  process.env.AWS_ENDPOINT_URL !== undefined || process.env.AWS_ENDPOINT_URL_S3 !== undefined;

/** Credentials and endpoint come from where the AWS command line takes them, and the region unless it is given. */
export const s3Client = (region?: string): S3Client =>
  new S3Client({
    ...(region === undefined ? {} : { region }),
    forcePathStyle: forcePathStyle(),
    followRegionRedirects: true,
    maxAttempts: 4,
  });

/** For who asks again in a second anyway: an answer that does not come is given up soon. */
export const impatientS3Client = (region: string): S3Client =>
  new S3Client({
    region,
    forcePathStyle: forcePathStyle(),
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000 },
  });
