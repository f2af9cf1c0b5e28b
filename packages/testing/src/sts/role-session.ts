import type { TestCredentials } from '../iam/access-keys.ts';
import type { Identity, Role } from '../iam/identity.ts';
import type { WebIdentity } from '../iam/policy-principal.ts';
import type { Element } from '../wire/xml.ts';
import { StsError } from './answer.ts';
import type { Assumption, RoleSessionParameters, SessionAttributes, StsCall } from './call.ts';
import type { StsParameters } from './parameters.ts';
import { authorizeAssumption } from './role-trust.ts';
import { packedSize, sessionPolicies } from './session-policy.ts';

export const NAME: RegExp = /[\w+=,.@-]*/;
const ARN = { min: 20, max: 2048 };

export function readRoleSession(parameters: StsParameters): RoleSessionParameters {
  const policyArns = parameters
    .members('PolicyArns')
    .map((member) => member.get('arn') ?? member.get('Arn') ?? '');
  for (const [at, arn] of policyArns.entries())
    parameters.check(`policyArns.${at + 1}.member.arn`, arn, ARN);
  if (policyArns.length > 10)
    parameters.fault(
      'PolicyArns',
      `[${policyArns.join(', ')}]`,
      'have length less than or equal to 10',
    );
  return {
    roleArn: parameters.text('RoleArn', ARN),
    name: parameters.text('RoleSessionName', { min: 2, max: 64, pattern: NAME }),
    seconds: parameters.optionalInteger('DurationSeconds', { min: 900, max: 43_200 }),
    policy: parameters.optionalText('Policy', { min: 1, max: 2048 }),
    policyArns,
  };
}

/** @throws {StsError} at an ARN that is not a role's */
export function checkRoleArn(roleArn: string): void {
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(roleArn))
    throw new StsError(400, 'ValidationError', 'Request ARN is invalid');
}

const MAX_TAGS = 50;

/** @throws {StsError} at tags that a session cannot have */
export function checkTags({ tags, transitiveTagKeys }: SessionAttributes, count: number): void {
  const fault = (message: string): never => {
    throw new StsError(400, 'InvalidParameterValue', message);
  };
  const lower = new Set([...tags.keys()].map((key) => key.toLowerCase()));
  if (lower.size < count)
    fault('Duplicate tag keys found. Please note that Tag keys are case insensitive.');
  if (count > MAX_TAGS) fault(`The number of session tags must not exceed ${MAX_TAGS}.`);
  if ([...lower].some((key) => key.startsWith('aws:')))
    fault('Tag keys must not start with aws:, which is reserved.');
  if (transitiveTagKeys.some((key) => !lower.has(key.toLowerCase())))
    fault('The specified transitive tag key must be included in the requested tags.');
}

/**
 * Starts the session, if the policies let it be.
 *
 * @throws {StsError} if not, or if it would be too long or too large
 */
export function startRoleSession(call: StsCall, assumption: Assumption): Element[] {
  const { who, asked, attributes } = assumption;
  const policies = sessionPolicies(call.accounts, asked);
  const { session } = 'principal' in who ? who : {};
  const inherited = inheritedTags(who, attributes);
  const sourceIdentity = attributes.sourceIdentity ?? session?.sourceIdentity;
  const role = authorizeAssumption(call, assumption, [
    `sts:${assumption.action}`,
    ...(attributes.tags.size + inherited.size > 0 ? ['sts:TagSession'] : []),
    ...(sourceIdentity === undefined ? [] : ['sts:SetSourceIdentity']),
  ]);
  const seconds = sessionLength(role, asked.seconds, isRoleSession(who));
  const packed = packedSize(asked, attributes.tags);
  const credentials = call.accounts.startSession(role, {
    name: asked.name,
    seconds: role.sessionSeconds ?? seconds,
    policies,
    tags: new Map([...attributes.tags, ...inherited]),
    transitiveTagKeys: [...inherited.keys(), ...attributes.transitiveTagKeys],
    sourceIdentity,
    federatedProvider: 'provider' in who ? who.provider : undefined,
  });
  const { principal, userId } = call.accounts.identityOf(credentials.accessKeyId);
  return [
    ['SourceIdentity', sourceIdentity],
    [
      'AssumedRoleUser',
      [
        ['AssumedRoleId', userId],
        ['Arn', principal.arn],
      ],
    ],
    credentialsElement(credentials),
    ['PackedPolicySize', packed === 0 ? undefined : String(packed)],
  ];
}

export function credentialsElement(credentials: TestCredentials): Element {
  return [
    'Credentials',
    [
      ['AccessKeyId', credentials.accessKeyId],
      ['SecretAccessKey', credentials.secretAccessKey],
      ['SessionToken', credentials.sessionToken],
      // STS tells whole seconds.
      ['Expiration', `${credentials.expiration?.toISOString().slice(0, 19)}Z`],
    ],
  ];
}

function isRoleSession(who: Identity | WebIdentity): boolean {
  return 'principal' in who && who.principal.roleArn !== undefined;
}

/** Transitive tags of the caller's own session: they cannot be set again. */
function inheritedTags(
  who: Identity | WebIdentity,
  { tags }: SessionAttributes,
): ReadonlyMap<string, string> {
  if (!('principal' in who)) return new Map();
  const transitive = new Set(who.session?.transitiveTagKeys?.map((key) => key.toLowerCase()));
  const inherited = [...who.tags].filter(([key]) => transitive.has(key.toLowerCase()));
  if ([...tags.keys()].some((key) => transitive.has(key.toLowerCase()))) {
    throw new StsError(
      400,
      'InvalidParameterValue',
      "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
    );
  }
  return new Map(inherited);
}

function sessionLength(role: Role, asked: number | undefined, isChained: boolean): number {
  const refuse = (message: string): never => {
    throw new StsError(400, 'ValidationError', message);
  };
  if (isChained && (asked ?? 0) > 3600) {
    refuse(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining',
    );
  }
  if ((asked ?? 0) > role.maxSessionDuration)
    refuse('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  return asked ?? 3600;
}
