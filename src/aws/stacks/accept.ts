import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Says why a finding of AWS's own advice (AwsSolutions) is not followed here. Without a reason it fails the tests.
 * @param finding such as `RDS3`, or `IAM5[Resource::*]`
 */
export function accept(scope: IConstruct, finding: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions::AwsSolutions-${finding}`, reason });
}
