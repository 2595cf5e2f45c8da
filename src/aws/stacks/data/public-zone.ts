import { CfnDeletionPolicy, CfnOutput, Fn } from 'aws-cdk-lib';
import { CfnHostedZone } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';

/** Output of the stack that holds the zone: its name servers, separated by spaces. */
export const nameServersOutput = 'NameServers';

/**
 * The public zone: one that is there, or a new one. It stands in the data stack, because certificates are validated
 * through it: whoever makes it has to tell the registrar its name servers before the edge can be deployed.
 */
export class PublicZone extends Construct {
  readonly zoneId: string;

  constructor(
    scope: Construct,
    id: string,
    { name, id: existing }: { readonly name: string; readonly id: string | undefined },
  ) {
    super(scope, id);
    if (existing !== undefined) {
      this.zoneId = existing;
      return;
    }
    const zone = new CfnHostedZone(this, 'Zone', { name: `${name}.` });
    // Records of others may have been added, and a new zone would have other name servers.
    zone.cfnOptions.deletionPolicy = CfnDeletionPolicy.RETAIN;
    zone.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
    this.zoneId = zone.attrId;
    const output = new CfnOutput(this, 'NameServersOfZone', { value: Fn.join(' ', zone.attrNameServers) });
    output.overrideLogicalId(nameServersOutput);
  }
}
