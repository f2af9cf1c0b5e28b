import type { Accounts } from './accounts.ts';
import type { Identity } from './identity.ts';
import type { RawRequest } from './raw-request.ts';
import type { Refusal } from './refusal.ts';
import type { MakeContext } from './request-context.ts';
import type { Finding, Handled } from './service.ts';
import { StsError, stsAnswer, stsFailure, type Element } from './sts-answer.ts';
import { assumeRole, checkMfa, readMfa } from './sts-assume-role.ts';
import { StsParameters } from './sts-parameters.ts';
import type { StsCall } from './sts-call.ts';
import { credentialsElement } from './sts-role-session.ts';
import { assumeRoleWithWebIdentity } from './sts-web-identity.ts';
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
  policy: [403, 'AccessDenied'],
};

const SIGNED_ACTIONS: ReadonlyMap<string, (call: StsCall, identity: Identity) => Element[]> =
  new Map([
    ['AssumeRole', assumeRole],
    ['GetCallerIdentity', getCallerIdentity],
    ['GetSessionToken', getSessionToken],
  ]);

/**
 * Answers as STS does, in its Query protocol.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
 */
export function handleStsRequest(
  accounts: Accounts,
  region: string,
  now: () => number,
  makeContext: MakeContext,
  request: RawRequest,
): Handled {
  const parameters = new StsParameters(request);
  const action = parameters.get('Action') ?? '';
  const isVersion = parameters.get('Version') === '2011-06-15';
  const call = { accounts, region, request, parameters, makeContext, now: now() };
  let seen: Finding = { action };
  try {
    if (action === 'AssumeRoleWithWebIdentity' && isVersion) {
      const { result, provider } = assumeRoleWithWebIdentity(call);
      return { response: stsAnswer(action, result), seen: { ...seen, callerArn: provider } };
    }
    const identity = identify(call, now, (accessKeyId) => {
      seen = { ...seen, accessKeyId };
    });
    seen = { ...seen, callerArn: identity.principal.arn };
    const perform = isVersion ? SIGNED_ACTIONS.get(action) : undefined;
    if (perform === undefined) {
      throw new StsError(
        400,
        'InvalidAction',
        `Could not find operation ${action} for version ${parameters.get('Version') ?? 'NO_VERSION_SPECIFIED'}`,
      );
    }
    return { response: stsAnswer(action, perform(call, identity)), seen };
  } catch (error) {
    if (!(error instanceof StsError)) throw error;
    const { message: refusal, because } = error;
    return {
      response: stsFailure(error),
      seen: { ...seen, refusal, ...(because === undefined ? undefined : { because }) },
    };
  }
}

/** @throws {StsError} if the signature is not good */
function identify(
  { accounts, region, request }: StsCall,
  now: () => number,
  claims: (accessKeyId: string) => void,
): Identity {
  const verdict = verifySignature(request, {
    keys: (id) => accounts.key(id),
    service: 'sts',
    region,
    now,
  });
  if (verdict.accessKeyId !== undefined) claims(verdict.accessKeyId);
  if (verdict.ok) return accounts.identityOf(verdict.accessKeyId);
  const [status, code] = CODES[verdict.reason];
  const message =
    verdict.reason === 'missing' ? 'Request is missing Authentication Token' : verdict.message;
  throw new StsError(status, code, message);
}

/** Allowed to everyone, whatever the policies say. */
function getCallerIdentity(_call: StsCall, { principal, userId }: Identity): Element[] {
  return [
    ['Arn', principal.arn],
    ['UserId', userId],
    ['Account', principal.account],
  ];
}

/** Allowed to every user. */
function getSessionToken({ accounts, parameters, now }: StsCall, identity: Identity): Element[] {
  const seconds = parameters.optionalInteger('DurationSeconds', { min: 900, max: 129_600 });
  const mfa = readMfa(parameters);
  parameters.throwFaults();
  if (identity.session !== undefined) {
    throw new StsError(403, 'AccessDenied', 'Cannot call GetSessionToken with session credentials');
  }
  const mfaAt = checkMfa(identity, mfa, now) ? now : undefined;
  return [credentialsElement(accounts.startUserSession(identity, seconds ?? 43_200, mfaAt))];
}
