import { loadPolicy } from '../iam/policy-document.ts';
import type { Iam } from '../iam/request-context.ts';
import { splitTarget } from '../wire/raw-request.ts';
import type { RawResponse } from '../wire/raw-response.ts';
import type { Call, Handled, Service } from '../wire/service.ts';
import type { FunctionUrlDefinition } from './api-definition.ts';
import { apiPlace, callOf, type ApiPlace } from './api-place.ts';
import { authorize, findingOf, type Authorized } from './authorization.ts';
import { checkIntegration, integrate } from './integration.ts';
import { httpEvent, type Invocation } from './lambda-event.ts';
import { httpResult } from './lambda-result.ts';
import { isTextBody } from './media-type.ts';

/**
 * A Lambda function with a URL of its own, as it is for URLs made since October 2025: a caller needs
 * `lambda:InvokeFunctionUrl` and `lambda:InvokeFunction`.
 *
 * @throws {TypeError} at a definition that is wrong
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
 */
export function functionUrl(
  name: string,
  definition: FunctionUrlDefinition,
  iam: Iam,
  region: string,
  mustAnswer: boolean,
): ApiPlace & Service {
  const { resourcePolicy, functionName = name, authorization = 'AWS_IAM' } = definition;
  if (mustAnswer) checkIntegration(definition, `API ${name}`);
  const { account, id, ...rest } = apiPlace(name, definition, ['$default'], region);
  const arn = `arn:aws:lambda:${rest.region}:${account}:function:${functionName}`;
  const host = `${id}.lambda-url.${rest.region}.on.aws`;
  const place: ApiPlace = {
    ...rest,
    service: 'lambda',
    account,
    id,
    arn,
    hostNames: [host],
    hostUrl: `https://${host}`,
  };
  const statements = resourcePolicy
    ? loadPolicy(resourcePolicy, 'resource', `resource policy of the API ${name}`)
    : [];
  const actions = {
    'lambda:InvokeFunctionUrl': {
      'lambda:FunctionUrlAuthType': authorization,
      'lambda:FunctionArn': arn,
    },
    'lambda:InvokeFunction': { 'lambda:InvokedViaFunctionUrl': 'true' },
  };

  async function handle(call: Call): Promise<Handled> {
    const authorized = authorize(call, iam, {
      authorization,
      service: 'lambda',
      actions,
      region: place.region,
      account: place.account,
      resource: arn,
      hostNames: place.hostNames,
      // Also without authorization, only the policy opens the function to the public.
      resourcePolicy: statements,
    });
    const seen = findingOf(authorized);
    if (seen.refusal !== undefined) {
      return { response: refuse(call, authorized), seen };
    }
    const invocation: Invocation = {
      ...callOf(call, place, '$default'),
      authorized,
      resource: '$default',
      path: splitTarget(call.request.target).path,
      parameters: {},
      isBinary: !isTextBody(call.request),
      isFunctionUrl: true,
    };
    const handled = await integrate(definition, invocation, call, {
      ids: { 'x-amzn-RequestId': call.requestId },
      functionName,
      place,
      event: () => httpEvent(invocation),
      result: httpResult,
      timeout: 900_000,
      failure: () => failure(502, call),
      late: () => failure(504, call),
    });
    return { ...handled, seen: { ...seen, ...handled.seen } };
  }

  return {
    ...place,
    handle,
    failure,
    longestBody: 6_291_456,
    tooLong: (call) => failure(413, call),
    throttled: (call) => failure(429, call),
  };
}

const FORBIDDEN =
  'Forbidden. For troubleshooting Function URL authorization issues, see: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html';

/** Function URLs do not tell the canonical request, nor who was denied what. */
function refuse({ requestId }: Call, { refusal, denial }: Authorized): RawResponse {
  const isForbidden = denial || refusal?.reason === 'missing';
  return {
    status: 403,
    headers: {
      'Content-Type': 'application/json',
      'x-amzn-ErrorType': isForbidden ? 'AccessDeniedException' : (refusal?.type ?? ''),
      'x-amzn-RequestId': requestId,
    },
    body: JSON.stringify(
      isForbidden ? { Message: FORBIDDEN } : { message: refusal?.message.split('\n\n')[0] },
    ),
  };
}

const INTERNAL_ERROR = ['InternalServerErrorException', 'Internal Server Error'] as const;

const ERRORS: Readonly<Record<number, readonly [type: string, body: string]>> = {
  429: [
    'TooManyRequestsException',
    '{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}',
  ],
  413: [
    'RequestEntityTooLargeException',
    '{"Message":"Request must be smaller than 6291456 bytes for the InvokeFunction operation"}',
  ],
  503: ['ServiceUnavailableException', '{"Message":"Service Unavailable"}'],
};

function failure(status: number, { requestId }: Call): RawResponse {
  const [type, body] = ERRORS[status] ?? INTERNAL_ERROR;
  return {
    status,
    headers: {
      'Content-Type': 'application/json',
      'x-amzn-ErrorType': type,
      'x-amzn-RequestId': requestId,
    },
    body,
  };
}
