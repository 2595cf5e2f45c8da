import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, run } from '../../process/run.js';
import { writeFileAtomic } from '../../state/atomic-file.js';
import { acquireLock } from '../../state/lock.js';

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

/**
 * Makes sure that a certificate for the domains is there. The system's trust stores are never touched.
 * @returns whether it was made now
 */
export async function ensureCertificate(options: CertificateOptions): Promise<boolean> {
  if (await isStillGood(options)) return false;
  const { authorityDir, signal } = options;
  await mkdir(authorityDir, { recursive: true, mode: 0o755 });
  // The first two sites of a machine would each make an authority, and one of them would be lost.
  const lock = await acquireLock(join(authorityDir, 'lock'), {
    why: 'making a certificate',
    waitMs: 30_000,
    ...(signal ? { signal } : {}),
  });
  try {
    await makeCertificate(options);
  } finally {
    await lock.release();
  }
  return true;
}

async function makeCertificate({ mkcert, authorityDir, file, domains, account, signal }: CertificateOptions) {
  const aside = await mkdtemp(join(authorityDir, 'new-'));
  try {
    const certificate = join(aside, 'certificate.pem');
    const key = join(aside, 'key.pem');
    await run(mkcert, ['-cert-file', certificate, '-key-file', key, ...domains], {
      env: { CAROOT: authorityDir },
      deadlineMs: 30_000,
      signal,
    });
    const both = (await readFile(certificate, 'utf8')) + (await readFile(key, 'utf8'));
    await writeFileAtomic(file, both, account ? { mode: 0o640, owner: { uid: 0, gid: account.gid } } : { mode: 0o600 });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** False also for one that cannot be understood: making it anew puts that right. */
async function isStillGood({ file, domains, authorityDir }: CertificateOptions): Promise<boolean> {
  try {
    const certificate = new X509Certificate(await readFile(file));
    const authority = new X509Certificate(await readFile(authorityFile(authorityDir)));
    return (
      Date.parse(certificate.validTo) - Date.now() > renewBeforeMs &&
      certificate.verify(authority.publicKey) &&
      domains.every((domain) => certificate.checkHost(domain) !== undefined)
    );
  } catch {
    return false;
  }
}
