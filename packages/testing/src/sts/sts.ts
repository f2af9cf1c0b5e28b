import type { Identity } from '../iam/identity.ts';
import type { Iam } from '../iam/request-context.ts';
import type { Refusal } from '../signature/refusal.ts';
import { verifySignature } from '../signature/verify-signature.ts';
import { requestedHost } from '../wire/raw-request.ts';
import type { Call, Finding, Handled, Service } from '../wire/service.ts';
import type { Element } from '../wire/xml.ts';
import { StsError, stsAnswer, stsFailure } from './answer.ts';
import { assumeRoleWithWebIdentity } from './assume-role-with-web-identity.ts';
import { assumeRole, checkMfa, readMfa } from './assume-role.ts';
import type { StsCall } from './call.ts';
import { StsParameters } from './parameters.ts';
import { credentialsElement } from './role-session.ts';

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

/** The endpoint without a region. */
const GLOBAL_HOST = 'sts.amazonaws.com';

/**
 * STS of one region, as one of the services. It answers in the Query protocol.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
 */
export function sts(iam: Iam, region: string): Service {
  return {
    service: 'sts',
    hostNames: [`sts.${region}.amazonaws.com`, GLOBAL_HOST],
    handle: (call) => {
      // Requests to the global endpoint are signed for us-east-1.
      const isGlobal = requestedHost(call.request) === GLOBAL_HOST;
      return handle(iam, isGlobal ? 'us-east-1' : region, call);
    },
    failure: (status) =>
      stsFailure(
        status === 503
          ? new StsError(status, 'ServiceUnavailable', 'Service is unavailable')
          : new StsError(status, 'InternalFailure', 'An internal error occurred'),
      ),
    throttled: () => stsFailure(new StsError(400, 'Throttling', 'Rate exceeded')),
  };
}

function handle({ accounts, makeContext }: Iam, region: string, { request, now }: Call): Handled {
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
    const { message: refusal, because, comparison } = error;
    return {
      response: stsFailure(error),
      seen: {
        ...seen,
        refusal,
        ...(because === undefined ? undefined : { because }),
        ...(comparison === undefined ? undefined : { comparison }),
      },
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
    explain: { hosts: [`sts.${region}.amazonaws.com`, GLOBAL_HOST] },
  });
  if (verdict.accessKeyId !== undefined) claims(verdict.accessKeyId);
  if (verdict.ok) return accounts.identityOf(verdict.accessKeyId);
  const [status, code] = CODES[verdict.reason];
  const message =
    verdict.reason === 'missing' ? 'Request is missing Authentication Token' : verdict.message;
  throw new StsError(status, code, message, verdict.because, verdict.comparison);
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
