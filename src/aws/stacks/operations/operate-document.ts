import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { operateDocumentName } from '../../naming.js';

/**
 * The few things that an operator may have a host do through Systems Manager. Parameters are words out of a list and
 * patterns in which nothing means anything to a shell: what a person types never reaches one.
 */
export class OperateDocument extends Construct {
  constructor(scope: Construct, id: string, { siteName }: { readonly siteName: string }) {
    super(scope, id);
    new CfnDocument(this, 'Document', {
      name: operateDocumentName(siteName),
      documentType: 'Command',
      documentFormat: 'JSON',
      targetType: '/AWS::EC2::Instance',
      updateMethod: 'NewVersion',
      content: {
        schemaVersion: '2.2',
        description: `What understudy asks of a host of ${siteName}`,
        parameters: {
          Action: { type: 'String', allowedValues: ['look', 'run', 'resume', 'abort', 'job', 'logs'] },
          Id: { type: 'String', default: 'none', allowedPattern: '^(none|[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8})$' },
          Lines: { type: 'String', default: '20', allowedPattern: '^[0-9]{1,3}$' },
        },
        mainSteps: [
          {
            action: 'aws:runShellScript',
            name: 'operate',
            inputs: {
              runCommand: ["/opt/understudy/instance/aws/operate '{{ Action }}' '{{ Id }}' '{{ Lines }}'"],
              timeoutSeconds: '120',
            },
          },
        ],
      },
    });
  }
}
