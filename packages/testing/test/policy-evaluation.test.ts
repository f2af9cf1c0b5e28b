import { describe, expect, test } from 'vitest';

import type { PolicyDocument, PolicyStatement } from '@sigv4/testing';

import { loadPolicy, type PolicyKind, type Statement } from '../src/iam/policy-document.ts';
import {
  decide,
  explainDenial,
  type AccessRequest,
  type Policies,
} from '../src/iam/policy-evaluation.ts';

/*
 * Each row is a sentence of the IAM User Guide: "Policy evaluation logic", "IAM JSON policy
 * elements", "Condition operators", "Policy variables".
 */

const OWN = '111111111111';
const OTHER = '222222222222';
const API = `arn:aws:execute-api:eu-west-1:${OWN}:abc/prod/GET/orders`;
const USER = { arn: `arn:aws:iam::${OWN}:user/a`, account: OWN };
const ROLE_ARN = `arn:aws:iam::${OWN}:role/path/r`;
const SESSION_ARN = `arn:aws:sts::${OWN}:assumed-role/r/s`;
const SESSION = { arn: SESSION_ARN, account: OWN, roleArn: ROLE_ARN };

function load(kind: PolicyKind, ...statements: object[]): readonly Statement[] {
  const document: PolicyDocument = {
    Version: '2012-10-17',
    Statement: statements as PolicyStatement[],
  };
  return loadPolicy(document, kind, kind);
}

function asked(
  more: Partial<AccessRequest> & { keys?: Record<string, string | string[]> } = {},
): AccessRequest {
  const { keys = {}, ...rest } = more;
  return {
    principal: USER,
    action: 'execute-api:Invoke',
    resource: API,
    resourceAccount: OWN,
    context: new Map(
      Object.entries(keys).map(([key, value]) => [key.toLowerCase(), [value].flat()]),
    ),
    ...rest,
  };
}

const ALLOW = { Effect: 'Allow', Action: '*', Resource: '*' };
const DENY = { Effect: 'Deny', Action: '*', Resource: '*' };
const NOTHING = load('identity');
const ALL = load('identity', ALLOW);

function resource(Principal: unknown, more: object = {}): readonly Statement[] {
  return load('resource', { ...ALLOW, Principal, ...more });
}

function trust(Principal: unknown, more: object = {}): readonly Statement[] {
  return load('trust', { Effect: 'Allow', Action: '*', Principal, ...more });
}

/** Denies everyone but these, and allows everyone. */
function butFor(NotPrincipal: unknown): readonly Statement[] {
  return load('resource', { ...DENY, NotPrincipal }, { ...ALLOW, Principal: '*' });
}

