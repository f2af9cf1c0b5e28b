import type { Accounts } from './accounts.ts';
import type { RawResponse } from './raw-response.ts';
import type { Service } from './service.ts';
import { handleStsRequest } from './sts-service.ts';

/** STS as one of the services. It has no kind of its own for each region: this is one region's. */
export function sts(accounts: Accounts, region: string): Service {
  return {
    service: 'sts',
    hostNames: [`sts.${region}.amazonaws.com`],
    handle: ({ request, now }) => handleStsRequest(accounts, region, now, request),
    failure: (status, { requestId }) =>
      status === 503
        ? failure(status, 'ServiceUnavailable', 'Service is unavailable', requestId)
        : failure(status, 'InternalFailure', 'An internal error occurred', requestId),
    throttled: ({ requestId }) => failure(400, 'Throttling', 'Rate exceeded', requestId),
  };
}

function failure(status: number, code: string, message: string, requestId: string): RawResponse {
  const type = status < 500 ? 'Sender' : 'Receiver';
  return {
    status,
    headers: { 'Content-Type': 'text/xml', 'x-amzn-RequestId': requestId },
    body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>${type}</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  };
}
