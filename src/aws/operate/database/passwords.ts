import { GetSecretValueCommand, type GetSecretValueCommandOutput } from '@aws-sdk/client-secrets-manager';
import { UnderstudyError } from '../../../output/errors.js';
import { Secret } from '../../../output/secret.js';
import { call } from '../../call.js';
import type { Caller } from '../../deployment/clients.js';
import { type DatabaseAccount, databaseSecretName } from '../../naming.js';

export interface Credentials {
  readonly user: string;
  readonly password: Secret;
}

/** A password that was changed is found out by being refused; this bounds how long one that was withdrawn is kept. */
const keepMs = 5 * 60_000;

/** The accounts of a site's database from Secrets Manager, each asked for once in five minutes. */
export class Passwords {
  readonly #known = new Map<DatabaseAccount, { readonly at: number; readonly credentials: Promise<Credentials> }>();

  constructor(
    private readonly secrets: Caller,
    private readonly siteName: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @throws code `secret-unreadable`; what `call` throws */
  of(account: DatabaseAccount): Promise<Credentials> {
    const known = this.#known.get(account);
    if (known && this.now() - known.at < keepMs) return known.credentials;
    const credentials = this.#read(account);
    this.#known.set(account, { at: this.now(), credentials });
    // What could not be read is asked for again the next time.
    credentials.catch(() => this.forget(account));
    return credentials;
  }

  /** Called when a server has refused it. */
  forget(account: DatabaseAccount): void {
    this.#known.delete(account);
  }

  async #read(account: DatabaseAccount): Promise<Credentials> {
    const id = databaseSecretName(this.siteName, account);
    const { SecretString } = await call<GetSecretValueCommandOutput>(
      this.secrets,
      'secretsmanager:GetSecretValue',
      new GetSecretValueCommand({ SecretId: id }),
    );
    const { username, password } = parse(SecretString);
    if (typeof username === 'string' && typeof password === 'string') {
      return { user: username, password: new Secret(password) };
    }
    // Without the cause: an error of the parser quotes what it has read.
    throw new UnderstudyError({
      code: 'secret-unreadable',
      message: `The secret ${id} has no username and password.`,
      remedy: 'Put back its previous version in Secrets Manager.',
    });
  }
}

function parse(text: string | undefined): { readonly username?: unknown; readonly password?: unknown } {
  try {
    return JSON.parse(text ?? '') ?? {};
  } catch {
    return {};
  }
}