describe('who allows', () => {
  const inOther = { resourceAccount: OTHER };
  const session = { principal: SESSION };
  const nobody = { principal: undefined };
  const web = { principal: { provider: `arn:aws:iam::${OWN}:oidc-provider/idp.example` } };

  test.each<[string, Partial<AccessRequest>, Policies, string]>([
    ['nobody', {}, { identity: NOTHING }, 'denied'],
    ['the identity policy', {}, { identity: ALL }, 'allowed'],
    [
      'the resource, the user',
      {},
      { identity: NOTHING, resource: resource({ AWS: USER.arn }) },
      'allowed',
    ],
    ['the resource, everyone', {}, { identity: NOTHING, resource: resource('*') }, 'allowed'],
    [
      'the resource, everyone, in long',
      {},
      { identity: NOTHING, resource: resource({ AWS: '*' }) },
      'allowed',
    ],
    [
      'the resource, the account',
      {},
      { identity: NOTHING, resource: resource({ AWS: OWN }) },
      'denied',
    ],
    [
      'the resource, the root',
      {},
      { identity: NOTHING, resource: resource({ AWS: `arn:aws:iam::${OWN}:root` }) },
      'denied',
    ],
    [
      'the resource, the account; and the identity',
      {},
      { identity: ALL, resource: resource({ AWS: OWN }) },
      'allowed',
    ],
    [
      'the resource, another user',
      {},
      { identity: NOTHING, resource: resource({ AWS: `${USER.arn}b` }) },
      'denied',
    ],
    [
      'the resource, one of several',
      {},
      { identity: NOTHING, resource: resource({ AWS: [OTHER, USER.arn] }) },
      'allowed',
    ],
    [
      'the resource, a service',
      {},
      { identity: NOTHING, resource: resource({ Service: 'lambda.amazonaws.com' }) },
      'denied',
    ],
    [
      'an explicit deny of the identity',
      {},
      { identity: load('identity', ALLOW, DENY), resource: resource('*') },
      'explicitly-denied',
    ],
    [
      'an explicit deny of the resource',
      {},
      { identity: ALL, resource: load('resource', { ...DENY, Principal: { AWS: OWN } }) },
      'explicitly-denied',
    ],
    [
      'a deny of another',
      {},
      { identity: ALL, resource: load('resource', { ...DENY, Principal: { AWS: OTHER } }) },
      'allowed',
    ],

    ['another account: the identity', inOther, { identity: ALL }, 'denied'],
    [
      'another account: the resource',
      inOther,
      { identity: NOTHING, resource: resource({ AWS: USER.arn }) },
      'denied',
    ],
    [
      'another account: everyone',
      inOther,
      { identity: NOTHING, resource: resource('*') },
      'denied',
    ],
    [
      'another account: both',
      inOther,
      { identity: ALL, resource: resource({ AWS: USER.arn }) },
      'allowed',
    ],
    [
      'another account: both, by account',
      inOther,
      { identity: ALL, resource: resource({ AWS: OWN }) },
      'allowed',
    ],
    [
      'another account: the wrong one',
      inOther,
      { identity: ALL, resource: resource({ AWS: OTHER }) },
      'denied',
    ],
    [
      'another account: a session policy does not',
      { ...session, ...inOther },
      { identity: ALL, session: NOTHING, resource: resource({ AWS: SESSION_ARN }) },
      'denied',
    ],

    ['a session: its role', session, { identity: ALL }, 'allowed'],
    [
      'a session: the resource, the role',
      session,
      { identity: NOTHING, resource: resource({ AWS: ROLE_ARN }) },
      'allowed',
    ],
    [
      'a session: the resource, the session',
      session,
      { identity: NOTHING, resource: resource({ AWS: SESSION_ARN }) },
      'allowed',
    ],
    [
      'a session: the resource, another session',
      session,
      { identity: NOTHING, resource: resource({ AWS: `${SESSION_ARN}2` }) },
      'denied',
    ],
    ['a session: not its policy', session, { identity: ALL, session: NOTHING }, 'denied'],
    ['a session: only its policy', session, { identity: NOTHING, session: ALL }, 'denied'],
    ['a session: both', session, { identity: ALL, session: ALL }, 'allowed'],
    [
      'a session: its policy denies',
      session,
      { identity: ALL, session: load('identity', ALLOW, DENY) },
      'explicitly-denied',
    ],
    [
      'a session policy narrows what the role is given',
      session,
      { identity: NOTHING, session: NOTHING, resource: resource({ AWS: ROLE_ARN }) },
      'denied',
    ],
    [
      'a session policy, and what the role is given',
      session,
      { identity: NOTHING, session: ALL, resource: resource({ AWS: ROLE_ARN }) },
      'allowed',
    ],
    [
      'a session policy does not narrow what the session is given',
      session,
      { identity: NOTHING, session: NOTHING, resource: resource({ AWS: SESSION_ARN }) },
      'allowed',
    ],
    [
      'a session policy does not narrow what everyone is given',
      session,
      { identity: NOTHING, session: NOTHING, resource: resource('*') },
      'allowed',
    ],

    ['a boundary allows nothing by itself', {}, { identity: NOTHING, boundary: ALL }, 'denied'],
    ['a boundary and the identity', {}, { identity: ALL, boundary: ALL }, 'allowed'],
    ['not the boundary', {}, { identity: ALL, boundary: NOTHING }, 'denied'],
    [
      'a boundary denies',
      {},
      { identity: ALL, boundary: load('identity', ALLOW, DENY) },
      'explicitly-denied',
    ],
    [
      'a boundary does not narrow what the user is given',
      {},
      { identity: NOTHING, boundary: NOTHING, resource: resource({ AWS: USER.arn }) },
      'allowed',
    ],
    [
      'a boundary narrows what the role is given',
      session,
      { identity: NOTHING, boundary: NOTHING, resource: resource({ AWS: ROLE_ARN }) },
      'denied',
    ],
    [
      'a boundary does not narrow what the session is given',
      session,
      { identity: NOTHING, boundary: NOTHING, resource: resource({ AWS: SESSION_ARN }) },
      'allowed',
    ],
    [
      'a boundary and a session policy: both must allow',
      session,
      { identity: ALL, boundary: ALL, session: NOTHING },
      'denied',
    ],
    [
      'another account: not the boundary',
      inOther,
      { identity: ALL, boundary: NOTHING, resource: resource({ AWS: USER.arn }) },
      'denied',
    ],
    ['an SCP allows nothing by itself', {}, { identity: NOTHING, controls: ALL }, 'denied'],
    ['an SCP and the identity', {}, { identity: ALL, controls: ALL }, 'allowed'],
    ['not the SCP', {}, { identity: ALL, controls: NOTHING }, 'denied'],
    [
      'an SCP denies',
      {},
      { identity: ALL, controls: load('identity', ALLOW, DENY) },
      'explicitly-denied',
    ],
    [
      'an SCP narrows what the user is given too',
      {},
      { identity: NOTHING, controls: NOTHING, resource: resource({ AWS: USER.arn }) },
      'denied',
    ],
    [
      'an SCP narrows what a session is given too',
      session,
      { identity: NOTHING, controls: NOTHING, resource: resource({ AWS: SESSION_ARN }) },
      'denied',
    ],
    [
      'another account: not the SCP',
      inOther,
      { identity: ALL, controls: NOTHING, resource: resource({ AWS: USER.arn }) },
      'denied',
    ],

    [
      'everyone but another',
      {},
      { identity: ALL, resource: butFor({ AWS: OTHER }) },
      'explicitly-denied',
    ],
    [
      'everyone but the user and its account',
      {},
      { identity: ALL, resource: butFor({ AWS: [USER.arn, OWN] }) },
      'allowed',
    ],
    [
      'everyone but the user, without its account',
      {},
      { identity: ALL, resource: butFor({ AWS: USER.arn }) },
      'explicitly-denied',
    ],
    [
      'everyone but the session, its role and its account',
      session,
      { identity: ALL, resource: butFor({ AWS: [SESSION_ARN, ROLE_ARN, OWN] }) },
      'allowed',
    ],
    [
      'everyone but the role and its account, and not the session',
      session,
      { identity: ALL, resource: butFor({ AWS: [ROLE_ARN, OWN] }) },
      'explicitly-denied',
    ],
    [
      'nobody in particular is among all but the user',
      nobody,
      { identity: NOTHING, resource: butFor({ AWS: [USER.arn, OWN] }) },
      'explicitly-denied',
    ],

    [
      'nobody in particular: everyone',
      nobody,
      { identity: NOTHING, resource: resource('*') },
      'allowed',
    ],
    [
      'nobody in particular: an account',
      nobody,
      { identity: ALL, resource: resource({ AWS: OWN }) },
      'denied',
    ],
    [
      'nobody in particular: everyone but an account',
      nobody,
      {
        identity: NOTHING,
        resource: [...resource('*'), ...load('resource', { ...DENY, Principal: { AWS: OWN } })],
      },
      'allowed',
    ],
    ['nobody in particular: no policy', nobody, { identity: ALL }, 'denied'],

    ['trust: nobody', {}, { identity: ALL, trust: load('trust') }, 'denied'],
    ['trust: the user', {}, { identity: NOTHING, trust: trust({ AWS: USER.arn }) }, 'allowed'],
    ['trust: the account', {}, { identity: NOTHING, trust: trust({ AWS: OWN }) }, 'denied'],
    [
      'trust: the account, and the identity',
      {},
      { identity: ALL, trust: trust({ AWS: OWN }) },
      'allowed',
    ],
    ['trust: the role', session, { identity: NOTHING, trust: trust({ AWS: ROLE_ARN }) }, 'allowed'],
    [
      'trust: the role, not the session policy',
      session,
      { identity: ALL, session: NOTHING, trust: trust({ AWS: ROLE_ARN }) },
      'denied',
    ],
    [
      'trust: another account, the identity does not',
      inOther,
      { identity: NOTHING, trust: trust({ AWS: USER.arn }) },
      'denied',
    ],
    [
      'trust: another account, both',
      inOther,
      { identity: ALL, trust: trust({ AWS: USER.arn }) },
      'allowed',
    ],
    [
      'trust: a deny',
      {},
      {
        identity: ALL,
        trust: load(
          'trust',
          { Effect: 'Allow', Action: '*', Principal: '*' },
          { Effect: 'Deny', Action: '*', Principal: { AWS: OWN } },
        ),
      },
      'explicitly-denied',
    ],
    [
      'trust: the web identity',
      web,
      { identity: NOTHING, trust: trust({ Federated: web.principal.provider }) },
      'allowed',
    ],
    [
      'trust: another web identity',
      web,
      { identity: NOTHING, trust: trust({ Federated: 'accounts.google.com' }) },
      'denied',
    ],
    [
      'trust: a service of that name',
      { principal: { provider: 'cognito-identity.amazonaws.com' } },
      { identity: NOTHING, trust: trust({ Service: 'cognito-identity.amazonaws.com' }) },
      'denied',
    ],
    [
      'trust: the account of a web identity',
      web,
      { identity: ALL, trust: trust({ AWS: OWN }) },
      'denied',
    ],
  ])('%s', (_name, request, policies, decision) => {
    expect(decide(asked(request), policies)).toBe(decision);
    const why = explainDenial(asked(request), policies);
    expect(why.startsWith('explicit deny in ')).toBe(decision === 'explicitly-denied');
  });
});

