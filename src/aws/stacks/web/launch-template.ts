import { Fn } from 'aws-cdk-lib';
import { CfnLaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import { CfnInstanceProfile, type Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { tags } from '../../naming.js';

export interface LaunchTemplateProps {
  readonly siteName: string;
  /** What it is for: dev, prod or operations. */
  readonly role: string;
  readonly imageId: string;
  readonly instanceType: string;
  readonly volumeGb: number;
  readonly securityGroup: string;
  readonly identity: Role;
  readonly userData: string;
  /** Default false. */
  readonly publicAddress?: boolean;
}

/** A machine as every one of a group is started: nothing about it is decided later or by hand. */
export class LaunchTemplate extends Construct {
  readonly id: string;
  /** A number, not `$Latest`: only then can an instance refresh go back to the one before. */
  readonly version: string;

  constructor(scope: Construct, id: string, props: LaunchTemplateProps) {
    super(scope, id);
    const profile = new CfnInstanceProfile(this, 'Profile', { roles: [props.identity.roleName] });
    const marks = [
      { key: 'Name', value: `${props.siteName} ${props.role}` },
      { key: tags.site, value: props.siteName },
      { key: tags.role, value: props.role },
    ];
    const template = new CfnLaunchTemplate(this, 'Template', {
      launchTemplateData: {
        imageId: props.imageId,
        instanceType: props.instanceType,
        iamInstanceProfile: { arn: profile.attrArn },
        networkInterfaces: [
          {
            deviceIndex: 0,
            groups: [props.securityGroup],
            associatePublicIpAddress: props.publicAddress ?? false,
            deleteOnTermination: true,
          },
        ],
        blockDeviceMappings: [
          {
            deviceName: '/dev/xvda',
            ebs: { volumeSize: props.volumeGb, volumeType: 'gp3', encrypted: true, deleteOnTermination: true },
          },
        ],
        // Version 2 only, and one hop: a page that can be made to fetch addresses still gets no credentials.
        metadataOptions: { httpEndpoint: 'enabled', httpTokens: 'required', httpPutResponseHopLimit: 1 },
        monitoring: { enabled: true },
        tagSpecifications: [
          { resourceType: 'instance', tags: marks },
          { resourceType: 'volume', tags: marks },
        ],
        userData: Fn.base64(props.userData),
      },
    });
    this.id = template.ref;
    this.version = template.attrLatestVersionNumber;
  }
}
