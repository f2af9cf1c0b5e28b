import { deflateRawSync } from 'node:zlib';

import { mergeTags, type Accounts, type Identity, type Role, type Session } from './accounts.ts';
import type { TestCredentials } from './access-keys.ts';
import { loadPolicy, type PolicyDocument, type Statement } from './policy-document.ts';
import { decide, explainDenial } from './policy-evaluation.ts';
import type { WebIdentity } from './policy-principal.ts';
import type { RawRequest } from './raw-request.ts';
import type { ContextValues, MakeContext } from './request-context.ts';
import { StsError, type Element } from './sts-answer.ts';
import type { StsParameters } from './sts-parameters.ts';

/** One call of STS. */
export interface StsCall {
  readonly accounts: Accounts;
  readonly region: string;
  readonly request: RawRequest;
  readonly parameters: StsParameters;
  readonly makeContext: MakeContext;
  /** ms since the epoch */
  readonly now: number;
}

/** What every kind of AssumeRole is told. */
export interface RoleSessionParameters {
  readonly roleArn: string;
  readonly name: string;
  readonly seconds: number | undefined;
  readonly policy: string | undefined;
  readonly policyArns: readonly string[];
}

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

/** Tags and the rest that a caller or a token gives to a session. */
export interface SessionAttributes {
  readonly tags: ReadonlyMap<string, string>;
  readonly transitiveTagKeys: readonly string[];
  readonly sourceIdentity: string | undefined;
}

/** Who asks for a session of which role, as what. */
export interface Assumption {
  readonly action: 'AssumeRole' | 'AssumeRoleWithWebIdentity';
  readonly who: Identity | WebIdentity;
  readonly role: Role | undefined;
  readonly asked: RoleSessionParameters;
  readonly attributes: SessionAttributes;
  /** Condition keys. */
  readonly more: ContextValues;
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
  const role = authorize(call, assumption, [
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
    tags: mergeTags(attributes.tags, inherited),
    transitiveTagKeys: [...inherited.keys(), ...attributes.transitiveTagKeys],
    sourceIdentity,
    federatedProvider: 'provider' in who ? who.provider : session?.federatedProvider,
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

/** @throws {StsError} unless the trust policy, and the caller's own policies, allow each action */
function authorize(call: StsCall, assumption: Assumption, actions: readonly string[]): Role {
  const { who, role, asked, attributes, more } = assumption;
  const identity = 'principal' in who ? who : undefined;
  const changed =
    identity?.session?.sourceIdentity !== undefined &&
    attributes.sourceIdentity !== undefined &&
    attributes.sourceIdentity !== identity.session.sourceIdentity;
  for (const action of actions) {
    const denied = (because: string, explicitly = ''): StsError =>
      new StsError(
        403,
        'AccessDenied',
        identity === undefined
          ? `Not authorized to perform ${action}`
          : `User: ${identity.principal.arn} is not authorized to perform: ${action} on resource: ${asked.roleArn}${explicitly}`,
        because,
      );
    if (role === undefined) throw denied('there is no such role');
    if (changed && action === 'sts:SetSourceIdentity')
      throw denied('the source identity of a session cannot be changed');
    const resourceAccount = role.account;
    const context = call.makeContext(call.request, {
      identity,
      region: call.region,
      resourceAccount,
      more: { ...requestedContext(role, asked, attributes, identity?.session), ...more },
    });
    const principal = 'principal' in who ? who.principal : who;
    const request = { principal, action, resource: role.arn, resourceAccount, context };
    const policies = {
      identity: identity?.policies ?? [],
      session: identity?.session?.policies,
      trust: role.trust,
    };
    const decision = decide(request, policies);
    if (decision !== 'allowed') {
      throw denied(
        explainDenial(request, policies),
        decision === 'explicitly-denied' ? ' with an explicit deny' : '',
      );
    }
  }
  return role as Role;
}

function requestedContext(
  role: Role,
  asked: RoleSessionParameters,
  { tags, transitiveTagKeys, sourceIdentity }: SessionAttributes,
  session: Session | undefined,
): ContextValues {
  const source = sourceIdentity ?? session?.sourceIdentity;
  return {
    'sts:RoleSessionName': asked.name,
    ...(source === undefined ? undefined : { 'sts:SourceIdentity': source }),
    ...(tags.size === 0 ? undefined : { 'aws:TagKeys': [...tags.keys()] }),
    ...(transitiveTagKeys.length === 0
      ? undefined
      : { 'sts:TransitiveTagKeys': transitiveTagKeys }),
    ...Object.fromEntries([
      ...[...tags].map(([key, value]) => [`aws:RequestTag/${key}`, value]),
      ...[...role.tags].flatMap(([key, value]) => [
        [`aws:ResourceTag/${key}`, value],
        [`iam:ResourceTag/${key}`, value],
      ]),
    ]),
  };
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

/** @returns `undefined` if none was given, so nothing is narrowed */
function sessionPolicies(
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
      ...((arn.includes(`::${account}:`) ? accounts.managedPolicy(arn) : undefined) ??
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
function packedSize(
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
