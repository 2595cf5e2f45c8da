import { SecretValue } from 'aws-cdk-lib';
import type { CfnListenerRule } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { AwsSite } from '../../../site/aws-site.js';

export interface DevRule {
  readonly conditions: CfnListenerRule.RuleConditionProperty[];
  /** What happens before a request goes to dev. */
  readonly before: CfnListenerRule.ActionProperty[];
}

/** A rule may compare five values: the host's name and four networks. */
const networksPerRule = 4;

/**
 * Who reaches dev: networks of the allow list at once, everybody else by signing in, if that is set up. A request
 * that no rule takes is answered 404, like one for a name that nobody has.
 */
export function devRules({ aws, devAllow }: AwsSite): readonly DevRule[] {
  const rules: DevRule[] = [];
  for (let from = 0; from < devAllow.length; from += networksPerRule) {
    const values = devAllow.slice(from, from + networksPerRule);
    rules.push({ conditions: [{ field: 'source-ip', sourceIpConfig: { values } }], before: [] });
  }
  const { oidc } = aws.devAccess;
  if (oidc === 'none') return rules;
  const { clientSecretName, ...provider } = oidc;
  rules.push({
    conditions: [],
    before: [
      {
        type: 'authenticate-oidc',
        order: 1,
        authenticateOidcConfig: {
          ...provider,
          // A reference: CloudFormation reads the secret, the template does not hold it.
          clientSecret: SecretValue.secretsManager(clientSecretName).unsafeUnwrap(),
          onUnauthenticatedRequest: 'authenticate',
          sessionTimeout: 12 * 3600,
          scope: 'openid email',
        },
      },
    ],
  });
  return rules;
}
