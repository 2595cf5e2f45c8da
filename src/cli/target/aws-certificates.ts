import { operationKeys } from '../../aws/naming.js';
import type { Bucket } from '../../aws/operate/bucket.js';
import { readStored } from '../../aws/operate/stored-json.js';
import { certificateSchema, noCertificate } from '../../promotion/certificate/certificates.js';
import { documentNames, folderOf } from '../host/documents.js';
import type { IssuedCertificate } from './operations.js';

/** Certificates as the operations host has put them into S3. @throws refusal `no-certificate` */
export async function certificateIn(bucket: Bucket, wanted: string | undefined): Promise<IssuedCertificate> {
  const ids = wanted === undefined ? (await bucket.folders(operationKeys.promotions)).toSorted().reverse() : [wanted];
  for (const id of ids) {
    const certificate = await readStored(bucket, folderOf.promotion(id) + documentNames.certificate, certificateSchema);
    if (certificate) return { id, certificate };
  }
  throw noCertificate(wanted);
}
