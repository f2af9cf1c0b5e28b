import type { Iam } from './authorization.ts';
import type { Service } from './service.ts';
import { StsError, stsFailure } from './sts-answer.ts';
import { handleStsRequest } from './sts-service.ts';

/** STS of one region, as one of the services. */
export function sts({ accounts, makeContext }: Iam, region: string): Service {
  return {
    service: 'sts',
    hostNames: [`sts.${region}.amazonaws.com`],
    handle: ({ request, now }) => handleStsRequest(accounts, region, now, makeContext, request),
    failure: (status) =>
      stsFailure(
        status === 503
          ? new StsError(status, 'ServiceUnavailable', 'Service is unavailable')
          : new StsError(status, 'InternalFailure', 'An internal error occurred'),
      ),
    throttled: () => stsFailure(new StsError(400, 'Throttling', 'Rate exceeded')),
  };
}