describe('actions and resources', () => {
  test.each<[object, boolean]>([
    [{ Action: 'execute-api:Invoke' }, true],
    [{ Action: 'EXECUTE-API:invoke' }, true],
    [{ Action: 'execute-api:*' }, true],
    [{ Action: 'execute-api:Inv?ke' }, true],
    [{ Action: 'execute-api:Inv' }, false],
    [{ Action: ['s3:*', 'execute-api:I*'] }, true],
    [{ Action: [] }, false],
    [{ Action: undefined, NotAction: 'execute-api:*' }, false],
    [{ Action: undefined, NotAction: ['s3:*', 'execute-api:ManageConnections'] }, true],
    [{ Resource: API }, true],
    [{ Resource: API.toUpperCase().replace('ARN', 'arn') }, false],
    [{ Resource: `arn:aws:execute-api:*:${OWN}:abc/*` }, true],
    [{ Resource: `arn:aws:execute-api:eu-*-1:${OWN}:abc/*/GET/*` }, true],
    [{ Resource: `arn:aws:execute-api:eu-west-?:${OWN}:abc/prod/*/orders` }, true],
    [{ Resource: 'arn:aws:execute-api:*:*:*' }, true],
    [{ Resource: `arn:aws:execute-api:*:${OTHER}:*` }, false],
    [{ Resource: `arn:aws:execute-api:eu-west-1:${OWN}:ab?/prod/GET/order` }, false],
    [{ Resource: undefined, NotResource: '*' }, false],
    [{ Resource: undefined, NotResource: `arn:aws:execute-api:*:*:abc/dev/*` }, true],
    [{ Resource: undefined, NotResource: ['arn:aws:s3:::x', `${API.slice(0, -1)}*`] }, false],
    [{ Resource: 'arn:aws:execute-api:eu-west-1:111111111111:abc/prod/GET/orders.' }, false],
    [{ Resource: 'arn:aws:execute-api:eu-west-1:111111111111:abc/prod/GET/.*' }, false],
  ])('%j: %s', (more, isAllowed) => {
    const statement = Object.fromEntries(
      Object.entries({ ...ALLOW, ...more }).filter(([, value]) => value !== undefined),
    );
    expect(decide(asked(), { identity: load('identity', statement) })).toBe(
      isAllowed ? 'allowed' : 'denied',
    );
  });
});

