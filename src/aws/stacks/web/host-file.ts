import type { AwsSite } from '../../../site/aws-site.js';
import { mediaPathOf } from '../../../site/cross-checks.js';
import {
  databaseSecretName,
  primaryId,
  replicasName,
  saltsSecretName,
  serverName,
  settingsSecretName,
  siteAdminSecretName,
} from '../../naming.js';
import type { DataStack } from '../data/data-stack.js';
import type { FileAccess } from '../data/file-systems.js';

type Variables = Readonly<Record<string, string | undefined>>;

export interface HostFileProps {
  readonly of: AwsSite;
  readonly data: DataStack;
  /** Which version of the settings was put into Secrets Manager: a new one makes new instances. */
  readonly settingsVersion: string;
  /** Networks of the balancer and the operations host, whose X-Forwarded-* are believed. */
  readonly trustedProxies: readonly string[];
}

/** What a web instance is told about itself; instance/aws/README.md has the meaning of every line. */
export function webHostVariables(environment: 'dev' | 'prod', props: HostFileProps): Variables {
  const { of, data, settingsVersion, trustedProxies } = props;
  const { app, name } = of.site;
  return {
    ROLE: environment,
    ...common(of, environment),
    DEV_URL: environment === 'prod' ? url(of, 'dev') : undefined,
    TRUSTED_PROXIES: trustedProxies.join(' '),
    PUBLIC_PATH: app.kind === 'php' ? app.publicPath : undefined,
    HEALTH_PATH: app.kind === 'php' ? app.healthPath : undefined,
    MEDIA_PATH: mediaPathOf(of.site),
    ...(environment === 'prod' ? wordpressVariables(props, 'prod') : {}),
    SETTINGS_VERSION: settingsVersion,
    DEV_FILES: environment === 'dev' ? mount(data.files.dev) : undefined,
    MEDIA_FILES:
      environment === 'prod' && mediaPathOf(of.site) !== undefined ? mount(data.files.mediaForReading) : undefined,
    RELEASE_BUCKET: data.releases.bucketName,
    SITE: name,
  };
}

/** What the operations host is told: it prepares dev, so it has dev's addresses and secrets. */
export function operationsHostVariables(props: HostFileProps & { readonly topicArn: string }): Variables {
  const { of, data, topicArn } = props;
  const { app, name } = of.site;
  return {
    ROLE: 'operations',
    ...common(of, 'dev'),
    ...wordpressVariables(props, 'dev'),
    ADMINISTRATOR_SECRET: databaseSecretName(name, 'administrator'),
    WORDPRESS: app.kind === 'wordpress' ? wordpressToFetch(app.source) : undefined,
    LOCALE: app.kind === 'wordpress' ? app.locale : undefined,
    TITLE: app.kind === 'wordpress' ? app.title : undefined,
    ADMIN_USER: app.kind === 'wordpress' ? app.adminUser : undefined,
    ADMIN_EMAIL: app.kind === 'wordpress' ? app.adminEmail : undefined,
    ADMIN_SECRET: app.kind === 'wordpress' ? siteAdminSecretName(name) : undefined,
    SETTINGS_VERSION: props.settingsVersion,
    DEV_FILES: mount(data.files.dev),
    MEDIA_FILES: mount(data.files.mediaForWriting),
    OPERATIONS_FILES: mount(data.files.operations),
    TOPIC_ARN: topicArn,
    RELEASE_BUCKET: data.releases.bucketName,
  };
}

function common(of: AwsSite, environment: 'dev' | 'prod'): Variables {
  return {
    SITE: of.site.name,
    REGION: of.region,
    APP_KIND: of.site.app.kind,
    URL: url(of, environment),
    OTHER_URL: url(of, environment === 'prod' ? 'dev' : 'prod'),
  };
}

function wordpressVariables({ of, data }: HostFileProps, environment: 'dev' | 'prod'): Variables {
  const { app, name } = of.site;
  const server = serverName(name, environment === 'dev' ? primaryId : replicasName);
  return {
    SCHEMA: data.schema,
    DATABASE_HOST: server,
    DATABASE_SECRET: databaseSecretName(name, environment),
    ...(app.kind === 'wordpress'
      ? {
          TABLE_PREFIX: app.tablePrefix,
          SALTS_SECRET: saltsSecretName(name),
          SETTINGS_SECRET: settingsSecretName(name, environment),
        }
      : {}),
  };
}

/** Files of the operator's machine are not there on a host in AWS: those are brought to dev by hand. */
function wordpressToFetch(source: 'auto' | Readonly<Record<string, string>>): string | undefined {
  if (source === 'auto') return 'latest';
  return source.version;
}

const url = (of: AwsSite, environment: 'dev' | 'prod') => `https://${of.domains[environment]}`;
const mount = ({ fileSystemId, accessPointId }: FileAccess) => `${fileSystemId}:${accessPointId}`;

/** Lines NAME=VALUE; what has no value is left out. */
export function hostFile(variables: Variables): string {
  return Object.entries(variables)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** What a machine runs when it is started for the first time. The image has the rest. */
export function userData(variables: Variables): string {
  return `#!/bin/sh
set -eu
umask 022
mkdir -p /etc/understudy
cat >/etc/understudy/host.conf <<'END_OF_HOST_FILE'
${hostFile(variables)}END_OF_HOST_FILE
systemctl enable --now understudy.service
`;
}
