import { assumeRole } from '@sigv4/credentials';
import type { SigV4Event } from '@sigv4/signer';
import type { LocalAws } from '@sigv4/testing';

import { startMeddlingProxy } from './meddling-proxy.ts';
import { clientsOf, type Call, type Client } from './order-service.ts';
import { Report, type Outcome, type Print } from './report.ts';
import {
  INTERN,
  ORDER_SERVICE,
  ORDERS_ACCOUNT,
  PARTNER_ACCOUNT,
  PARTNER_ROLE,
} from './two-accounts.ts';

const SEARCH: Call = {
  method: 'GET',
  path: '/orders?customer=Zoë Müller&tag=rush order&tag=50% off&tag=€5',
};
const FOUND = JSON.stringify({ found: ['rush order', '50% off', '€5'], customer: 'Zoë Müller' });
const ORDER: Call = { method: 'POST', path: '/orders', json: { sku: 'ü-7', count: 1 } };
const ACCEPTED = JSON.stringify({ accepted: ORDER.json });

const FINDS = { expectedStatus: 200, expectedText: FOUND };
const ACCEPTS = { expectedStatus: 201, expectedText: ACCEPTED };

/**
 * The main job: an order service calls an API of its own account and one of another account,
 * through axios, fetch and ky. Prints a line a call.
 *
 * @returns whether all was as it should be
 */
export async function runMainJob(aws: LocalAws, print: Print, colour = false): Promise<boolean> {
  const report = new Report(print, colour);
  const { region, clock } = aws;
  let explanation: string | undefined;
  const onEvent = (event: SigV4Event): void => {
    if (event.type === 'rejected') explanation = event.rejection.explanation;
  };
  const common = { region, now: clock.now };
  /** The options of the calls that are to be refused: they keep the explanation. */
  const explained = { ...common, onEvent };
  const stsCalls = (): number => aws.requests.filter(({ service }) => service === 'sts').length;

  /** Makes the call and reports what came of it. */
  async function call(
    what: Pick<
      Outcome,
      'client' | 'account' | 'expectedStatus' | 'expectedReason' | 'expectedText'
    >,
    request: Call,
    client: Client,
  ): Promise<void> {
    const before = aws.requests.length;
    explanation = undefined;
    const start = performance.now();
    // A call that brings no answer is a line too.
    const { status, text } = await client(request).catch((error: unknown) => ({
      status: 0,
      text: String(error),
    }));
    const ms = performance.now() - start;
    const seen = aws.requests.slice(before).findLast(({ service }) => service === 'execute-api');
    const words = `${request.method} ${request.path}`;
    report.call({ ...what, request: words, status, text, ms, seen, explanation });
  }

  print(
    `A local AWS listens on loopback: accounts ${ORDERS_ACCOUNT} (own) and ${PARTNER_ACCOUNT} (partner),`,
  );
  print(`APIs ${aws.apis['own']?.url} and ${aws.apis['partner']?.url}, STS ${aws.stsUrl}.`);

  const credentials = aws.credentialsOf(ORDER_SERVICE);
  const own = clientsOf(aws.apis['own']?.url ?? '', { ...common, credentials });
  const role = assumeRole({
    roleArn: PARTNER_ROLE,
    roleSessionName: 'order-service',
    source: credentials,
    endpoint: aws.stsUrl,
    ...common,
  });
  const partner = clientsOf(aws.apis['partner']?.url ?? '', { ...common, credentials: role });

  report.heading('The order service calls its own API, and that of the partner through a role');
  report.columns();
  for (const [account, clients] of Object.entries({ own, partner })) {
    for (const [name, client] of Object.entries(clients)) {
      await call({ client: name, account, ...FINDS }, SEARCH, client);
      await call({ client: name, account, ...ACCEPTS }, ORDER, client);
    }
  }
  report.check('6 calls across accounts on one session: 1 STS call', stsCalls() === 1);

  report.heading('An hour later the session has ended: the calls go on');
  clock.advance('1h');
  for (const [name, client] of Object.entries(partner)) {
    await call({ client: name, account: 'partner', ...FINDS }, SEARCH, client);
  }
  report.check('one session more: 2 STS calls', stsCalls() === 2);

  report.heading(
    'The partner makes the role anew: refused, renewed and sent once more, unseen by the caller',
  );
  aws.forgetSessions(PARTNER_ROLE);
  for (const [name, client] of Object.entries(partner)) {
    await call({ client: name, account: 'partner', ...ACCEPTS }, ORDER, client);
  }
  report.check('one session more: 3 STS calls', stsCalls() === 3);

  report.heading('What must be refused, and why');
  await call(
    {
      client: 'fetch',
      account: 'own',
      expectedStatus: 403,
      expectedReason: /^Missing Authentication Token$/,
    },
    { ...SEARCH, path: '/orders?unsigned' },
    async ({ path }) => ({
      status: (await fetch((aws.apis['own']?.url ?? '') + path)).status,
      text: '',
    }),
  );
  const proxy = await startMeddlingProxy(aws.apis['own']?.url ?? '');
  const throughProxy = clientsOf(`${proxy.origin}/prod`, { ...explained, credentials });
  await call(
    {
      client: 'axios',
      account: 'own',
      expectedStatus: 403,
      expectedReason: /signature we calculated does not match/,
    },
    ORDER,
    throughProxy.axios,
  );
  proxy.close();
  const intern = clientsOf(aws.apis['own']?.url ?? '', {
    ...explained,
    credentials: aws.credentialsOf(INTERN),
  });
  await call(
    {
      client: 'ky',
      account: 'own',
      expectedStatus: 403,
      expectedReason: /user\/intern is not authorized to perform: execute-api:Invoke/,
    },
    SEARCH,
    intern.ky,
  );

  return report.verdict();
}
