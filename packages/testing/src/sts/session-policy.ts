import { deflateRawSync } from 'node:zlib';

import type { Accounts } from '../iam/accounts.ts';
import { loadPolicy, type PolicyDocument, type Statement } from '../iam/policy-document.ts';
import { StsError } from './answer.ts';
import type { RoleSessionParameters } from './call.ts';

/** @returns `undefined` if none was given, so nothing is narrowed */
export function sessionPolicies(
  accounts: Accounts,
  { policy, policyArns, roleArn }: RoleSessionParameters,
): readonly Statement[] | undefined {
  if (policy === undefined && policyArns.length === 0) return undefined;
  const malformed = (message: string): never => {
    throw new StsError(400, 'MalformedPolicyDocument', message);
  };
  const inline = (text: string): readonly Statement[] => {
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch {
      return malformed('This policy contains invalid Json');
    }
    try {
      return loadPolicy(document as PolicyDocument, 'identity', 'session policy');
    } catch (error) {
      return malformed((error as Error).message);
    }
  };
  const [, account] = /^arn:aws[\w-]*:iam::(\d{12}):/.exec(roleArn) ?? [];
  return [
    ...(policy === undefined ? [] : inline(policy)),
    ...policyArns.flatMap((arn) => [
      ...((account === undefined ? undefined : accounts.managedPolicy(arn, account)) ??
        malformed(`The managed policy ${arn} does not exist in the account of the role.`)),
    ]),
  ];
}

/**
 * How much of what AWS has room for the policies and tags take, in percent. AWS does not say how
 * it packs them: this is an estimate.
 *
 * @throws {StsError} if it is too much
 */
export function packedSize(
  { policy = '', policyArns }: RoleSessionParameters,
  tags: ReadonlyMap<string, string>,
): number {
  const text = policy + policyArns.join('') + [...tags].flat().join('');
  if (text === '') return 0;
  const percent = Math.ceil((deflateRawSync(text).length * 100) / 2048);
  if (percent <= 100) return percent;
  throw new StsError(
    400,
    'PackedPolicyTooLarge',
    tags.size > 0
      ? `Packed size of session tags consumes ${percent}% of allotted space.`
      : `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
  );
}
