import { RemovalPolicy } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { type EnvironmentName, environmentNames } from '../../../site/schema.js';
import {
  type DatabaseAccount,
  databaseAccounts,
  databaseSecretName,
  saltsSecretName,
  settingsSecretName,
  siteAdminSecretName,
} from '../../naming.js';
import { accept } from '../accept.js';

/** Made by Secrets Manager, so that no template and no operator ever sees a value. */
export class SiteSecrets extends Construct {
  readonly database: Readonly<Record<DatabaseAccount, Secret>>;
  readonly salts: Secret;
  readonly settings: Readonly<Record<EnvironmentName, Secret>>;
  readonly siteAdmin: Secret;

  constructor(scope: Construct, id: string, { siteName }: { readonly siteName: string }) {
    super(scope, id);
    accept(
      this,
      'SMG4',
      'Rotated by hand (docs/aws.md): instances hold a password for the life of an edition, and a salt that changed would sign everybody out.',
    );
    this.database = Object.fromEntries(
      databaseAccounts.map((account) => [
        account,
        this.#generated(`Database-${account}`, {
          name: databaseSecretName(siteName, account),
          about: `The database account ${account}`,
          key: 'password',
          template: { username: account },
          length: 40,
        }),
      ]),
    ) as Record<DatabaseAccount, Secret>;
    this.salts = this.#generated('Salts', {
      name: saltsSecretName(siteName),
      about: 'What the salts of WordPress are made from, the same in dev and prod',
      key: 'seed',
      template: {},
      length: 64,
    });
    this.siteAdmin = this.#generated('SiteAdministrator', {
      name: siteAdminSecretName(siteName),
      about: 'The first administrator of WordPress',
      key: 'password',
      template: {},
      length: 24,
    });
    this.settings = Object.fromEntries(
      environmentNames.map((environment) => [environment, this.#settings(siteName, environment)]),
    ) as Record<EnvironmentName, Secret>;
  }

  #generated(
    id: string,
    {
      name,
      about,
      key,
      template,
      length,
    }: { name: string; about: string; key: string; template: object; length: number },
  ): Secret {
    const secret = new Secret(this, id, {
      secretName: name,
      description: about,
      generateSecretString: {
        secretStringTemplate: JSON.stringify(template),
        generateStringKey: key,
        passwordLength: length,
        // Safe between quotes of every language that it passes through.
        excludePunctuation: true,
      },
    });
    secret.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return secret;
  }

  /** Empty here; `deploy` puts the definition's constants and options in, which may hold keys. */
  #settings(siteName: string, environment: EnvironmentName): Secret {
    const secret = new Secret(this, `Settings-${environment}`, {
      secretName: settingsSecretName(siteName, environment),
      description: `Constants and options of ${environment}, as the definition has them`,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ constants: {}, options: {} }),
        generateStringKey: 'unused',
        excludePunctuation: true,
      },
    });
    secret.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return secret;
  }
}
