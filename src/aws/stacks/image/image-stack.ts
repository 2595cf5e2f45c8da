import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { CfnInstanceProfile, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  CfnComponent,
  CfnDistributionConfiguration,
  CfnImagePipeline,
  CfnImageRecipe,
  CfnInfrastructureConfiguration,
} from 'aws-cdk-lib/aws-imagebuilder';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import type { AwsSite } from '../../../site/aws-site.js';
import { layInstanceFiles } from '../../instance-files.js';
import { stackName, tags } from '../../naming.js';
import { accept } from '../accept.js';
import { subnetIds } from '../network/network.js';
import type { NetworkStack } from '../network/network-stack.js';
import { hostRole } from '../web/host-role.js';

/** Output: the pipeline that `aws image` starts. */
export const pipelineOutput = 'PipelineArn';

export interface ImageStackProps extends StackProps {
  readonly of: AwsSite;
  readonly network: NetworkStack;
  /** SHA-256 of `instance/`: a new one makes a new version of everything here. */
  readonly instanceFiles: string;
}

/** Builds the image of every host: Amazon Linux with nginx, PHP, the mount helper, and the files of `instance/`. */
export class ImageStack extends Stack {
  constructor(scope: Construct, id: string, { of, network, instanceFiles, ...props }: ImageStackProps) {
    super(scope, id, props);
    const name = stackName(of.site.name, 'image');
    // Versions of components never change, so each content has its own.
    const version = `1.${Number.parseInt(instanceFiles.slice(0, 6), 16)}.0`;
    const files = this.#instanceFiles();
    const component = new CfnComponent(this, 'Component', {
      name: `${name}-host`,
      version,
      platform: 'Linux',
      description: 'nginx, PHP, the mount helper of EFS, and the release agent',
      data: componentDocument(files.s3ObjectUrl),
    });
    const recipe = new CfnImageRecipe(this, 'Recipe', {
      name,
      version,
      parentImage: `arn:${this.partition}:imagebuilder:${this.region}:aws:image/${parentOf(of)}/x.x.x`,
      components: [{ componentArn: component.attrArn }],
      blockDeviceMappings: [
        {
          deviceName: '/dev/xvda',
          ebs: { volumeSize: 12, volumeType: 'gp3', encrypted: true, deleteOnTermination: true },
        },
      ],
    });
    const pipeline = new CfnImagePipeline(this, 'Pipeline', {
      name,
      imageRecipeArn: recipe.attrArn,
      infrastructureConfigurationArn: this.#infrastructure(name, of, network, files),
      distributionConfigurationArn: this.#distribution(name, of),
      // Nothing asks for a build but `aws image`: an image that nobody reviewed is in no lock file.
      imageTestsConfiguration: { imageTestsEnabled: true, timeoutMinutes: 60 },
    });
    new CfnOutput(this, 'Pipeline-arn', { value: pipeline.attrArn }).overrideLogicalId(pipelineOutput);
  }

  /** The CDK takes its own copy at once. */
  #instanceFiles(): Asset {
    const folder = mkdtempSync(join(tmpdir(), 'understudy-image-files-'));
    try {
      layInstanceFiles(folder);
      return new Asset(this, 'InstanceFiles', { path: folder });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  #infrastructure(name: string, of: AwsSite, network: NetworkStack, files: Asset): string {
    const role = hostRole(this, 'Role', `Builds the image of ${of.site.name}`, [
      new PolicyStatement({
        sid: 'ReadItsOrders',
        actions: ['imagebuilder:GetComponent'],
        resources: [`arn:${this.partition}:imagebuilder:${this.region}:${this.account}:component/${name}-host/*`],
      }),
      new PolicyStatement({
        sid: 'ReadInstanceFiles',
        actions: ['s3:GetObject'],
        resources: [files.bucket.arnForObjects(files.s3ObjectKey)],
      }),
    ]);
    accept(
      role,
      `IAM5[Resource::arn:${this.partition}:imagebuilder:${this.region}:<AWS::AccountId>:component/${name}-host/*]`,
      'The versions of one component of our own.',
    );
    const profile = new CfnInstanceProfile(this, 'Profile', { roles: [role.roleName] });
    return new CfnInfrastructureConfiguration(this, 'Infrastructure', {
      name,
      instanceProfileName: profile.ref,
      instanceTypes: [of.aws.instances.prod],
      subnetId: subnetIds(network.network, 'web')[0] ?? '',
      // May go out by https and be reached by nobody: the build needs no more.
      securityGroupIds: [network.groups.idOf('prod')],
      instanceMetadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
      terminateInstanceOnFailure: true,
      resourceTags: { [tags.site]: of.site.name, [tags.role]: 'image' },
    }).attrArn;
  }

  #distribution(name: string, of: AwsSite): string {
    const distribution = new CfnDistributionConfiguration(this, 'Distribution', {
      name,
      distributions: [
        {
          region: this.region,
          amiDistributionConfiguration: {
            Name: `${name} {{ imagebuilder:buildDate }}`,
            AmiTags: { [tags.site]: of.site.name },
          },
        },
      ],
    });
    Tags.of(distribution).add('Name', name);
    return distribution.attrArn;
  }
}

function parentOf({ architecture }: AwsSite): string {
  return `amazon-linux-2023-${architecture === 'arm64' ? 'arm64' : 'x86'}`;
}

/** In the language of Image Builder. */
function componentDocument(source: string): string {
  return `name: understudy-host
schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: Fetch
        action: S3Download
        inputs:
          - source: ${source}
            destination: /tmp/understudy-instance.zip
      - name: Unpack
        action: ExecuteBash
        inputs:
          commands:
            - set -eu
            - mkdir -p /opt/understudy/instance
            - python3 -m zipfile -e /tmp/understudy-instance.zip /opt/understudy/instance
            - cd /opt/understudy/instance
            - chmod 0755 boot release-agent aws/install aws/start aws/write-wp-config aws/write-prod-config aws/prepare-site aws/run-as-web aws/may-run-jobs aws/operate
      - name: Install
        action: ExecuteBash
        inputs:
          commands:
            - /opt/understudy/instance/aws/install
  - name: validate
    steps:
      - name: Look
        action: ExecuteBash
        inputs:
          commands:
            - set -eu
            - nginx -v && php-fpm -v && php -m | grep -q mysqli && php -m | grep -qi apcu
            - command -v mount.efs setpriv zstd aws node
            - node --check /opt/understudy/instance/aws/agent.mjs
            - systemctl cat understudy.service
`;
}
