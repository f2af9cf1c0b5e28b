import { describe, expect, test, vi } from 'vitest';

import type { CredentialsProvider, SigV4Event, SignedRequest, SignerOptions } from '@sigv4/signer';

import { answer, API, CREDENTIALS, NOW, SESSION, testSigner } from './fixtures.ts';

const GET = { method: 'GET', url: API };
const EXPIRED =
  'Signature expired: 20260102T030405Z is now earlier than 20260102T035905Z (20260102T040405Z - 5 min.)';
const TOKEN_EXPIRED = 'The security token included in the request is expired';
const TYPE = { 'x-amzn-errortype': 'InvalidSignatureException' };

function at(ms: number): { date: string } {
  return { date: new Date(ms).toUTCString() };
}

/** A transport that gives these answers in turn, and what it was given. */
function transportOf(...answers: Response[]): {
  sent: SignedRequest[];
  transport: (signed: SignedRequest) => Promise<Response>;
} {
  const sent: SignedRequest[] = [];
  return {
    sent,
    transport: async (signed) => {
      sent.push(signed);
      const next = answers.shift();
      if (!next) throw new Error('one request more than expected');
      return next;
    },
  };
}

function listen(options: Partial<SignerOptions> = {}): {
  events: SigV4Event[];
  signer: ReturnType<typeof testSigner>;
} {
  const events: SigV4Event[] = [];
  return { events, signer: testSigner({ onEvent: (event) => events.push(event), ...options }) };
}

test('a good answer comes back as it is, after one attempt', async () => {
  const { sent, transport } = transportOf(answer(200, 'hello'));
  const { events, signer } = listen();
  const response = await signer.send(GET, transport);
  expect(await response.json()).toEqual({ message: 'hello' });
  expect(sent[0]).toMatchObject({ method: 'GET', url: API });
  expect(events).toEqual([]);
});

test.each([404, 429, 500, 503, 301])('a %i is an answer like any other', async (status) => {
  const { sent, transport } = transportOf(answer(status, 'x', { location: '/y' }));
  expect((await testSigner().send(GET, transport)).status).toBe(status);
  expect(sent).toHaveLength(1);
});

describe('skewed clock', () => {
  test('is learned from the rejection, and signed by from then on', async () => {
    const { sent, transport } = transportOf(
      answer(403, EXPIRED, { ...TYPE, ...at(NOW + 3_600_000) }),
      answer(200, '', at(NOW + 3_600_000)),
      answer(200, '', at(NOW + 3_600_000)),
    );
    const { events, signer } = listen();
    expect((await signer.send(GET, transport)).status).toBe(200);
    await signer.send(GET, transport);
    expect(sent.map(({ headers }) => headers['x-amz-date'])).toEqual([
      '20260102T030405Z',
      '20260102T040405Z',
      '20260102T040405Z',
    ]);
    expect(events.map(({ type }) => type)).toEqual(['rejected', 'retried']);
    expect(events[1]).toMatchObject({ because: 'clock-skew', clockOffset: 3_600_000 });
    expect((await signer.sign(GET)).headers['x-amz-date']).toBe('20260102T040405Z');
  });

  test('is measured against the middle of the round trip', async () => {
    let time = NOW;
    const signer = testSigner({ now: () => time });
    const { sent, transport } = transportOf(
      answer(403, EXPIRED, { ...TYPE, ...at(NOW + 600_000) }),
      answer(200),
    );
    await signer.send(GET, async (signed) => {
      time += 20_000;
      return transport(signed);
    });
    // 600 s ahead of 10 s into the trip; signed 20 s after the start.
    expect(sent[1]?.headers['x-amz-date']).toBe('20260102T031415Z');
  });

  test.each([
    ['there is no Date', {}, 0],
    ['the answer comes from a cache', { ...at(NOW + 3_600_000), age: '60' }, 0],
    ['the clocks are less than 4 minutes apart', at(NOW + 200_000), 0],
    ['the answer took over 15 minutes', at(NOW + 3_600_000), 16 * 60_000],
  ])('is not corrected if %s', async (_name, headers, took) => {
    let time = NOW;
    const { sent, transport } = transportOf(answer(403, EXPIRED, { ...TYPE, ...headers }));
    const response = await testSigner({ now: () => time }).send(GET, async (signed) => {
      time += took;
      return transport(signed);
    });
    expect(response.status).toBe(403);
    expect(sent).toHaveLength(1);
  });

  test('is forgotten once a good answer shows that the clock is right', async () => {
    const { sent, transport } = transportOf(
      answer(403, EXPIRED, { ...TYPE, ...at(NOW + 360_000) }),
      answer(200, '', at(NOW)),
      answer(200),
    );
    const signer = testSigner();
    await signer.send(GET, transport);
    await signer.send(GET, transport);
    expect(sent.at(-1)?.headers['x-amz-date']).toBe('20260102T030405Z');
  });

  test('is tried once, never in a loop', async () => {
    const { sent, transport } = transportOf(
      answer(403, EXPIRED, { ...TYPE, ...at(NOW + 3_600_000) }),
      answer(403, EXPIRED, { ...TYPE, ...at(NOW + 7_200_000) }),
    );
    expect((await testSigner().send(GET, transport)).status).toBe(403);
    expect(sent).toHaveLength(2);
  });

  test.each([{ clockSkewCorrection: false }, { retryRejected: false }])(
    '%j leaves it alone',
    async (options) => {
      const { sent, transport } = transportOf(
        answer(403, EXPIRED, { ...TYPE, ...at(NOW + 3_600_000) }),
      );
      await testSigner(options).send(GET, transport);
      expect(sent).toHaveLength(1);
    },
  );

  test('a date that the call names is the one that is used', async () => {
    const { sent, transport } = transportOf(
      answer(403, EXPIRED, { ...TYPE, ...at(NOW + 3_600_000) }),
    );
    await testSigner().send(GET, transport, { date: new Date(NOW) });
    expect(sent).toHaveLength(1);
  });
});

