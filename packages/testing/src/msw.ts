import { http, type RequestHandler } from 'msw';

import type { TestClock } from './harness/clock.ts';
import type { Faults } from './harness/faults.ts';
import type { LocalApi } from './harness/local-aws.ts';
import type { SeenRequest } from './harness/seen-request.ts';
import type { AwsOptions } from './harness/options.ts';
import { SimulatedAws } from './harness/simulated-aws.ts';
import { administrationOf, type Administration } from './iam/administration.ts';
import { rawRequest } from './wire/raw-request.ts';
import type { RawResponse } from './wire/raw-response.ts';

/** An AWS without servers: handlers for MSW that answer for the hosts of its APIs and of STS. */
export interface MswAws<Api extends string = string> extends Administration {
  /**
   * Put them before your own: `setupServer(...aws.handlers, …)`. They refuse what AWS would
   * refuse, and answer for STS and for routes that have a handler. What is in order on a route
   * without one falls through to your handlers; so do requests to other hosts.
   */
  readonly handlers: RequestHandler[];
  readonly region: string;
  /** `https://sts.{region}.amazonaws.com` */
  readonly stsUrl: string;
  /** By name; `url` is the one that AWS would give it, or its custom domain name. */
  readonly apis: Readonly<Record<Api, Omit<LocalApi, 'hostUrl'>>>;
  /** Every request that came for them, in the order of the verdicts; `pending` until then. You can empty it. */
  readonly requests: SeenRequest[];
  readonly clock: TestClock;
  readonly faults: Faults;
}

/**
 * Handlers for MSW 2 and 3. Routes need no handler here.
 *
 * @throws {TypeError} at a definition that is wrong, or of a WebSocket API
 */
export function mswAws<Api extends string = string>(options: AwsOptions<Api> = {}): MswAws<Api> {
  const services = new SimulatedAws(options, false);
  const { region, requests, clock, faults, accounts } = services;
  const socket = services.apis.find(({ takesSockets }) => takesSockets);
  if (socket) {
    throw new TypeError(`API ${socket.api}: a WebSocket API needs a server; use startLocalAws`);
  }

  const guard = http.all('*', async ({ request }) => {
    const { hostname, pathname } = new URL(request.url);
    const service = services.at(hostname, pathname);
    if (!service) return undefined;
    const { response, drop, isGarbage } = await services.respond(
      service,
      await rawRequest(request),
    );
    // MSW can give a network error, but not half of an answer.
    if (drop !== undefined || isGarbage) return Response.error();
    return response && webResponse(response, request.method);
  });

  return {
    handlers: [guard],
    region,
    stsUrl: `https://${services.sts.hostNames[0]}`,
    apis: Object.fromEntries(
      services.apis.map(({ api, id, region: at, hostUrl }) => [
        api,
        { url: hostUrl, id, region: at },
      ]),
    ) as MswAws<Api>['apis'],
    requests,
    clock,
    faults,
    ...administrationOf(accounts),
  };
}

function webResponse({ status, headers, body }: RawResponse, method: string): Response {
  const entries = Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
  const isEmpty = method === 'HEAD' || status === 204 || status === 205 || status === 304;
  return new Response(isEmpty ? null : (body as BodyInit), { status, headers: entries });
}
