import type { PolicyDocument } from './policy-document.ts';

/**
 * The policies of AWS's own that bear on what is asked here.
 *
 * @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonAPIGatewayInvokeFullAccess.html
 */
export const AWS_MANAGED_POLICIES: ReadonlyMap<string, PolicyDocument> = new Map([
  [
    'arn:aws:iam::aws:policy/AmazonAPIGatewayInvokeFullAccess',
    allow(['execute-api:Invoke', 'execute-api:ManageConnections'], 'arn:aws:execute-api:*:*:*'),
  ],
  ['arn:aws:iam::aws:policy/AdministratorAccess', allow('*', '*')],
]);

function allow(Action: string | readonly string[], Resource: string): PolicyDocument {
  return { Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource } };
}
