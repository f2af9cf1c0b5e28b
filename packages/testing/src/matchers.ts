import { explained, isSeenRequest, type SeenRequest } from './harness/seen-request.ts';

/** What a matcher gives to Vitest and Jest alike. */
export interface MatcherResult {
  readonly pass: boolean;
  /** What a failed assertion prints. */
  readonly message: () => string;
}

/** Matchers for the requests of `aws.requests`. */
export interface SigV4Matchers<R = unknown> {
  /**
   * Its signature was verified, as this user's, role's (any session of it) or session's.
   *
   * @param arn `arn:aws:iam::111111111111:user/x`, `arn:aws:iam::222222222222:role/y` or
   *   `arn:aws:sts::222222222222:assumed-role/y/session`
   */
  toBeSignedBy(arn: string): R;
  /** Signature, policies and API key were in order. */
  toBeAllowed(): R;
  /** AWS's message contains, or matches, this. */
  toBeRefused(reason?: string | RegExp): R;
}

/** For `expect.extend(matchers)`. */
export const matchers: {
  toBeSignedBy(received: unknown, arn: string): MatcherResult;
  toBeAllowed(received: unknown): MatcherResult;
  toBeRefused(received: unknown, reason?: string | RegExp): MatcherResult;
} = {
  toBeSignedBy(received, arn) {
    const request = seen(received, 'toBeSignedBy');
    if (
      !/^arn:aws[\w-]*:(?:iam::\d{12}:(?:user|role)|sts::\d{12}:assumed-role\/[^/]+)\/[^:]+$/.test(
        arn,
      )
    ) {
      throw new TypeError(`toBeSignedBy: expected the ARN of a user, role or session, got ${arn}`);
    }
    const { callerArn } = request;
    // A session's ARN does not show the path of its role.
    const pass = callerArn === arn || roleOf(callerArn) === arn.replace(/:role\/.*\//, ':role/');
    return result(request, pass, `be signed by ${arn}`);
  },
  toBeAllowed(received) {
    const request = seen(received, 'toBeAllowed');
    return result(request, request.verdict === 'allowed', 'be allowed');
  },
  toBeRefused(received, reason) {
    const request = seen(received, 'toBeRefused');
    const { verdict, refusal = '' } = request;
    const fits =
      reason instanceof RegExp ? refusal.search(reason) !== -1 : refusal.includes(reason ?? '');
    return result(
      request,
      verdict === 'refused' && fits,
      `be refused${reason === undefined ? '' : `: ${reason}`}`,
    );
  },
};

function result(request: SeenRequest, pass: boolean, what: string): MatcherResult {
  return {
    pass,
    message: () => `expected the request ${pass ? 'not ' : ''}to ${what}:\n  ${explained(request)}`,
  };
}

function seen(received: unknown, matcher: string): SeenRequest {
  if (isSeenRequest(received)) return received;
  throw new TypeError(
    `${matcher}: expected a request of aws.requests, got ${received === undefined ? 'undefined: no such request came' : typeof received}`,
  );
}

/** The role that a session is of, without its path. */
function roleOf(sessionArn: string | undefined): string | undefined {
  const [, partition, account, role] =
    /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([^/]+)\//.exec(sessionArn ?? '') ?? [];
  return role === undefined ? undefined : `arn:${partition}:iam::${account}:role/${role}`;
}

// Extends the types of `@types/jest`. A project without Jest only gets an unused namespace.
declare global {
  // oxlint-disable-next-line typescript/no-namespace -- Jest's types have no other way in
  namespace jest {
    // oxlint-disable-next-line typescript/no-unused-vars -- all declarations must be alike
    interface Matchers<R, T = {}> extends SigV4Matchers<R> {}
  }
}
