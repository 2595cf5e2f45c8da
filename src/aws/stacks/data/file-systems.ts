import { CfnDeletionPolicy, Tags } from 'aws-cdk-lib';
import { CfnAccessPoint, CfnFileSystem, CfnMountTarget } from 'aws-cdk-lib/aws-efs';
import { Construct } from 'constructs';
import { imageAccounts } from '../../naming.js';
import type { Network } from '../network/network.js';

/** A way into one directory of a file system, as one account. */
export interface FileAccess {
  readonly fileSystemId: string;
  readonly fileSystemArn: string;
  readonly accessPointId: string;
  readonly accessPointArn: string;
}

export interface FileSystemsProps {
  readonly siteName: string;
  readonly network: Network;
  readonly groups: { readonly dev: string; readonly media: string };
}

/**
 * Dev's document root, which people and WordPress write, and prod's media, which promotions write and prod's
 * instances read. Code of prod is on no file system: it comes as releases and runs from the instance's own disk.
 * Every mount is encrypted, goes through an access point, and needs a role that was granted it.
 */
export class FileSystems extends Construct {
  readonly dev: FileAccess;
  readonly mediaForReading: FileAccess;
  readonly mediaForWriting: FileAccess;
  /** Journals and plans of promotions, on prod's file system: nobody but the operations host gets there. */
  readonly operations: FileAccess;

  constructor(scope: Construct, id: string, { siteName, network, groups }: FileSystemsProps) {
    super(scope, id);
    const dev = this.#fileSystem('Dev', `${siteName} dev document root`, network, groups.dev);
    const media = this.#fileSystem('Media', `${siteName} media`, network, groups.media);
    this.dev = this.#accessPoint('DevAccess', dev, '/site', imageAccounts.dev.id);
    const { prod, operations } = imageAccounts;
    this.mediaForWriting = this.#accessPoint('MediaWriting', media, '/media', operations.id);
    this.operations = this.#accessPoint('Operations', media, '/operations', operations.id);
    this.mediaForReading = this.#accessPoint('MediaReading', media, '/media', prod.id, operations.id);
  }

  #fileSystem(id: string, name: string, network: Network, group: string): CfnFileSystem {
    const fileSystem = new CfnFileSystem(this, id, {
      encrypted: true,
      throughputMode: 'elastic',
      backupPolicy: { status: 'ENABLED' },
      // Nobody in without TLS and a mount target. With a policy the open default does not count: a role needs a grant.
      fileSystemPolicy: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'OnlyEncrypted',
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: '*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
          {
            Sid: 'OnlyThroughMountTargets',
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: ['elasticfilesystem:ClientMount', 'elasticfilesystem:ClientWrite'],
            Condition: { Bool: { 'elasticfilesystem:AccessedViaMountTarget': 'false' } },
          },
        ],
      },
    });
    Tags.of(fileSystem).add('Name', name);
    fileSystem.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN;
    fileSystem.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
    network.subnets.data.forEach((subnet, index) => {
      new CfnMountTarget(this, `${id}In${index + 1}`, {
        fileSystemId: fileSystem.ref,
        subnetId: subnet.id,
        securityGroups: [group],
      });
    });
    return fileSystem;
  }

  #accessPoint(id: string, fileSystem: CfnFileSystem, path: string, account: number, owner = account): FileAccess {
    const point = new CfnAccessPoint(this, id, {
      fileSystemId: fileSystem.ref,
      posixUser: { uid: String(account), gid: String(account) },
      rootDirectory: {
        path,
        creationInfo: { ownerUid: String(owner), ownerGid: String(owner), permissions: '0755' },
      },
    });
    return {
      fileSystemId: fileSystem.ref,
      fileSystemArn: fileSystem.attrArn,
      accessPointId: point.ref,
      accessPointArn: point.attrArn,
    };
  }
}
