import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { verifySignature, type RawRequest, type Verdict } from '@sigv4/testing';

import {
  DATE,
  hash,
  NOW,
  scopeOf,
  signCanonical,
  signHeaders,
  type Signing,
} from './sign-by-hand.ts';

/*
 * Requests whose signature is right, but whose parameters are missing, empty, repeated or oddly
 * spelled. Each is signed as it is sent, so that nothing but the rule on the parameter refuses it.
 */

const HOST = 'bucket.s3.eu-west-1.amazonaws.com';
const SERVICES = ['s3', 'execute-api', 'vpc-lattice-svcs', 's3express', 'iotdevicegateway'];
const TOKEN = 'token/+==';

function signing(service: string): Signing {
  return { accessKeyId: 'AKID', secretAccessKey: 'secret', region: 'eu-west-1', service };
}

function verify(service: string, request: RawRequest, hasToken: boolean): Verdict {
  return verifySignature(request, {
    keys: () => ({
      secretAccessKey: 'secret',
      ...(hasToken ? { sessionToken: TOKEN } : undefined),
    }),
    service,
    region: 'eu-west-1',
    now: () => NOW,
  });
}

type Parameter = readonly [name: string, value: string];

/** What a query signature of this service has, without the signature. */
function parametersOf(service: string, hasToken: boolean): Parameter[] {
  const key = signing(service);
  return [
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${key.accessKeyId}/${scopeOf(key)}`],
    ['X-Amz-Date', DATE],
    ['X-Amz-Expires', '900'],
    ['X-Amz-SignedHeaders', 'host'],
    ...(hasToken && service !== 'iotdevicegateway'
      ? [['X-Amz-Security-Token', TOKEN] as Parameter]
      : []),
    ['list-type', '2'],
  ];
}

/** Signs the query as it is; IoT Core alone has the token appended, unsigned. */
function signQuery(
  service: string,
  parameters: readonly Parameter[],
  { hasToken = false, signatures = 1 } = {},
): RawRequest {
  const pairs = parameters.map((pair) => pair.map((text) => encodeURIComponent(text)));
  const canonical = pairs
    .toSorted(([a = '', b = ''], [c = '', d = '']) => (a < c || (a === c && b < d) ? -1 : 1))
    .map((pair) => pair.join('='))
    .join('&');
  const payload = /^(?:s3|vpc-)/.test(service) ? 'UNSIGNED-PAYLOAD' : hash('');
  const signature = signCanonical(
    ['GET', '/a', canonical, `host:${HOST}`, '', 'host', payload],
    signing(service),
  );
  const sent = [
    ...pairs.map((pair) => pair.join('=')),
    ...Array.from({ length: signatures }, () => `X-Amz-Signature=${signature}`),
    ...(hasToken && service === 'iotdevicegateway'
      ? [`X-Amz-Security-Token=${encodeURIComponent(TOKEN)}`]
      : []),
  ];
  return {
    method: 'GET',
    target: `/a?${sent.join('&')}`,
    rawHeaders: [['Host', HOST]],
    body: new Uint8Array(),
  };
}

const service = fc.constantFrom(...SERVICES);
const REQUIRED = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Date', 'X-Amz-SignedHeaders'];

/** Another case of a name: any letter can change. */
function recased(name: string): fc.Arbitrary<string> {
  return fc
    .array(fc.boolean(), { minLength: name.length, maxLength: name.length })
    .map((flips) =>
      name
        .split('')
        .map((letter, at) => {
          if (!flips[at]) return letter;
          return letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase();
        })
        .join(''),
    )
    .filter((other) => other !== name);
}

/** What the verdict on an incomplete query signature is like. */
function incompleteAt(of: string): object {
  return {
    ok: false,
    reason: 'incomplete',
    type: of.startsWith('s3')
      ? 'AuthorizationQueryParametersError'
      : 'IncompleteSignatureException',
  };
}

describe('a query signature', () => {
  test('verifies in any order of its parameters', () => {
    fc.assert(
      fc.property(
        service.chain((of) =>
          fc.boolean().chain((hasToken) =>
            fc.tuple(
              fc.constant(of),
              fc.constant(hasToken),
              fc.shuffledSubarray(parametersOf(of, hasToken), {
                minLength: parametersOf(of, hasToken).length,
              }),
            ),
          ),
        ),
        ([of, hasToken, parameters]) => {
          const request = signQuery(of, parameters, { hasToken });
          expect(verify(of, request, hasToken)).toMatchObject({ ok: true, accessKeyId: 'AKID' });
        },
      ),
      { numRuns: 300 },
    );
  });

  test('is refused without one of its parameters, with an empty one, or under another case', () => {
    const change = fc.oneof(
      fc.constant((): Parameter[] => []),
      fc.constant(([name]: Parameter): Parameter[] => [[name, '']]),
      fc.constantFrom(...REQUIRED, 'X-Amz-Expires').chain((name) =>
        recased(name).map((other) => ([known, value]: Parameter): Parameter[] => [
          [known === name ? other : known.toLowerCase(), value],
        ]),
      ),
    );
    fc.assert(
      fc.property(
        service,
        fc.constantFrom(...REQUIRED, 'X-Amz-Expires'),
        change,
        (of, name, to) => {
          const parameters = parametersOf(of, false).flatMap((pair) =>
            pair[0] === name ? to(pair) : [pair],
          );
          const verdict = verify(of, signQuery(of, parameters), false);
          const isAbsent = !parameters.some(([known]) => known === name);
          // Outside of S3 no expiry means 5 minutes.
          const isGood = name === 'X-Amz-Expires' && isAbsent && !of.startsWith('s3');
          expect(verdict).toMatchObject(isGood ? { ok: true } : incompleteAt(of));
        },
      ),
      { numRuns: 700 },
    );
  });

  test('is refused with a parameter twice, whatever its case and value', () => {
    const again = fc
      .constantFrom(...REQUIRED, 'X-Amz-Expires', 'X-Amz-Security-Token')
      .chain((name) =>
        fc.tuple(
          fc.constant(name),
          fc.oneof(fc.constant(name), recased(name)),
          fc.constantFrom('same', '', '1', 'x'),
        ),
      );
    fc.assert(
      fc.property(service, again, fc.nat(), (of, [name, spelled, value], at) => {
        const parameters = parametersOf(of, true);
        const first = parameters.find(([known]) => known === name);
        const hasToken = of !== 'iotdevicegateway' || name === 'X-Amz-Security-Token';
        const more: Parameter = [spelled, value === 'same' ? (first?.[1] ?? TOKEN) : value];
        parameters.splice(at % (parameters.length + 1), 0, more);
        expect(verify(of, signQuery(of, parameters, { hasToken }), hasToken)).toMatchObject(
          incompleteAt(of),
        );
      }),
      { numRuns: 700 },
    );
  });

  test.each(SERVICES)('is refused with two signatures, or none: %s', (of) => {
    for (const signatures of [0, 2]) {
      const request = signQuery(of, parametersOf(of, false), { signatures });
      expect(verify(of, request, false)).toMatchObject(incompleteAt(of));
    }
    const { target, ...request } = signQuery(of, parametersOf(of, false));
    const empty = target.replace(/X-Amz-Signature=.*/, 'X-Amz-Signature=');
    expect(verify(of, { ...request, target: empty }, false)).toMatchObject(incompleteAt(of));
  });

  test('with an empty token is refused, also where no token belongs', () => {
    for (const of of SERVICES) {
      const parameters = [...parametersOf(of, false), ['X-Amz-Security-Token', ''] as const];
      // IoT Core's token is none of what is signed.
      const request =
        of === 'iotdevicegateway'
          ? {
              ...signQuery(of, parametersOf(of, false)),
              target: `${signQuery(of, parametersOf(of, false)).target}&X-Amz-Security-Token=`,
            }
          : signQuery(of, parameters);
      expect(verify(of, request, false)).toMatchObject({ reason: 'wrong-token' });
    }
  });

  test('holds for a whole number of seconds from 1 to 604800, and nothing else', () => {
    const odd = fc.oneof(
      fc.constantFrom('', '0', '-0', '-1', '-900', '+900', ' 900', '900 ', '900s', '1e3', '0x384'),
      fc.constantFrom(
        '9.5',
        '900.0',
        '0900',
        '٩٠٠',
        '９００',
        '900,900',
        'NaN',
        'Infinity',
        'null',
      ),
      fc.constantFrom('604801', '604800.5', '99999999999999999999', '900\u0000', '900\n'),
      fc.integer({ min: 604_801 }).map(String),
      fc.integer({ max: 0 }).map(String),
      fc.string({ unit: 'grapheme' }).filter((text) => !/^[1-9]\d{0,5}$/.test(text)),
    );
    const withExpires = (of: string, seconds: string): RawRequest =>
      signQuery(
        of,
        parametersOf(of, false).map(([name, value]) => [
          name,
          name === 'X-Amz-Expires' ? seconds : value,
        ]),
      );
    fc.assert(
      fc.property(service, odd, (of, seconds) => {
        expect(verify(of, withExpires(of, seconds), false)).toMatchObject(incompleteAt(of));
      }),
      { numRuns: 700 },
    );
    fc.assert(
      fc.property(service, fc.integer({ min: 1, max: 604_800 }), (of, seconds) => {
        expect(verify(of, withExpires(of, String(seconds)), false)).toMatchObject({ ok: true });
      }),
      { numRuns: 300 },
    );
  });

  test('tells in the words of S3 what is wrong with the expiry', () => {
    const messageOf = (seconds: string | undefined): unknown => {
      const parameters = parametersOf('s3', false).filter(([name]) => name !== 'X-Amz-Expires');
      const request = signQuery(
        's3',
        seconds === undefined ? parameters : [...parameters, ['X-Amz-Expires', seconds]],
      );
      const verdict = verify('s3', request, false);
      return verdict.ok || verdict.message;
    };
    expect(messageOf(undefined)).toMatch(/^Query-string authentication version 4 requires the/);
    expect(messageOf('')).toBe('X-Amz-Expires should be a number');
    expect(messageOf('-1')).toBe('X-Amz-Expires must be non-negative');
    expect(messageOf('604801')).toMatch(/^X-Amz-Expires must be less than a week/);
  });
});

describe('a header signature', () => {
  const CONTENT = Buffer.from('content');
  const HEADERS: Readonly<Record<string, string>> = {
    host: HOST,
    'x-amz-content-sha256': hash(CONTENT),
    'x-amz-date': DATE,
    'x-amz-security-token': TOKEN,
    'x-amz-decoded-content-length': '7',
    'x-amz-trailer': 'x-amz-checksum-crc32',
    'x-amz-region-set': 'eu-west-1',
  };

  /** @param sent as it goes over the wire; several of one name are signed joined by commas */
  function signed(of: string, sent: readonly [string, string][]): RawRequest {
    const canonicalHeaders: Record<string, string> = {};
    for (const [given, value] of sent) {
      const name = given.toLowerCase();
      canonicalHeaders[name] =
        name in canonicalHeaders ? `${canonicalHeaders[name]},${value}` : value;
    }
    return signHeaders(
      { method: 'PUT', target: '/a', rawHeaders: sent, body: CONTENT },
      signing(of),
      { canonicalHeaders, payload: hash(CONTENT) },
    ).request;
  }

  test('is refused with a header twice of which one is read', () => {
    fc.assert(
      fc.property(
        service,
        fc
          .constantFrom(...Object.keys(HEADERS))
          .chain((name) => fc.oneof(fc.constant(name), recased(name))),
        fc.constantFrom('same', '', '1'),
        fc.boolean(),
        (of, name, value, isFirst) => {
          const sent = Object.entries(HEADERS);
          expect(verify(of, signed(of, sent), true)).toMatchObject({ ok: true });
          const more: [string, string] = [
            name,
            value === 'same' ? (HEADERS[name.toLowerCase()] ?? '') : value,
          ];
          const all = isFirst ? [more, ...sent] : [...sent, more];
          expect(verify(of, signed(of, all), true)).toMatchObject({
            ok: false,
            reason: 'incomplete',
          });
        },
      ),
      { numRuns: 500 },
    );
  });

  test('is refused with a field of its Authorization missing, empty or twice', () => {
    const names = ['Credential', 'SignedHeaders', 'Signature'];
    const field = fc
      .constantFrom(...names)
      .chain((name) => fc.tuple(fc.constant(name), fc.oneof(fc.constant(name), recased(name))));
    fc.assert(
      fc.property(
        service,
        field,
        fc.constantFrom('missing', 'empty', 'respelled', 'twice', 'twice and empty'),
        (of, [name, spelled], how) => {
          fc.pre(how !== 'respelled' || spelled !== name);
          const request = signed(of, Object.entries(HEADERS));
          const rawHeaders = request.rawHeaders.map(([header, value]): [string, string] => {
            if (header !== 'Authorization') return [header, value];
            const [, scheme = '', fields = ''] = /^(\S+) (.*)$/.exec(value) ?? [];
            const changed = fields.split(', ').flatMap((text) => {
              const [known = '', ...rest] = text.split('=');
              if (known !== name) return [text];
              return {
                missing: [],
                empty: [`${known}=`],
                respelled: [`${spelled}=${rest.join('=')}`],
                twice: [text, `${spelled}=${rest.join('=')}`],
                'twice and empty': [`${spelled}=`, text],
              }[how];
            });
            return [header, `${scheme} ${changed.join(', ')}`];
          });
          expect(verify(of, { ...request, rawHeaders }, true)).toMatchObject({
            ok: false,
            reason: 'incomplete',
          });
        },
      ),
      { numRuns: 1000 },
    );
  });
});