describe('refused token', () => {
  function renewing(): CredentialsProvider & {
    invalidate: (rejected: { accessKeyId: string }) => void;
  } {
    let current = SESSION;
    return Object.assign(async () => current, {
      invalidate: vi.fn(() => {
        current = { ...SESSION, accessKeyId: 'ASIDNEW', sessionToken: 'new' };
      }),
    });
  }

  test.each([
    ['expired, by type', 'ExpiredTokenException', ''],
    ['expired, by message', 'AccessDeniedException', TOKEN_EXPIRED],
    [
      'unknown',
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    ],
    [
      'unknown, as REST APIs say it',
      'AccessDeniedException',
      'The security token included in the request is invalid.',
    ],
  ])(
    '%s: others are asked for, and the request is sent once more',
    async (_name, type, message) => {
      const credentials = renewing();
      const { sent, transport } = transportOf(
        answer(403, message, { 'x-amzn-errortype': type }),
        answer(200),
      );
      const { events, signer } = listen({ credentials });
      const response = await signer.send({ method: 'POST', url: API, body: 'x' }, transport);
      expect(response.status).toBe(200);
      expect(credentials.invalidate).toHaveBeenCalledExactlyOnceWith({
        accessKeyId: 'ASIDEXAMPLE',
      });
      expect(sent.map(({ headers }) => headers['x-amz-security-token'])).toEqual([
        SESSION.sessionToken,
        'new',
      ]);
      expect(sent[1]?.body).toBe('x');
      expect(events.at(-1)).toMatchObject({ type: 'retried', because: 'credentials' });
    },
  );

  test('a provider without invalidate is asked to refresh', async () => {
    const provider = vi.fn<CredentialsProvider>(async (options) =>
      options?.forceRefresh ? { ...SESSION, accessKeyId: 'ASIDNEW' } : SESSION,
    );
    const { sent, transport } = transportOf(answer(403, TOKEN_EXPIRED), answer(200));
    await testSigner({ credentials: provider }).send(GET, transport);
    expect(sent).toHaveLength(2);
    expect(provider.mock.calls).toEqual([[{}], [{ forceRefresh: true }]]);
  });

  test('a request is not sent again with the same credentials', async () => {
    const { sent, transport } = transportOf(answer(403, TOKEN_EXPIRED));
    const response = await testSigner({ credentials: SESSION }).send(GET, transport);
    expect(await response.json()).toEqual({ message: TOKEN_EXPIRED });
    expect(sent).toHaveLength(1);
  });

  test('the caller gets the answer if it is refused a second time', async () => {
    const { sent, transport } = transportOf(answer(403, TOKEN_EXPIRED), answer(403, TOKEN_EXPIRED));
    const response = await testSigner({ credentials: renewing() }).send(GET, transport);
    expect(response.status).toBe(403);
    expect(sent).toHaveLength(2);
  });
});

