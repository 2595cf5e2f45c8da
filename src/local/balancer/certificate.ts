import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrno } from '../../output/errors.js';
import { type Account, run } from '../../process/run.js';
import { writeFileAtomic } from '../../state/atomic-file.js';

/** A certificate is made anew when it has less than this left. */
const renewBeforeMs = 30 * 24 * 3_600_000;

export interface CertificateOptions {
  readonly mkcert: string;
  /** The folder of the machine's own certificate authority, shared by all sites, so that one file is trusted once. */
  readonly authorityDir: string;
  /** Where the balancer reads certificate and key, in one file. */
  readonly file: string;
  readonly domains: readonly string[];
  readonly account: Account | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The file that a person adds to the browser's trusted authorities. */
export const authorityFile = (authorityDir: string) => join(authorityDir, 'rootCA.pem');

/** Makes sure that a certificate for the domains is there. The system's trust stores are never touched. */
export async function ensureCertificate(options: CertificateOptions): Promise<void> {
  if (await isStillGood(options)) return;
  const { mkcert, authorityDir, file, domains, account } = options;
  await mkdir(authorityDir, { recursive: true, mode: 0o755 });
  const aside = await mkdtemp(join(authorityDir, 'new-'));
  try {
    const certificate = join(aside, 'certificate.pem');
    const key = join(aside, 'key.pem');
    await run(mkcert, ['-cert-file', certificate, '-key-file', key, ...domains], {
      env: { CAROOT: authorityDir },
      deadlineMs: 30_000,
      signal: options.signal,
    });
    const both = (await readFile(certificate, 'utf8')) + (await readFile(key, 'utf8'));
    await writeFileAtomic(file, both, account ? { mode: 0o640, owner: { uid: 0, gid: account.gid } } : { mode: 0o600 });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function isStillGood({ file, domains, authorityDir }: CertificateOptions): Promise<boolean> {
  try {
    const certificate = new X509Certificate(await readFile(file));
    const authority = new X509Certificate(await readFile(authorityFile(authorityDir)));
    return (
      Date.parse(certificate.validTo) - Date.now() > renewBeforeMs &&
      certificate.verify(authority.publicKey) &&
      domains.every((domain) => certificate.checkHost(domain) !== undefined)
    );
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
