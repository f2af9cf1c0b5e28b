import { randomUUID } from 'node:crypto';

import type { Accounts, Identity, Role } from './accounts.ts';
import { decide } from './policy-evaluation.ts';
import { queryParameters, splitTarget, utf8, type RawRequest } from './raw-request.ts';
import type { Refusal } from './refusal.ts';
import type { Finding, Handled } from './service.ts';
import { verifySignature } from './verify-signature.ts';

/** STS's own codes for what the verifier finds. */
const CODES: Readonly<Record<Refusal['reason'], readonly [status: number, code: string]>> = {
  missing: [403, 'MissingAuthenticationToken'],
  incomplete: [400, 'IncompleteSignature'],
  expired: [403, 'SignatureDoesNotMatch'],
  'not-yet-current': [403, 'SignatureDoesNotMatch'],
  'unsigned-header': [403, 'SignatureDoesNotMatch'],
  'wrong-scope': [403, 'SignatureDoesNotMatch'],
  'unknown-key': [403, 'InvalidClientTokenId'],
  mismatch: [403, 'SignatureDoesNotMatch'],
  'wrong-token': [403, 'InvalidClientTokenId'],
  'expired-token': [403, 'ExpiredToken'],
};

interface Call {
  readonly parameters: ReadonlyMap<string, string>;
  readonly identity: Identity;
  readonly accounts: Accounts;
  readonly now: number;
}

class StsError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const ACTIONS: Readonly<Record<string, (call: Call) => string>> = {
  AssumeRole: assumeRole,
  GetCallerIdentity: getCallerIdentity,
};

/**
 * Answers as STS does, in its Query protocol.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
 */
export function handleStsRequest(
  accounts: Accounts,
  region: string,
  now: () => number,
  request: RawRequest,
): Handled {
  const parameters = readParameters(request);
  const action = parameters.get('Action') ?? '';
  const verdict = verifySignature(request, {
    keys: (id) => accounts.key(id),
    service: 'sts',
    region,
    now,
  });
  const known = {
    action,
    ...(verdict.accessKeyId === undefined ? undefined : { accessKeyId: verdict.accessKeyId }),
  };
  if (!verdict.ok) {
    const [status, code] = CODES[verdict.reason];
    return failure(new StsError(status, code, verdict.message), known);
  }
  const identity = accounts.identityOf(verdict.accessKeyId);
  const seen = { ...known, callerArn: identity.principal.arn };
  try {
    const perform = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (perform === undefined || parameters.get('Version') !== '2011-06-15') {
      throw new StsError(
        400,
        'InvalidAction',
        `Could not find operation ${action} for version ${parameters.get('Version') ?? 'NO_VERSION_SPECIFIED'}`,
      );
    }
    const result = perform({ parameters, identity, accounts, now: now() });
    return answer(200, `${action}Response`, `<${action}Result>${result}</${action}Result>`, seen);
  } catch (error) {
    if (error instanceof StsError) return failure(error, seen);
    throw error;
  }
}

function readParameters(request: RawRequest): ReadonlyMap<string, string> {
  const text =
    request.method === 'POST'
      ? Buffer.from(request.body).toString('latin1')
      : splitTarget(request.target).query;
  return new Map(queryParameters(text).map(([name, value]) => [utf8(name), utf8(value)]));
}

function assumeRole({ parameters, identity, accounts, now }: Call): string {
  const roleArn = required(parameters, 'RoleArn', /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/);
  const sessionName = required(parameters, 'RoleSessionName', /^[\w+=,.@-]{2,64}$/);
  const role = accounts.role(roleArn);
  if (role === undefined || !isTrusted(role, identity, parameters.get('ExternalId'))) {
    throw new StsError(
      403,
      'AccessDenied',
      `User: ${identity.principal.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
    );
  }
  const seconds = role.sessionSeconds ?? sessionLength(role, parameters.get('DurationSeconds'));
  const credentials = accounts.startSession(role, sessionName, now + seconds * 1000);
  const session = accounts.identityOf(credentials.accessKeyId);
  return (
    element(
      'AssumedRoleUser',
      element('AssumedRoleId', session.userId) + element('Arn', session.principal.arn),
    ) +
    element(
      'Credentials',
      element('AccessKeyId', credentials.accessKeyId) +
        element('SecretAccessKey', credentials.secretAccessKey) +
        element('SessionToken', credentials.sessionToken ?? '') +
        // STS tells whole seconds.
        element('Expiration', `${credentials.expiration?.toISOString().slice(0, 19)}Z`),
    )
  );
}

function isTrusted(role: Role, identity: Identity, externalId: string | undefined): boolean {
  const context = new Map(
    externalId === undefined ? [] : [['sts:externalid', externalId] as const],
  );
  return (
    decide(
      {
        principal: identity.principal,
        action: 'sts:AssumeRole',
        resource: role.arn,
        resourceAccount: role.account,
        context,
      },
      identity.policies,
      role.trust,
      true,
    ) === 'allowed'
  );
}

function sessionLength(role: Role, asked: string | undefined): number {
  if (asked === undefined) return 3600;
  const seconds = Number(asked);
  if (!(Number.isInteger(seconds) && seconds >= 900 && seconds <= 43_200)) {
    throw new StsError(
      400,
      'ValidationError',
      `1 validation error detected: Value '${asked}' at 'durationSeconds' failed to satisfy constraint: Member must be between 900 and 43200`,
    );
  }
  if (seconds > role.maxSessionDuration) {
    throw new StsError(
      400,
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    );
  }
  return seconds;
}

function getCallerIdentity({ identity: { principal, userId } }: Call): string {
  return (
    element('Arn', principal.arn) +
    element('UserId', userId) +
    element('Account', principal.account)
  );
}

function required(parameters: ReadonlyMap<string, string>, name: string, pattern: RegExp): string {
  const value = parameters.get(name);
  if (value !== undefined && pattern.test(value)) return value;
  const member = `${name[0]?.toLowerCase()}${name.slice(1)}`;
  throw new StsError(
    400,
    'ValidationError',
    `1 validation error detected: Value ${value === undefined ? 'null' : `'${value}'`} at '${member}' failed to satisfy constraint: Member must ${value === undefined ? 'not be null' : `satisfy regular expression pattern: ${pattern.source}`}`,
  );
}

function failure(error: StsError, seen: Finding): Handled {
  const content =
    element('Type', 'Sender') + element('Code', error.code) + element('Message', error.message);
  return answer(error.status, 'ErrorResponse', `<Error>${content}</Error>`, {
    ...seen,
    refusal: error.message,
  });
}

function answer(status: number, root: string, content: string, seen: Finding): Handled {
  const requestId = randomUUID();
  const metadata =
    status === 200
      ? `<ResponseMetadata>${element('RequestId', requestId)}</ResponseMetadata>`
      : element('RequestId', requestId);
  return {
    response: {
      status,
      headers: { 'Content-Type': 'text/xml', 'x-amzn-RequestId': requestId },
      body: `<${root} xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${content}${metadata}</${root}>`,
    },
    seen,
  };
}

/** @param content text, or elements that this made */
function element(name: string, content: string): string {
  const inner = content.startsWith('<')
    ? content
    : content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<${name}>${inner}</${name}>`;
}
