import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Secret } from '../output/secret.js';
import { readJson, writeJson } from '../state/atomic-file.js';
import type { DatabasePasswords } from './database/accounts.js';
import { type Layout, paths } from './layout.js';

const word = z.string().min(16);
const secretsSchema = z.object({
  databases: z.object({ dev: word, prod: word, replication: word, operator: word, monitor: word, load: word }),
  /** WordPress's eight keys and salts. The same in both environments: nobody logs in to prod. */
  salts: z.record(z.string(), word),
  adminPassword: word,
});

/** What is generated once for a site and never shown, but for the administrator's password on request. */
export interface SiteSecrets {
  readonly databases: DatabasePasswords;
  readonly salts: Readonly<Record<string, Secret>>;
  readonly adminPassword: Secret;
}

const saltNames = ['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'].flatMap((name) => [`${name}_KEY`, `${name}_SALT`]);

/** 192 bits as letters, digits, `-` and `_`: safe in every place that takes a password. */
const generate = () => randomBytes(24).toString('base64url');

/** The site's secrets, made at the first call. The file is readable by its owner alone. */
export async function ensureSecrets(layout: Layout): Promise<SiteSecrets> {
  const file = paths.secrets(layout);
  const before = await readJson(file, secretsSchema);
  const kept = before ?? {
    databases: {
      dev: generate(),
      prod: generate(),
      replication: generate(),
      operator: generate(),
      monitor: generate(),
      load: generate(),
    },
    salts: Object.fromEntries(saltNames.map((name) => [name, generate() + generate()])),
    adminPassword: generate(),
  };
  if (!before) await writeJson(file, kept, { mode: 0o600 });
  const { dev, prod, replication, operator, monitor, load } = kept.databases;
  return {
    databases: {
      dev: new Secret(dev),
      prod: new Secret(prod),
      replication: new Secret(replication),
      operator: new Secret(operator),
      monitor: new Secret(monitor),
      load: new Secret(load),
    },
    salts: Object.fromEntries(Object.entries(kept.salts).map(([name, value]) => [name, new Secret(value)])),
    adminPassword: new Secret(kept.adminPassword),
  };
}
