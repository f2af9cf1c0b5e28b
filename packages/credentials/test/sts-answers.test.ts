// What STS, others that speak its protocol, and things that are no STS answer; and what is tried again.
import { inspect } from 'node:util';

import { afterEach, describe, expect, test, vi } from 'vitest';

import { assumeRole, assumeRoleWithWebIdentity, type AssumeRoleOptions } from '@sigv4/credentials';

const ROLE = 'arn:aws:iam::222222222222:role/orders-invoke';
const SOURCE = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 's3cret' };
const NOW = Date.UTC(2026, 0, 1);

const credentials = (more = ''): string =>
  `<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>sss</SecretAccessKey><SessionToken>ttt</SessionToken><Expiration>2026-01-01T01:00:00Z</Expiration>${more}</Credentials>`;
const good = (): Response =>
  new Response(
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>${credentials()}</AssumeRoleResult></AssumeRoleResponse>`,
  );
const refused = (status: number, code: string, message = 'no', headers = {}): Response =>
  new Response(
    `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId></ErrorResponse>`,
    { status, headers: { 'content-type': 'text/xml', ...headers } },
  );

afterEach(() => vi.unstubAllEnvs());

type Step = Response | Error | 'hangs' | ((time: Time) => Response);

/** A clock that stands still but for the timers that the code waits for. */
class Time {
  now = NOW;
  readonly pauses: number[] = [];
  /** Time-outs, which end only where a test says so. */
  readonly #timeouts: { at: number; end: () => void }[] = [];

  sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    if (signal === undefined) {
      this.pauses.push(ms);
      this.now += ms;
      return Promise.resolve();
    }
    return new Promise((end) => {
      this.#timeouts.push({ at: this.now + ms, end });
    });
  };

  /** Until the next time-out. */
  timeOut(): void {
    const next = this.#timeouts.pop();
    this.now = next?.at ?? this.now;
    next?.end();
  }
}

/** A role whose STS answers step by step. */
function scripted(
  steps: Step[],
  options: Partial<AssumeRoleOptions> = {},
): {
  get: ReturnType<typeof assumeRole>;
  time: Time;
  fetch: ReturnType<typeof vi.fn<typeof globalThis.fetch>>;
} {
  const time = new Time();
  const left = [...steps];
  const fetch = vi.fn<typeof globalThis.fetch>(async () => {
    const step = left.shift() ?? new Error('one call too many');
    if (step instanceof Error) throw step;
    if (typeof step === 'function') return step(time);
    if (step !== 'hangs') return step;
    setImmediate(() => time.timeOut());
    return new Promise<never>(() => {});
  });
  const get = assumeRole({
    roleArn: ROLE,
    source: SOURCE,
    fetch,
    now: () => time.now,
    random: () => 1,
    sleep: time.sleep,
    ...options,
  });
  return { get, time, fetch };
}

describe('taken', () => {
  test.each([
    ['AWS', good],
    ['no namespace', () => new Response(`<R>${credentials()}</R>`)],
    ['a prefix', () => new Response(`<s:R>${credentials().replaceAll(/<(\/?)/g, '<$1s:')}</s:R>`)],
    [
      'a declaration and white space',
      () => new Response(`<?xml version="1.0"?>\n<R>\n ${credentials('\n')}\n</R>\n`),
    ],
    [
      'elements that nobody knows',
      () => new Response(`<R><New a="b"/>${credentials('<More><Deep/></More>')}</R>`),
    ],
  ])('%s', async (_name, answer) => {
    expect(await scripted([answer()]).get()).toEqual({
      accessKeyId: 'ASIA',
      secretAccessKey: 'sss',
      sessionToken: 'ttt',
      expiration: new Date('2026-01-01T01:00:00Z'),
    });
  });

  test.each([
    '2026-01-01T01:00:00Z',
    '2026-01-01T01:00:00',
    '2026-01-01T01:00:00.000000000Z',
    '2026-01-01T02:00:00+01:00',
    '2026-01-01T01:00:00+0000',
    '2025-12-31T20:30:00-0430',
  ])('an Expiration of %s, wherever this machine is', async (told) => {
    vi.stubEnv('TZ', 'America/New_York');
    expect(new Date(NOW).getHours()).toBe(19);
    const text = `<R>${credentials().replace('2026-01-01T01:00:00Z', told)}</R>`;
    const { expiration } = await scripted([new Response(text)]).get();
    expect(expiration).toEqual(new Date('2026-01-01T01:00:00Z'));
  });

  test.each([
    ['that is slow', 20_000],
    ['that came while the process was stopped', 1_200_000],
  ])('an answer %s: its Date says nothing of the clock', async (_name, took) => {
    const step = (time: Time): Response => {
      time.now += took;
      return new Response(`<R>${credentials()}</R>`, {
        headers: { date: new Date(NOW).toUTCString() },
      });
    };
    expect((await scripted([step]).get()).expiration).toEqual(new Date('2026-01-01T01:00:00Z'));
  });

  test.each([59_000, -59_000, 61_000, -7_200_000])(
    'a clock that is off by %d ms: the end by that clock, if it is off by more than a minute',
    async (off) => {
      const step = new Response(`<R>${credentials()}</R>`, {
        headers: { date: new Date(NOW + off).toUTCString() },
      });
      const { expiration } = await scripted([step]).get();
      const shift = Math.abs(off) > 60_000 ? off : 0;
      expect(expiration).toEqual(new Date(Date.parse('2026-01-01T01:00:00Z') - shift));
    },
  );

  test('the Date of an answer that a cache kept says nothing of the clock', async () => {
    const step = new Response(`<R>${credentials()}</R>`, {
      headers: { date: new Date(NOW - 7_200_000).toUTCString(), age: '7200' },
    });
    expect((await scripted([step]).get()).expiration).toEqual(new Date('2026-01-01T01:00:00Z'));
  });

  test.each([
    ['a body without a stream', undefined],
    ['a body that is a stream of Node', { pipe: () => {} }],
  ])('%s, as some implementations of fetch have it', async (_name, body) => {
    const bare = {
      status: 200,
      headers: new Headers(),
      body,
      text: async () => `<R>${credentials()}</R>`,
    };
    expect((await scripted([bare as unknown as Response]).get()).accessKeyId).toBe('ASIA');
  });
});

describe('no answer of an STS', () => {
  const without = (name: string): string =>
    credentials().replace(new RegExp(`<${name}>.*?</${name}>`), '');

  test.each([
    ['a page', '<!doctype html><html>Sign in</html>', 'is not XML as STS writes it'],
    ['nothing', '', 'is not XML'],
    ['one cut short', `<R>${credentials().slice(0, -10)}`, 'is not XML'],
    ['another document', '<R><GetCallerIdentityResult/></R>', 'has no Credentials'],
    ['no key', `<R>${without('AccessKeyId')}</R>`, 'has no AccessKeyId'],
    ['no secret', `<R>${without('SecretAccessKey')}</R>`, 'has no SecretAccessKey'],
    ['no token', `<R>${without('SessionToken')}</R>`, 'has no SessionToken'],
    ['no end', `<R>${without('Expiration')}</R>`, 'has no Expiration'],
    ['no date', `<R>${credentials().replace('2026-01-01T01:00:00Z', 'soon')}</R>`, 'no date'],
    ['an impossible date', `<R>${credentials().replace('2026-01', '2026-13')}</R>`, 'no date'],
    [
      'one of its own entities',
      `<!DOCTYPE R [<!ENTITY a "b">]><R>${credentials()}</R>`,
      'is not XML',
    ],
  ])('%s', async (_name, text, problem) => {
    const { get, fetch } = scripted([new Response(text)]);
    await expect(get()).rejects.toMatchObject({
      name: 'CredentialsError',
      code: 'MalformedAnswer',
      recoverable: true,
      roleArn: ROLE,
      message: expect.stringContaining(problem),
    });
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  test('bytes that a parser could not read are not in the error', async () => {
    const cause = Object.assign(new Error('Parse Error'), {
      data: 'the secret',
      rawPacket: Buffer.from('the secret'),
    });
    const fault = new TypeError('fetch failed', { cause });
    const { get } = scripted([fault, fault, fault]);
    const error: unknown = await get().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'NetworkError',
      cause: { cause: { message: 'Parse Error' } },
    });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('the secret');
    expect(Object.keys(cause)).toEqual([]);
  });

  test('a refusal that came with 200 is told, and may pass', async () => {
    const text =
      '<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>';
    const { get, fetch } = scripted([new Response(text)]);
    await expect(get()).rejects.toMatchObject({ code: 'AccessDenied', recoverable: true });
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  test('one that never ends is not read to its end', async () => {
    let sent = 0;
    const cancel = vi.fn<() => void>();
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
      cancel,
    });
    await expect(scripted([new Response(endless)]).get()).rejects.toMatchObject({
      code: 'MalformedAnswer',
    });
    expect(sent).toBeLessThan(1_000_000);
    expect(cancel).toHaveBeenCalledTimes(1);
  });

  test('a key that no request can bear', async () => {
    const text = `<R>${credentials().replace('ASIA', 'AS&#10;IA')}</R>`;
    await expect(scripted([new Response(text)]).get()).rejects.toMatchObject({
      code: 'ERR_SIGV4_CREDENTIALS',
    });
  });
});

describe('refused', () => {
  test.each<[number, string, string, boolean, RegExp]>([
    [
      403,
      'AccessDenied',
      'User: arn:aws:iam::1:user/a is not authorized',
      false,
      /the trust policy of arn:aws:iam::222222222222:role\/orders-invoke does not allow arn:aws:iam::1:user\/a \(/,
    ],
    [
      403,
      'AccessDenied',
      'MultiFactorAuthentication failed with invalid MFA one time pass code',
      false,
      /check `serialNumber`/,
    ],
    [400, 'ValidationError', 'no', false, /answered 400 ValidationError: no$/],
    [
      403,
      'ExpiredToken',
      'The security token included in the request is expired',
      true,
      /the session of `source` is over/,
    ],
    [403, 'InvalidClientTokenId', 'no', false, /does not know the access key of `source`/],
    [403, 'SignatureDoesNotMatch', 'no', false, /the secret key of `source` does not belong/],
    [403, 'RegionDisabledException', 'no', false, /activate it in IAM/],
    [400, 'MalformedPolicyDocument', 'no', false, /`policy` is not a valid/],
    [400, 'PackedPolicyTooLarge', 'no', false, /too long together/],
    [400, 'constructor', 'no', false, /answered 400 constructor: no$/],
  ])('%d %s', async (status, code, message, recoverable, told) => {
    const { get, fetch } = scripted([refused(status, code, message)]);
    await expect(get()).rejects.toMatchObject({
      name: 'CredentialsError',
      code,
      recoverable,
      roleArn: ROLE,
      requestId: 'c6104cbe-af31-11e0-8154-cbc7ccf896c7',
      message: expect.stringMatching(told),
    });
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  test('a bare <Error>, as other implementations have it', async () => {
    const text =
      '<Error><Code>AccessDenied</Code><Message>no</Message><RequestId>r</RequestId></Error>';
    await expect(scripted([new Response(text, { status: 403 })]).get()).rejects.toMatchObject({
      code: 'AccessDenied',
      requestId: 'r',
    });
  });

  test.each([403, 404, 407, 204])(
    "%i of a proxy or a portal is not STS's word: the session that is there stays",
    async (status) => {
      const body = status === 204 ? null : '<!doctype html><p>Sign in<br>to go on</p>';
      const { get, time } = scripted([good(), new Response(body, { status })]);
      await get();
      time.now += 50 * 60_000;
      expect((await get()).accessKeyId).toBe('ASIA');
      await expect(scripted([new Response(body, { status })]).get()).rejects.toMatchObject({
        code: `HTTP${status}`,
        message: expect.stringMatching(/check the endpoint, and what stands on the way to it$/),
      });
    },
  );

  test('a redirect is not followed', async () => {
    const answer = new Response('', {
      status: 307,
      headers: { location: 'https://evil.example/' },
    });
    const { get, fetch } = scripted([answer]);
    await expect(get()).rejects.toMatchObject({ code: 'HTTP307', recoverable: true });
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({ redirect: 'manual' });
  });

  test('what STS quotes of a token is in no error', async () => {
    const fetch = async (_url: unknown, init?: RequestInit): Promise<Response> =>
      refused(
        400,
        'InvalidIdentityToken',
        `what is ${new URLSearchParams(init?.body as string).get('WebIdentityToken')}?`,
      );
    const get = assumeRoleWithWebIdentity({
      roleArn: ROLE,
      webIdentityToken: () => 'ey.s3cret',
      fetch,
    });
    const error: unknown = await get().catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: 'InvalidIdentityToken',
      message: expect.stringContaining('what is [redacted]?'),
    });
    expect(inspect(error, { depth: 9 })).not.toContain('ey.s3cret');
  });
});

describe('tried again', () => {
  test.each<[string, Step]>([
    ['a fault of the network', new TypeError('fetch failed')],
    ['throttling, which STS tells as 400', refused(400, 'Throttling')],
    ['a request that came too slowly, told as 400', refused(400, 'RequestTimeout')],
    ['429', new Response('', { status: 429 })],
    ['500', new Response('', { status: 500 })],
    ['503 with a page', new Response('<html>', { status: 503 })],
    ['an identity provider that does not answer', refused(400, 'IDPCommunicationError')],
    ['an answer that breaks off', brokenOff()],
    ['an answer that does not come', 'hangs'],
    ['one whose body does not come', bodyHangs],
  ])('%s', async (_name, step) => {
    const { get, fetch } = scripted([step, good()]);
    expect((await get()).accessKeyId).toBe('ASIA');
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test('three times in all, after random pauses', async () => {
    const fault = new TypeError('fetch failed');
    const { get, fetch, time } = scripted([fault, fault, fault]);
    await expect(get()).rejects.toMatchObject({
      code: 'NetworkError',
      recoverable: true,
      cause: fault,
      message: expect.stringContaining('sts.us-east-1.amazonaws.com could not be reached'),
    });
    expect(fetch).toHaveBeenCalledTimes(3);
    expect(time.pauses).toEqual([500, 1000]);
    const halved = scripted([fault, fault, fault], { random: () => 0.5 });
    await halved.get().catch(() => {});
    expect(halved.time.pauses).toEqual([250, 500]);
  });

  test('each attempt is signed anew', async () => {
    const { get, fetch } = scripted(['hangs', good()]);
    await get();
    const dates = fetch.mock.calls.map(([, init]) => new Headers(init?.headers).get('x-amz-date'));
    expect(dates).toEqual(['20260101T000000Z', '20260101T000005Z']);
  });

  test.each([
    ['seconds', '3', 3000],
    ['a date', new Date(NOW + 7000).toUTCString(), 7000],
    ['a date that has passed', new Date(NOW - 7000).toUTCString(), 500],
    ['nonsense', 'soon', 500],
  ])('Retry-After in %s is honoured', async (_name, header, pause) => {
    const { get, time } = scripted([
      refused(503, 'ServiceUnavailable', 'no', { 'retry-after': header }),
      good(),
    ]);
    await get();
    expect(time.pauses).toEqual([pause]);
  });

  test('not if Retry-After is longer than there is time', async () => {
    const { get, fetch } = scripted([
      refused(503, 'ServiceUnavailable', 'no', { 'retry-after': '15' }),
    ]);
    await expect(get()).rejects.toMatchObject({ code: 'ServiceUnavailable', recoverable: true });
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  test('no longer than 5 s an attempt and 15 s in all', async () => {
    const { get, time, fetch } = scripted(['hangs', 'hangs', 'hangs']);
    await expect(get()).rejects.toMatchObject({
      code: 'Timeout',
      recoverable: true,
      message: expect.stringContaining('gave no answer within'),
    });
    expect(fetch).toHaveBeenCalledTimes(3);
    // 5 and 0.5, 5 and 1, and the 3.5 that are left.
    expect(time.now - NOW).toBe(15_000);
  });

  test('nor than was asked for', async () => {
    const { get, time, fetch } = scripted(['hangs', 'hangs', 'hangs'], {
      attemptTimeout: 1,
      timeout: 2,
    });
    await expect(get()).rejects.toMatchObject({ code: 'Timeout' });
    expect(fetch).toHaveBeenCalledTimes(2);
    expect(time.now - NOW).toBe(2000);
  });

  test('an attempt that was given up is aborted, one that has its answer is not', async () => {
    const { get, fetch } = scripted(['hangs', good()]);
    await get();
    expect(fetch.mock.calls.map(([, init]) => init?.signal?.aborted)).toEqual([true, false]);
  });

  test('by a process that was stopped for an hour in the middle, since its own time is not over', async () => {
    const { get, fetch } = scripted([
      (time) => {
        time.now += 3_600_000;
        throw new TypeError('other side closed');
      },
      new Response(`<R>${credentials().replace('T01:', 'T02:')}</R>`),
    ]);
    expect((await get()).accessKeyId).toBe('ASIA');
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  test('not what the source itself throws', async () => {
    const down = new Error('no source');
    const source = vi.fn(() => Promise.reject(down));
    await expect(scripted([], { source }).get()).rejects.toBe(down);
    expect(source).toHaveBeenCalledTimes(1);
  });
});

test('timers that are not needed any more do not keep the process', async () => {
  const set = vi.spyOn(globalThis, 'setTimeout');
  const clear = vi.spyOn(globalThis, 'clearTimeout');
  const fetch = async (): Promise<Response> => good();
  await assumeRole({ roleArn: ROLE, source: SOURCE, fetch, now: () => NOW })();
  const timers = set.mock.results.map(({ value }) => value as unknown);
  expect(set.mock.calls.map(([, ms]) => ms)).toEqual([5000]);
  expect(clear.mock.calls.map(([timer]) => timer)).toEqual(timers);
  vi.restoreAllMocks();
});

function brokenOff(): Response {
  return new Response(
    new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode('<R>'));
        controller.error(new TypeError('terminated'));
      },
    }),
  );
}

function bodyHangs(time: Time): Response {
  setImmediate(() => time.timeOut());
  return new Response(new ReadableStream({}));
}