describe('redirects', () => {
  const redirect = (status: number, location: string): Response => answer(status, '', { location });

  test.each([
    [301, 'POST', 'GET', undefined],
    [302, 'POST', 'GET', undefined],
    [303, 'PUT', 'GET', undefined],
    [302, 'PUT', 'PUT', 'x'],
    [307, 'POST', 'POST', 'x'],
    [308, 'POST', 'POST', 'x'],
  ])('%i to a %s becomes a %s, signed anew', async (status, method, method2, body) => {
    const { sent, transport } = transportOf(redirect(status, '/prod/other?a=b c'), answer(200));
    const headers = { 'content-type': 'text/plain', 'x-tenant': 't' };
    await testSigner().send({ method, url: API, body: 'x', headers }, transport, {
      maxRedirects: 5,
    });
    const [first, second] = sent;
    expect(second).toMatchObject({ method: method2, url: API.replace('orders', 'other?a=b%20c') });
    expect(second?.body).toBe(body);
    expect(second?.headers['x-tenant']).toBe('t');
    expect(second?.headers['content-type']).toBe(body && 'text/plain');
    expect(second?.signature).not.toBe(first?.signature);
  });

  test.each([
    'https://evil.example/',
    '//evil.example/prod/orders',
    'http://abc123.execute-api.eu-west-1.amazonaws.com/prod/orders',
    'https://abc123.execute-api.eu-west-1.amazonaws.com:8443/',
    'http://[',
  ])('%s is another origin and gets nothing', async (location) => {
    const { sent, transport } = transportOf(redirect(307, location));
    await expect(testSigner().send(GET, transport, { maxRedirects: 5 })).rejects.toMatchObject({
      code: 'ERR_SIGV4_REDIRECT',
    });
    expect(sent).toHaveLength(1);
  });

  test.each(['https://user:pass@HOST/prod/x', '//user@HOST', 'https://:pass@HOST:443/'])(
    '%s holds a user name or password and gets nothing',
    async (location) => {
      const { host } = new URL(API);
      const { sent, transport } = transportOf(redirect(307, location.replace('HOST', host)));
      await expect(testSigner().send(GET, transport, { maxRedirects: 5 })).rejects.toMatchObject({
        code: 'ERR_SIGV4_URL',
      });
      expect(sent).toHaveLength(1);
    },
  );

  test('one too many is an error', async () => {
    const { sent, transport } = transportOf(
      ...Array.from({ length: 9 }, () => redirect(307, '/prod/again')),
    );
    await expect(testSigner().send(GET, transport, { maxRedirects: 2 })).rejects.toThrow(
      'redirected more than 2 times',
    );
    expect(sent).toHaveLength(3);
  });

  test.each([
    ['one too many', '/prod/again'],
    ['another origin', 'https://evil.example/'],
  ])('an answer that nobody gets is let go of: %s', async (_name, location) => {
    const cancel = vi.fn();
    const transport = async (): Promise<Response> =>
      new Response(new ReadableStream({ cancel }), { status: 302, headers: { location } });
    await expect(testSigner().send(GET, transport, { maxRedirects: 1 })).rejects.toMatchObject({
      code: 'ERR_SIGV4_REDIRECT',
    });
    expect(cancel).toHaveBeenCalledTimes(location.startsWith('/') ? 2 : 1);
  });

  test('a redirect without Location is an answer', async () => {
    const { transport } = transportOf(answer(302));
    expect((await testSigner().send(GET, transport, { maxRedirects: 2 })).status).toBe(302);
  });
});

test("nothing of the caller's request is changed", async () => {
  const { transport } = transportOf(answer(403, TOKEN_EXPIRED), answer(200));
  const request = Object.freeze({
    method: 'post',
    url: Object.freeze(new URL(API)),
    headers: Object.freeze({ Accept: 'x', Authorization: 'AWS4-old' }),
    body: 'x',
  });
  await testSigner({ credentials: async (o) => (o?.forceRefresh ? CREDENTIALS : SESSION) }).send(
    request,
    transport,
  );
  expect(request).toEqual({
    method: 'post',
    url: new URL(API),
    headers: { Accept: 'x', Authorization: 'AWS4-old' },
    body: 'x',
  });
});

