import { S3Client } from '@aws-sdk/client-s3';

/** A simulator of AWS has no host name for each bucket. */
const forcePathStyle = () =>
  process.env.AWS_ENDPOINT_URL !== undefined || process.env.AWS_ENDPOINT_URL_S3 !== undefined;

/** Region, credentials and endpoint come from where the AWS command line takes them. */
export const s3Client = (): S3Client =>
  new S3Client({ forcePathStyle: forcePathStyle(), followRegionRedirects: true, maxAttempts: 4 });
