import axios, { AxiosError, type AxiosResponse } from 'axios';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { rejectionOf, sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch, explain } from '@sigv4/fetch';
import type { SigV4Event } from '@sigv4/signer';

import { between, spelling, token } from '../../packages/signer/test/escapings.ts';
import {
  sendInPieces,
  startChunkedServer,
  type ChunkedServer,
} from '../refusals/chunked-server.ts';
import { READING } from '../refusals/reading-clients.ts';
import { shown } from './shown.ts';

let server: ChunkedServer;
beforeAll(async () => {
  server = await startChunkedServer();
});
afterAll(() => server.close());

function optionsWith(sessionToken: string) {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken };
  return { credentials, region: 'eu-west-1', retryRejected: false };
}

const TYPES = [
  'application/json',
  'text/plain;charset=utf-8',
  'application/xml',
  'text/html',
  'application/octet-stream',
  'text/event-stream',
  '',
];

/** A body that quotes a token, and the same without it. */
const quoting = fc
  .record({
    token,
    first: between,
    parts: fc.array(fc.record({ spell: spelling, after: between }), { minLength: 1, maxLength: 3 }),
    padding: fc.constantFrom(0, 0, 10, 70_000, 300_000),
  })
  .map(({ token: quoted, first, parts, padding }) => {
    const pad = 'lorem "ipsum" '.repeat(padding / 14);
    const spelled = parts.flatMap(({ spell, after }) => [spell(quoted), after]);
    const hidden = parts.flatMap(({ after }) => ['[redacted]', after]);
    return {
      token: quoted,
      given: [first, pad, ...spelled].join(''),
      safe: [first, pad, ...hidden].join(''),
    };
  });