test("the provider's error is the caller's, and nothing is sent", async () => {
  const failure = new Error('no credentials today');
  const transport = vi.fn();
  const signer = testSigner({ credentials: () => Promise.reject(failure) });
  await expect(signer.send(GET, transport)).rejects.toBe(failure);
  expect(transport).not.toHaveBeenCalled();
});

test('the abort signal reaches the provider', async () => {
  const provider = vi.fn<CredentialsProvider>(async () => CREDENTIALS);
  const { signal } = new AbortController();
  await testSigner({ credentials: provider }).send(GET, transportOf(answer(200)).transport, {
    signal,
  });
  expect(provider).toHaveBeenCalledWith({ signal });
});

test('keys are derived anew for each day, region, service and secret', async () => {
  let time = NOW;
  let secret = CREDENTIALS.secretAccessKey;
  const signer = testSigner({
    now: () => time,
    credentials: async () => ({ ...CREDENTIALS, secretAccessKey: secret }),
  });
  const signatures = new Set<string>();
  const sign = async (options = {}): Promise<void> => {
    const { signature } = await signer.sign(GET, { date: new Date(time), ...options });
    const fresh = await testSigner({
      credentials: { ...CREDENTIALS, secretAccessKey: secret },
    }).sign(GET, { date: new Date(time), ...options });
    expect(signature).toBe(fresh.signature);
    signatures.add(signature);
  };
  await sign();
  await sign({ region: 'us-east-1' });
  await sign({ service: 'other' });
  time += 86_400_000;
  await sign();
  secret = 'another';
  await sign();
  // More keys than are kept.
  for (let n = 0; n < 100; n += 1) await sign({ region: `region-${n}` });
  await sign({ region: 'us-east-1' });
  expect(signatures.size).toBe(106);
});

describe('a request is read when the call is made', () => {
  test('a URL, headers and a one-shot iterator that change or end later do no harm', async () => {
    const url = new URL(API);
    const headers = new Headers({ 'x-amz-meta-a': 'first' });
    const gate = Promise.withResolvers<typeof CREDENTIALS>();
    const { sent, transport } = transportOf(
      answer(307, '', { location: '/prod/next' }),
      answer(200),
    );
    const signer = testSigner({ credentials: () => gate.promise });
    const sending = signer.send({ method: 'GET', url, headers: headers.entries() }, transport, {
      maxRedirects: 1,
    });
    url.host = 'evil.example';
    headers.set('x-amz-meta-a', 'second');
    gate.resolve(CREDENTIALS);
    await sending;
    expect(sent.map((signed) => [signed.url, signed.headers['x-amz-meta-a']])).toEqual([
      [API, 'first'],
      [API.replace('orders', 'next'), 'first'],
    ]);
  });

  test('by sign() too', async () => {
    const url = new URL(API);
    const signing = testSigner().sign({ method: 'GET', url });
    url.host = 'evil.example';
    expect((await signing).url).toBe(API);
  });
});

