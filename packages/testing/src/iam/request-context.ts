import { headerValues, type RawRequest } from '../wire/raw-request.ts';
import type { Accounts } from './accounts.ts';
import { conditionKey, type ConditionContext } from './condition-keys.ts';
import type { Identity } from './identity.ts';

/**
 * Condition keys that a test sets, in place of what the local AWS sees: `aws:SourceIp`,
 * `aws:SourceVpce`, … They are the same for all requests, or a function makes them of each.
 */
export type GivenContext = ContextValues | ((request: RawRequest) => ContextValues);
/** The values of condition keys. */
export type ContextValues = Readonly<Record<string, string | readonly string[]>>;

export interface Asked {
  /** `undefined`: an unsigned request. */
  readonly identity: Identity | undefined;
  readonly region: string;
  /** The account that owns the resource. */
  readonly resourceAccount: string;
  /** Condition keys that belong to the action: `sts:ExternalId`, … */
  readonly more?: ContextValues;
}

/** Makes the condition keys of a request, as far as AWS sets them for direct calls. */
export type MakeContext = (request: RawRequest, asked: Asked) => ConditionContext;

/** The accounts, and what policies are told about a request. */
export interface Iam {
  readonly accounts: Accounts;
  readonly makeContext: MakeContext;
}

/** All keys that a test gives are meant to be seen by policies. */
const CONTEXT = { where: 'context', isServed: true, services: new Set<string>() };

/**
 * @throws {TypeError} at a given key that policies do not know
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 */
export function contextMaker(
  accounts: Accounts,
  now: () => number,
  given: GivenContext = {},
): MakeContext {
  const checked = (values: ContextValues): Entries =>
    Object.entries(values).map(([key, value]) => [conditionKey(key, CONTEXT), value]);
  const fixed = typeof given === 'function' ? undefined : checked(given);
  return (request, { identity, region, resourceAccount, more = {} }) => {
    const set = fixed ?? checked((given as (request: RawRequest) => ContextValues)(request));
    const throughVpc = set.some(([key]) => key === 'aws:sourcevpce' || key === 'aws:sourcevpc');
    const context = new Map<string, readonly string[]>();
    for (const [key, value] of [
      ...ofNetwork(request, now()),
      // Behind a VPC endpoint there is no public address.
      ...(throughVpc ? [] : ([['aws:SourceIp', '127.0.0.1']] as const)),
      ['aws:RequestedRegion', region],
      ['aws:ResourceAccount', resourceAccount],
      ['aws:ResourceOrgID', accounts.organizationOf(resourceAccount)],
      ...(identity ? ofCaller(identity, now()) : ([['aws:PrincipalType', 'Anonymous']] as const)),
      ...Object.entries(more),
      ...set,
    ] as const) {
      const values = [value ?? []].flat();
      if (values.length > 0) context.set(key.toLowerCase(), values);
    }
    return context;
  };
}

type Entries = readonly (readonly [string, string | readonly string[] | undefined])[];

function ofNetwork(request: RawRequest, now: number): Entries {
  return [
    ['aws:CurrentTime', isoSeconds(now)],
    ['aws:EpochTime', String(Math.floor(now / 1000))],
    // AWS takes calls over TLS only. It is not the caller's fault that the local one takes others.
    ['aws:SecureTransport', 'true'],
    ['aws:UserAgent', headerValues(request, 'user-agent')[0]],
    ['aws:Referer', headerValues(request, 'referer')[0]],
    ['aws:ViaAWSService', 'false'],
    ['aws:PrincipalIsAWSService', 'false'],
  ];
}

function ofCaller(identity: Identity, now: number): Entries {
  const { principal, session } = identity;
  const isTemporary = session !== undefined;
  const mfaAge =
    session?.mfaAt === undefined ? undefined : Math.floor((now - session.mfaAt) / 1000);
  return [
    ['aws:PrincipalArn', principal.roleArn ?? principal.arn],
    ['aws:PrincipalAccount', principal.account],
    ['aws:PrincipalOrgID', identity.organization],
    ['aws:PrincipalType', principal.roleArn === undefined ? 'User' : 'AssumedRole'],
    ['aws:userid', identity.userId],
    ['aws:username', identity.userName],
    ['aws:TokenIssueTime', session && isoSeconds(session.issuedAt)],
    ['aws:SourceIdentity', session?.sourceIdentity],
    ['aws:FederatedProvider', session?.federatedProvider],
    ['aws:MultiFactorAuthPresent', isTemporary ? String(mfaAge !== undefined) : undefined],
    ['aws:MultiFactorAuthAge', mfaAge?.toString()],
    ...[...identity.tags].map(([key, value]) => [`aws:PrincipalTag/${key}`, value] as const),
  ];
}

function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