describe.each(Object.entries(READING))('%s', (_name, make) => {
  test('a token in a body is hidden, however it is spelled and cut, and the rest is whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        quoting,
        fc.constantFrom(...TYPES),
        fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        async ({ token: quoted, given, safe }, type, lengths, hasLength) => {
          const body = Buffer.from(given);
          server.answer((response) => {
            response.writeHead(403, {
              ...(type && { 'content-type': type }),
              ...(hasLength && { 'content-length': body.length }),
            });
            return sendInPieces(response, body, lengths);
          });
          const answer = await make(optionsWith(quoted))(server.origin);
          expect(answer.status).toBe(403);
          expect(Buffer.from(await answer.bytes()).toString()).toBe(safe);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('what is told of a rejection shows nothing of a token, also where AWS has cut it', async () => {
    const shape = fc.record({ token, spell: spelling, cut: fc.nat() });
    await fc.assert(
      fc.asyncProperty(shape, async ({ token: quoted, spell, cut }) => {
        const part = quoted.slice(0, 16 + (cut % (quoted.length - 15)));
        fc.pre(spell(part).length < 20_000);
        const said = `User: <${spell(part)}> is not authorized to perform: <${spell(part)}> on resource: <${spell(part)}`;
        server.answer((response) => {
          response.writeHead(403, { 'content-type': 'application/json' });
          response.end(JSON.stringify({ message: said, __type: `a#<${spell(part)}` }));
        });
        const events: SigV4Event[] = [];
        const onEvent = (event: SigV4Event): void => void events.push(event);
        const { rejection } = await make({ ...optionsWith(quoted), onEvent })(server.origin);
        expect(rejection?.message).toBe(
          'User: <[redacted]> is not authorized to perform: <[redacted]> on resource: <[redacted]',
        );
        expect(events).toMatchObject([{ type: 'rejected', rejection }]);
        expect(shown([rejection, events])).not.toContain(part.slice(0, 16));
      }),
      { numRuns: 25 },
    );
  });
});

describe('a mock of axios', () => {
  const quoted = 'a-token/of+some-length/that+is=long';

  async function mocked(data: unknown, freeze: (thing: object) => object): Promise<unknown> {
    const instance = axios.create({
      transformResponse: [],
      adapter: async (config) => {
        const response = {
          data,
          status: 403,
          statusText: '',
          headers: {},
          config,
        } as AxiosResponse;
        freeze(response);
        const { ERR_BAD_REQUEST } = AxiosError;
        throw freeze(new AxiosError('403', ERR_BAD_REQUEST, config, {}, response));
      },
    });
    instance.interceptors.request.use(sigv4Interceptor(optionsWith(quoted)));
    return instance.get(server.origin).catch((error: unknown) => error);
  }

  const FORMS: Readonly<Record<string, (text: string) => unknown>> = {
    text: (text) => text,
    'parsed JSON': (text) => JSON.parse(text) as unknown,
    Buffer: (text) => Buffer.from(text),
    'Uint8Array within a longer buffer': (text) =>
      new TextEncoder().encode(`..${text}..`).subarray(2, -2),
    ArrayBuffer: (text) => new TextEncoder().encode(text).buffer,
    Blob: (text) => new Blob([text], { type: 'text/x' }),
  };

  async function textOf(data: unknown): Promise<string> {
    if (typeof data === 'string') return data;
    if (data instanceof Blob) return data.text();
    if (data instanceof ArrayBuffer || ArrayBuffer.isView(data))
      return new TextDecoder().decode(data);
    return JSON.stringify(data);
  }

  describe.each<[string, (thing: object) => object]>([
    ['as adapters give them', (thing) => thing],
    ['frozen', (thing) => Object.freeze(thing)],
  ])('whose responses and errors are %s', (_how, freeze) => {
    test.each(Object.entries(FORMS))(
      '%s: the same form, without the token',
      async (_form, make) => {
        const given = make(JSON.stringify({ message: `no: ${quoted}`, list: [quoted] }));
        const error = (await mocked(given, freeze)) as AxiosError;
        expect(error).toBeInstanceOf(AxiosError);
        expect(error).toMatchObject({
          message: '403',
          code: 'ERR_BAD_REQUEST',
          response: { status: 403 },
        });
        expect(rejectionOf(error)).toMatchObject({
          reason: 'forbidden',
          message: 'no: [redacted]',
        });
        const data = error.response?.data;
        expect(Object.prototype.toString.call(data)).toBe(Object.prototype.toString.call(given));
        expect(await textOf(data)).toBe('{"message":"no: [redacted]","list":["[redacted]"]}');
        expect((data as Partial<Blob>).type).toBe((given as Partial<Blob>).type);
      },
    );

    test.each(Object.entries(FORMS))('%s without a secret: the very same', async (_form, make) => {
      const given = make('{"message":"Forbidden"}');
      const error = (await mocked(given, freeze)) as AxiosError;
      expect(error.response?.data).toBe(given);
      expect(rejectionOf(error)).toMatchObject({ message: 'Forbidden' });
    });

    test('what no text can be made of is left as it is', async () => {
      const deep: unknown[] = [];
      let inside = deep;
      for (let depth = 0; depth < 100_000; depth += 1) inside.push((inside = []));
      const circular: { self?: unknown } = {};
      circular.self = circular;
      for (const given of [deep, circular, null, undefined, 7, new Map(), new FormData()]) {
        const error = (await mocked(given, freeze)) as AxiosError;
        expect(error.response?.data).toBe(given);
        expect(rejectionOf(error)).toMatchObject({ reason: 'forbidden', status: 403 });
      }
    });
  });
});

test('a document, as XMLHttpRequest gives it, is read and made anew', async () => {
  class FakeDocument {
    readonly contentType = 'application/xml';
    readonly text: string;
    constructor(text: string) {
      this.text = text;
    }
  }
  vi.stubGlobal('Document', FakeDocument);
  vi.stubGlobal(
    'XMLSerializer',
    class {
      serializeToString = ({ text }: FakeDocument): string => text;
    },
  );
  vi.stubGlobal(
    'DOMParser',
    class {
      parseFromString = (text: string, type: string): unknown => [type, text];
    },
  );
  const quoted = 'a-token/of+some-length/that+is=long';
  const instance = axios.create({
    adapter: async (config) => {
      const data = new FakeDocument(
        `<Error><Code>AccessDenied</Code><Message>&#60;${quoted.replaceAll('/', '&#x2F;')}</Message></Error>`,
      );
      return { data, status: 403, statusText: '', headers: {}, config };
    },
  });
  instance.interceptors.request.use(sigv4Interceptor(optionsWith(quoted)));
  const { data } = await instance.get<unknown>(server.origin);
  vi.unstubAllGlobals();
  expect(data).toEqual([
    'application/xml',
    '<Error><Code>AccessDenied</Code><Message>&#60;[redacted]</Message></Error>',
  ]);
});

test('of fetch: an answer that is frozen is explained, and bears no secret', async () => {
  const quoted = 'a-token/of+some-length/that+is=long';
  for (const [body, safe] of [
    [`no: ${quoted}`, 'no: [redacted]'],
    ['no', 'no'],
  ]) {
    const fetch = async (): Promise<Response> => Object.freeze(new Response(body, { status: 403 }));
    for (const signatureIn of ['header', 'query'] as const) {
      const signedFetch = createSignedFetch({ ...optionsWith(quoted), fetch, signatureIn });
      const response = await signedFetch(server.origin);
      expect(explain(response)).toMatchObject({ reason: 'forbidden' });
      expect(await response.text()).toBe(safe);
    }
  }
});