describe('an abort ends the wait', () => {
  const never = (): Promise<never> => new Promise(() => {});

  test.each<[string, Partial<SignerOptions>]>([
    ['for credentials', { credentials: never }],
    ['for the region', { region: never }],
  ])('%s', async (_name, options) => {
    const controller = new AbortController();
    const transport = vi.fn<() => Promise<Response>>();
    const sending = testSigner(options).send(GET, transport, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(sending).rejects.toThrow('enough');
    expect(transport).not.toHaveBeenCalled();
  });

  test('for new credentials after a refusal', async () => {
    const controller = new AbortController();
    const credentials: CredentialsProvider = (options) => {
      if (!options?.forceRefresh) return Promise.resolve(SESSION);
      controller.abort(new Error('enough'));
      return never();
    };
    const { transport } = transportOf(answer(403, TOKEN_EXPIRED));
    const sending = testSigner({ credentials }).send(GET, transport, { signal: controller.signal });
    await expect(sending).rejects.toThrow('enough');
  });
});

test('if no other credentials can be had, the caller gets the answer there is', async () => {
  const credentials: CredentialsProvider = async (options) => {
    if (options?.forceRefresh) throw new Error('STS is down');
    return SESSION;
  };
  const { transport } = transportOf(answer(403, TOKEN_EXPIRED));
  expect((await testSigner({ credentials }).send(GET, transport)).status).toBe(403);
});

test('a session with the same key and another token is another one', async () => {
  const credentials: CredentialsProvider = async (options) =>
    options?.forceRefresh ? { ...SESSION, sessionToken: 'other' } : SESSION;
  const { sent, transport } = transportOf(answer(403, TOKEN_EXPIRED), answer(200));
  await testSigner({ credentials }).send(GET, transport);
  expect(sent).toHaveLength(2);
});

test('a refusal without text may be for the clock: the Date decides', async () => {
  const bare = (ms: number): Response =>
    new Response(null, { status: 403, headers: { ...TYPE, ...at(ms) } });
  const skewed = transportOf(bare(NOW + 3_600_000), answer(200));
  expect((await testSigner().send({ method: 'HEAD', url: API }, skewed.transport)).status).toBe(
    200,
  );
  const right = transportOf(bare(NOW));
  expect((await testSigner().send({ method: 'HEAD', url: API }, right.transport)).status).toBe(403);
});

test("an application's own message about tokens drops no session", async () => {
  const { sent, transport } = transportOf(answer(401, 'Your card token has expired'));
  const credentials = Object.assign(async () => SESSION, { invalidate: vi.fn<() => void>() });
  await testSigner({ credentials }).send({ method: 'POST', url: API, body: 'x' }, transport);
  expect(sent).toHaveLength(1);
  expect(credentials.invalidate).not.toHaveBeenCalled();
});

test('a correction is dropped if a good answer shows it to be small, and a second one replaces the first', async () => {
  let local = NOW;
  const signer = testSigner({ now: () => local });
  const dates: (string | undefined)[] = [];
  const server = async (signed: SignedRequest): Promise<Response> => {
    dates.push(signed.headers['x-amz-date']);
    const wanted = new Date(NOW + 3_600_000).toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
    return signed.headers['x-amz-date'] === wanted
      ? answer(200, '', at(NOW + 3_600_000))
      : answer(403, EXPIRED, { ...TYPE, ...at(NOW + 3_600_000) });
  };
  await signer.send(GET, server);
  // This machine's clock is set right: the offset it learned is now wrong, then none.
  local = NOW + 3_600_000;
  await signer.send(GET, server);
  await signer.send(GET, server);
  expect(dates).toHaveLength(5);
  expect(dates.at(-1)).toBe('20260102T040405Z');
});

test('answers that are not handed on are cancelled', async () => {
  const cancelled: number[] = [];
  const cancellable = (status: number, message: string, headers = {}): Response => {
    const response = answer(status, message, headers);
    Object.defineProperty(response, 'body', {
      value: { cancel: async () => void cancelled.push(status) },
    });
    Object.defineProperty(response, 'clone', {
      value: () => answer(status, message, headers),
    });
    return response;
  };
  const credentials: CredentialsProvider = async (o) =>
    o?.forceRefresh ? { ...SESSION, accessKeyId: 'ASIDNEW' } : SESSION;
  const { transport } = transportOf(
    cancellable(307, '', { location: '/prod/next' }),
    cancellable(403, TOKEN_EXPIRED),
    answer(200),
  );
  await testSigner({ credentials }).send(GET, transport, { maxRedirects: 1 });
  expect(cancelled).toEqual([307, 403]);
});

test('HEAD stays HEAD on a 303', async () => {
  const { sent, transport } = transportOf(answer(303, '', { location: 'next' }), answer(200));
  await testSigner().send({ method: 'HEAD', url: API }, transport, { maxRedirects: 1 });
  expect(sent.map(({ method, url }) => [method, url])).toEqual([
    ['HEAD', API],
    ['HEAD', API.replace('orders', 'next')],
  ]);
});

test('credentials that change in place are checked again', async () => {
  const credentials = { ...SESSION };
  const signer = testSigner({ credentials });
  await signer.sign(GET);
  for (const field of ['accessKeyId', 'secretAccessKey', 'sessionToken'] as const) {
    const before = credentials[field];
    credentials[field] = 'not good';
    await expect(signer.sign(GET)).rejects.toThrow(`credentials.${field} holds white space`);
    credentials[field] = before;
  }
});