test.each([
  // A wildcard inside of a part stays in it; one at its end may go on; the last part has no end.
  ['arn:aws:execute-api:eu*1:abc/prod/GET/a:b', 'denied'],
  ['arn:aws:execute-api:*:abc/prod/GET/a:b', 'allowed'],
  ['arn:aws:execute-api:*:*:abc/prod/*b', 'allowed'],
  ['arn:aws:execute-api:*:*:abc/prod/GET/a?b', 'allowed'],
  ['arn:aws:execute-api:eu-west-1?111111111111:abc/prod/GET/a:b', 'denied'],
])('%s of what has a colon: %s', (pattern, decision) => {
  const request = asked({ resource: `arn:aws:execute-api:eu-west-1:${OWN}:abc/prod/GET/a:b` });
  const identity = load('identity', { ...ALLOW, Resource: pattern });
  expect(decide(request, { identity })).toBe(decision);
});

describe('conditions', () => {
  const SOURCE = { 'aws:SourceArn': `${ROLE_ARN}:x` };
  const KEYS = {
    'aws:SourceIp': '203.0.113.7',
    'aws:PrincipalOrgID': 'o-a1b2c3d4e5',
    'aws:PrincipalArn': ROLE_ARN,
    'aws:SecureTransport': 'true',
    'aws:CurrentTime': '2026-01-02T03:04:05Z',
    'aws:EpochTime': '1767323045',
    'aws:MultiFactorAuthAge': '300',
    'aws:username': 'An*na',
    'aws:PrincipalTag/Team': 'Blue',
    'aws:TagKeys': ['Team', 'Cost'],
    'aws:UserAgent': 'curl/8',
  };
  test.each<[string, string, unknown, boolean, Record<string, string>?]>([
    ['StringEquals', 'aws:PrincipalOrgID', 'o-a1b2c3d4e5', true],
    ['StringEquals', 'AWS:principalorgid', 'o-a1b2c3d4e5', true],
    ['StringEquals', 'aws:PrincipalOrgID', 'O-A1B2C3D4E5', false],
    ['StringEquals', 'aws:PrincipalOrgID', 'o-*', false],
    ['StringEquals', 'aws:PrincipalOrgID', ['o-other', 'o-a1b2c3d4e5'], true],
    ['StringEquals', 'aws:PrincipalOrgID', [], false],
    ['StringEquals', 'aws:SourceVpce', 'vpce-1', false],
    ['StringEqualsIfExists', 'aws:SourceVpce', 'vpce-1', true],
    ['StringEqualsIfExists', 'aws:PrincipalOrgID', 'o-other', false],
    ['StringNotEquals', 'aws:PrincipalOrgID', 'o-other', true],
    ['StringNotEquals', 'aws:PrincipalOrgID', ['o-other', 'o-a1b2c3d4e5'], false],
    ['StringNotEquals', 'aws:SourceVpce', 'vpce-1', true],
    ['StringEqualsIgnoreCase', 'aws:PrincipalTag/team', 'BLUE', true],
    ['StringNotEqualsIgnoreCase', 'aws:PrincipalTag/team', 'BLUE', false],
    ['StringNotEqualsIgnoreCase', 'aws:PrincipalTag/team', 'RED', true],
    ['StringLike', 'aws:UserAgent', 'curl/*', true],
    ['StringLike', 'aws:UserAgent', 'curl/?', true],
    ['StringLike', 'aws:UserAgent', 'curl/??', false],
    ['StringLike', 'aws:UserAgent', 'CURL/*', false],
    ['StringNotLike', 'aws:UserAgent', 'curl/*', false],
    ['StringNotLike', 'aws:UserAgent', 'wget*', true],
    ['StringLike', 'aws:username', 'An${*}na', true],
    ['StringLike', 'aws:username', 'A${*}', false],
    ['ArnEquals', 'aws:PrincipalArn', ROLE_ARN, true],
    ['ArnEquals', 'aws:PrincipalArn', `arn:aws:iam::${OWN}:role/*`, true],
    ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/path/?', true],
    // Each of its six parts is checked by itself.
    ['ArnLike', 'aws:PrincipalArn', 'arn:aws:*:role/path/r:a:b', false],
    ['ArnLike', 'aws:PrincipalArn', `arn:*:iam:*:${OWN}:role/path/r`, true],
    ['ArnLike', 'aws:PrincipalArn', `arn:aws:iam:*:*:*`, true],
    ['ArnLike', 'aws:PrincipalArn', `arn:aws:iam::${OTHER}:*`, false],
    ['ArnLike', 'aws:SourceArn', 'arn:aws:iam:*:role/path/r:x', false, SOURCE],
    ['ArnLike', 'aws:SourceArn', 'arn:aws:iam:*:*:role/path/r:x', true, SOURCE],
    ['ArnLike', 'aws:SourceArn', 'arn:aws:iam:*:*:role/*x', true, SOURCE],
    ['ArnLike', 'aws:SourceArn', 'arn:aws:iam::???????????:role/path/r:x', false, SOURCE],
    ['ArnNotLike', 'aws:PrincipalArn', `arn:aws:iam::${OTHER}:*`, true],
    ['ArnNotEquals', 'aws:PrincipalArn', ROLE_ARN, false],
    ['ArnNotEquals', 'aws:SourceArn', ROLE_ARN, true],
    ['IpAddress', 'aws:SourceIp', '203.0.113.0/24', true],
    ['IpAddress', 'aws:SourceIp', '203.0.113.7', true],
    ['IpAddress', 'aws:SourceIp', '203.0.113.8/32', false],
    ['IpAddress', 'aws:SourceIp', ['10.0.0.0/8', '203.0.112.0/23'], true],
    ['IpAddress', 'aws:SourceIp', '0.0.0.0/0', true],
    ['IpAddress', 'aws:SourceIp', '::/0', false],
    ['NotIpAddress', 'aws:SourceIp', '203.0.113.0/24', false],
    ['NotIpAddress', 'aws:SourceIp', '10.0.0.0/8', true],
    ['NotIpAddress', 'aws:VpcSourceIp', '10.0.0.0/8', true],
    ['IpAddress', 'aws:SourceIp', '2001:db8::/32', true, { 'aws:SourceIp': '2001:DB8:0:1::7' }],
    ['IpAddress', 'aws:SourceIp', '2001:db9::/32', false, { 'aws:SourceIp': '2001:db8::7' }],
    ['IpAddress', 'aws:SourceIp', '0.0.0.0/0', false, { 'aws:SourceIp': 'nowhere' }],
    ['Bool', 'aws:SecureTransport', 'true', true],
    ['Bool', 'aws:SecureTransport', true, true],
    ['Bool', 'aws:SecureTransport', 'False', false],
    ['Bool', 'aws:MultiFactorAuthPresent', 'false', false],
    ['BoolIfExists', 'aws:MultiFactorAuthPresent', 'true', true],
    ['Null', 'aws:SourceVpce', 'true', true],
    ['Null', 'aws:SourceVpce', 'false', false],
    ['Null', 'aws:SourceIp', true, false],
    ['Null', 'aws:SourceIp', false, true],
    ['Null', 'aws:TagKeys', 'false', true],
    ['NumericEquals', 'aws:MultiFactorAuthAge', 300, true],
    ['NumericEquals', 'aws:MultiFactorAuthAge', '300.0', true],
    ['NumericNotEquals', 'aws:MultiFactorAuthAge', 300, false],
    ['NumericLessThan', 'aws:MultiFactorAuthAge', 300, false],
    ['NumericLessThanEquals', 'aws:MultiFactorAuthAge', 300, true],
    ['NumericLessThan', 'aws:MultiFactorAuthAge', '1000', true],
    ['NumericGreaterThan', 'aws:MultiFactorAuthAge', 299, true],
    ['NumericGreaterThan', 'aws:MultiFactorAuthAge', 300, false],
    ['NumericGreaterThanEquals', 'aws:MultiFactorAuthAge', 300, true],
    ['DateEquals', 'aws:CurrentTime', '2026-01-02T04:04:05+01:00', true],
    ['DateNotEquals', 'aws:CurrentTime', '2026-01-02T03:04:05Z', false],
    ['DateLessThan', 'aws:CurrentTime', '2026-01-03', true],
    ['DateLessThan', 'aws:CurrentTime', '2026-01-02T03:04:05Z', false],
    ['DateLessThanEquals', 'aws:CurrentTime', '2026-01-02T03:04:05Z', true],
    ['DateGreaterThan', 'aws:CurrentTime', '2026-01-02T03:04:04.9Z', true],
    ['DateGreaterThan', 'aws:CurrentTime', '2026-01-02T03:04:05Z', false],
    ['DateGreaterThanEquals', 'aws:CurrentTime', '1767323045', true],
    ['DateLessThan', 'aws:EpochTime', '2026-01-03', true],
    ['DateGreaterThan', 'aws:TokenIssueTime', '2020-01-01', false],
    ['ForAnyValue:StringEquals', 'aws:TagKeys', ['Cost', 'x'], true],
    ['ForAnyValue:StringEquals', 'aws:TagKeys', ['x'], false],
    ['ForAnyValue:StringEquals', 'sts:TransitiveTagKeys', ['x'], false],
    ['ForAnyValue:StringNotEquals', 'aws:TagKeys', ['Cost'], true],
    ['ForAnyValue:StringNotEquals', 'aws:TagKeys', ['Cost', 'Team'], false],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['Cost', 'Team', 'x'], true],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['Cost'], false],
    ['ForAllValues:StringEquals', 'sts:TransitiveTagKeys', ['x'], true],
    ['ForAllValues:StringLike', 'aws:TagKeys', ['C*', 'T*'], true],
    ['ForAllValues:StringNotEquals', 'aws:TagKeys', ['Cost'], false],
    ['ForAnyValue:StringNotEquals', 'sts:TransitiveTagKeys', ['x'], false],
    ['ForAllValues:StringNotEquals', 'sts:TransitiveTagKeys', ['x'], true],
    ['ForAnyValue:StringEqualsIfExists', 'sts:TransitiveTagKeys', ['x'], true],
    // Policy variables stand for what they are: a `*` in them is no wildcard.
    ['StringEquals', 'aws:UserAgent', '${aws:PrincipalTag/team}', false],
    ['StringEquals', 'aws:PrincipalTag/team', '${aws:PrincipalTag/Team}', true],
    ['StringLike', 'aws:username', '${aws:username}', true],
    ['StringLike', 'aws:username', '${aws:username}', true, { 'aws:username': 'x' }],
    ['StringEquals', 'aws:UserAgent', '${aws:SourceVpce}', false],
    ['StringNotEquals', 'aws:UserAgent', '${aws:SourceVpce}', true],
    // One without a value is not empty: what has it matches nothing.
    ['StringEquals', 'aws:UserAgent', 'curl/8${aws:SourceVpce}', false],
    ['StringLike', 'aws:UserAgent', '*${aws:SourceVpce}', false],
    ['StringEquals', 'aws:UserAgent', "${aws:SourceVpce, 'curl/8'}", true],
    ['StringLike', 'aws:UserAgent', "cu${aws:SourceVpce, 'rl'}/*", true],
    ['ArnLike', 'aws:PrincipalArn', "arn:aws:iam::*:role/${aws:SourceVpce,'path'}/*", true],
    ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/${aws:username}/*', false],
  ])('%s %s %j: %s', (operator, key, value, isAllowed, keys = {}) => {
    const statement = { ...ALLOW, Condition: { [operator]: { [key]: value } } };
    const request = asked({ keys: { ...KEYS, ...keys } });
    expect(decide(request, { identity: load('identity', statement) })).toBe(
      isAllowed ? 'allowed' : 'denied',
    );
  });

  test('a wildcard in the value of a variable is none', () => {
    const Condition = { StringLike: { 'aws:UserAgent': '${aws:username}' } };
    const identity = load('identity', { ...ALLOW, Condition });
    const as = (userAgent: string): string =>
      decide(asked({ keys: { 'aws:username': 'c*', 'aws:UserAgent': userAgent } }), { identity });
    expect(as('c*')).toBe('allowed');
    expect(as('curl')).toBe('denied');
  });

  test('all keys and all operators must hold', () => {
    const Condition = {
      StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5', 'aws:UserAgent': 'curl/8' },
      Bool: { 'aws:SecureTransport': 'true' },
    };
    const identity = load('identity', { ...ALLOW, Condition });
    expect(decide(asked({ keys: KEYS }), { identity })).toBe('allowed');
    for (const change of [
      { 'aws:PrincipalOrgID': 'o-2' },
      { 'aws:UserAgent': 'x' },
      { 'aws:SecureTransport': 'false' },
    ]) {
      expect(decide(asked({ keys: { ...KEYS, ...change } }), { identity })).toBe('denied');
    }
  });

  test('a variable in a resource', () => {
    const identity = load('identity', {
      ...ALLOW,
      Resource: 'arn:aws:execute-api:*:*:abc/${aws:PrincipalTag/stage}/*',
    });
    const as = (stage?: string): string =>
      decide(asked({ keys: stage === undefined ? {} : { 'aws:PrincipalTag/stage': stage } }), {
        identity,
      });
    expect(as('prod')).toBe('allowed');
    expect(as('dev')).toBe('denied');
    expect(as('*')).toBe('denied');
    expect(as()).toBe('denied');
  });
});

test('a denial is explained, statement by statement', () => {
  const Condition = { StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } };
  const policies = {
    identity: load('identity', { ...ALLOW, Action: 's3:*' }, { ...ALLOW, Sid: 'Org', Condition }),
    resource: resource({ AWS: OTHER }),
  };
  expect(explainDenial(asked({ keys: { 'aws:PrincipalOrgID': 'o-2' } }), policies)).toBe(
    `identity policies: identity, statement 1: another action: it is for s3:*, and this was execute-api:Invoke; identity, statement Org: StringEquals aws:PrincipalOrgID does not hold: it wants o-a1b2c3d4e5, and it is o-2. resource policy: resource, statement 1: another principal: it is for ${OTHER}, and this was ${USER.arn}`,
  );
  expect(explainDenial(asked({ resourceAccount: OTHER }), { identity: ALL, resource: [] })).toBe(
    'identity policies: allowed. resource policy: nothing is allowed',
  );
});

test('what was wanted and what was found are named, whatever differs', () => {
  const explain = (identity: object, more: Partial<AccessRequest> = {}): string =>
    explainDenial(asked(more), { identity: load('identity', { ...ALLOW, ...identity }) });
  const wanted = 'arn:aws:execute-api:*:*:other/*';
  expect(explain({ Resource: wanted })).toContain(
    `another resource: it is for ${wanted}, and this was ${API}`,
  );
  expect(explain({ Resource: undefined, NotResource: 'arn:aws:execute-api:*:*:*' })).toContain(
    'it is for all but arn:aws:execute-api:*:*:*, and this was arn:',
  );
  expect(explain({ Condition: { Bool: { 'aws:SecureTransport': 'true' } } })).toContain(
    'Bool aws:SecureTransport does not hold: it wants true, and it is absent',
  );
  const why = explainDenial(asked({ principal: undefined }), {
    identity: [],
    resource: resource({ AWS: [OWN, OTHER] }),
  });
  expect(why).toBe(
    `resource policy: resource, statement 1: another principal: it is for ${OWN}, ${OTHER}, and this was unsigned`,
  );
  const boundary = load('identity', { ...ALLOW, Action: 's3:*' });
  expect(explainDenial(asked(), { identity: ALL, boundary, controls: boundary })).toMatch(
    /^identity policies: allowed\. permissions boundary: .*another action.*\. service control policies: .*another action/,
  );
});

describe('the older version', () => {
  const older = (Resource: string): readonly Statement[] =>
    loadPolicy(
      { Version: '2008-10-17', Statement: { Effect: 'Allow', Action: '*', Resource } },
      'identity',
      'older',
    );

  test('has wildcards', () => {
    expect(decide(asked(), { identity: older('arn:aws:execute-api:*:*:abc/*') })).toBe('allowed');
  });

  test('has no variables', () => {
    const Resource = 'arn:aws:execute-api:*:*:abc/${aws:username}/*';
    const as = (path: string): string =>
      decide(
        asked({
          keys: { 'aws:username': 'prod' },
          resource: `arn:aws:execute-api:eu-west-1:${OWN}:abc/${path}/GET`,
        }),
        { identity: older(Resource) },
      );
    expect(as('prod')).toBe('denied');
    expect(as('${aws:username}')).toBe('allowed');
    expect(as('')).toBe('denied');
  });

  test('is meant where none is named', () => {
    const Statement = {
      Effect: 'Allow',
      Action: '*',
      Resource: 'arn:aws:s3:::${aws:nme}',
    } as const;
    expect(loadPolicy({ Statement }, 'identity', 'none')).toHaveLength(1);
  });
});
