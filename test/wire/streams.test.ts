import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';

import axios from 'axios';
import { describe, expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch } from '@sigv4/fetch';
import type { SigV4Event } from '@sigv4/signer';

import { MIB_10, webStream } from './bodies.ts';
import { CLIENTS } from './clients.ts';
import { CREDENTIALS, header, REGION, text, verdictOf } from './judge.ts';
import { sharedRawServer } from './shared-server.ts';

const server = sharedRawServer();

const OPTIONS = { credentials: CREDENTIALS, region: REGION };
/** S3 takes what is unsigned; so must who judges it. */
const UNSIGNED = { ...OPTIONS, service: 's3', payload: 'unsigned' } as const;

/** The kind of stream that a client sends unread. */
function streamFor(client: string, source: ReadableStream<Uint8Array>): unknown {
  return client === 'axios, http adapter' ? Readable.fromWeb(source as never) : source;
}

function skewed(hours: number): string {
  const date = new Date(Date.now() + hours * 3_600_000).toUTCString();
  return `HTTP/1.1 403 No\r\ndate: ${date}\r\nx-amzn-errortype: RequestTimeTooSkewed`;
}

describe.each(Object.entries(CLIENTS))('%s', (name, make) => {
  describe('a stream that is signed', () => {
    test('is read up to maxBufferedBytes; one byte more is refused, and closes it', async () => {
      const client = make({ ...OPTIONS, maxBufferedBytes: 4 });
      expect(
        await client(`${server.origin}/x`, { method: 'PUT', body: webStream(Buffer.from('abcd')) }),
      ).toBe(200);
      expect(text(server.requests[0])).toBe('abcd');
      let closed = false;
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(5)),
        cancel: () => void (closed = true),
      });
      await expect(client(`${server.origin}/x`, { method: 'PUT', body })).rejects.toMatchObject({
        code: 'ERR_SIGV4_BODY',
        message: expect.stringMatching(
          /more than 4 bytes.*raise maxBufferedBytes.*payload: 'unsigned'.*signChunkedUpload/,
        ),
      });
      expect(closed).toBe(true);
      expect(server.requests).toHaveLength(1);
    });

    test('is read up to 10 MiB by default', async () => {
      const body = webStream(new Uint8Array(MIB_10 + 1));
      await expect(
        make(OPTIONS)(`${server.origin}/x`, { method: 'PUT', body }),
      ).rejects.toMatchObject({ code: 'ERR_SIGV4_BODY' });
      expect(server.requests).toEqual([]);
    });
  });

  describe("with payload: 'unsigned'", () => {
    // Through ky, whatever is sent is a Request, and up to so much of it is read.
    const client = make({ ...UNSIGNED, maxBufferedBytes: 0 });

    test('a stream goes out piece by piece, as it comes', async () => {
      const MIB = 1_048_576;
      const before = server.received();
      let given = 0;
      const source = new ReadableStream<Uint8Array>(
        {
          // Goes on once what it gave has arrived, but for what pipes and sockets hold; who would
          // read it whole before sending waits in vain.
          async pull(controller) {
            if (given === 4 * MIB) return controller.close();
            for (let turn = 0; given - (server.received() - before) > MIB; turn += 1) {
              if (turn === 100_000) throw new Error('what was given does not arrive');
              await setImmediate();
            }
            controller.enqueue(new Uint8Array(65_536).fill(7));
            given += 65_536;
          },
        },
        { highWaterMark: 0 },
      );
      const call = { method: 'PUT', body: streamFor(name, source) };
      expect(await client(`${server.origin}/x`, call)).toBe(200);
      const [request] = server.requests;
      expect(request?.body.length).toBe(4 * MIB);
      expect(header(request, 'x-amz-content-sha256')).toBe('UNSIGNED-PAYLOAD');
      expect(verdictOf(request, 's3')).toMatchObject({ ok: true });
    });

    test('a length that is known goes along', async () => {
      const body = streamFor(name, webStream(Buffer.from('abcdef'), 3));
      const headers = { 'content-length': '6', 'content-type': 'text/x-a' };
      expect(await client(`${server.origin}/x`, { method: 'PUT', headers, body })).toBe(200);
      expect(header(server.requests[0], 'content-length')).toBe('6');
      expect(header(server.requests[0], 'transfer-encoding')).toBeUndefined();
      expect(text(server.requests[0])).toBe('abcdef');
      expect(verdictOf(server.requests[0], 's3')).toMatchObject({ ok: true });
    });

    test('a refused stream is not sent again; the clock is right for the next', async () => {
      const events: SigV4Event[] = [];
      const ours = make({
        ...UNSIGNED,
        maxBufferedBytes: 0,
        onEvent: (event) => events.push(event),
      });
      const put = (): Promise<number> =>
        ours(`${server.origin}/x`, {
          method: 'PUT',
          body: streamFor(name, webStream(Buffer.from('abc'))),
        });
      server.answers.push(skewed(1));
      expect(await put()).toBe(403);
      expect(events.map(({ type }) => type)).toEqual(['rejected']);
      expect(await put()).toBe(200);
      expect(server.requests).toHaveLength(2);
      expect(verdictOf(server.requests[1], 's3')).toMatchObject({ reason: 'not-yet-current' });
    });

    test('a redirect that asks for the stream again is refused', async () => {
      server.answers.push('HTTP/1.1 307 Moved\r\nlocation: /there');
      const body = streamFor(name, webStream(Buffer.from('abc')));
      await expect(client(`${server.origin}/x`, { method: 'PUT', body })).rejects.toMatchObject({
        code: 'ERR_SIGV4_REDIRECT',
        message: expect.stringContaining('asks for the body again'),
      });
      expect(server.requests).toHaveLength(1);
    });

    test('a redirect that asks for something else is followed', async () => {
      server.answers.push('HTTP/1.1 303 See\r\nlocation: /there');
      const body = streamFor(name, webStream(Buffer.from('abc')));
      expect(await client(`${server.origin}/x`, { method: 'PUT', body })).toBe(200);
      const [first, second] = server.requests;
      expect([text(first), second?.method, text(second)]).toEqual(['abc', 'GET', '']);
      expect(verdictOf(second, 's3')).toMatchObject({ ok: true });
    });

    test.each([
      ['a string', () => 'abc'],
      ['bytes', () => new TextEncoder().encode('abc').buffer],
      ['a Blob', () => new Blob(['abc'], { type: 'text/x-a' })],
    ])('%s has its length, and is sent again', async (_kind, body) => {
      const whole = make(UNSIGNED);
      server.answers.push(skewed(1));
      expect(await whole(`${server.origin}/x`, { method: 'PUT', body: body() })).toBe(200);
      for (const request of server.requests) {
        expect(header(request, 'content-length')).toBe('3');
        expect(text(request)).toBe('abc');
      }
      expect(server.requests).toHaveLength(2);
      expect(verdictOf(server.requests[0], 's3')).toMatchObject({ ok: true });
    });
  });
});

test('a form of the form-data package goes out unread, with its boundary signed', async () => {
  const { default: FormDataPackage } = await import('form-data');
  const form = new FormDataPackage();
  form.append('file', Readable.from([Buffer.from('abc')]), 'f.bin');
  const instance = axios.create({ adapter: 'http' });
  instance.interceptors.request.use(sigv4Interceptor(UNSIGNED));
  await instance.post(`${server.origin}/x`, form);
  const [request] = server.requests;
  expect(header(request, 'content-type')).toContain(form.getBoundary());
  expect(text(request)).toContain(`--${form.getBoundary()}--`);
  const verdict = verdictOf(request, 's3');
  expect(verdict).toMatchObject({ ok: true });
  expect(verdict.ok && verdict.signedHeaders).toContain('content-type');
});

test('one call can say that its payload is unsigned', async () => {
  const call = { payload: 'unsigned', service: 's3' } as const;
  const bytes = Buffer.from('abc');
  const body = Readable.from([bytes]);
  const instance = axios.create({ adapter: 'http' });
  instance.interceptors.request.use(sigv4Interceptor({ ...OPTIONS, maxBufferedBytes: 0 }));
  await instance.put(`${server.origin}/x`, body, { sigv4: call } as object);
  const signedFetch = createSignedFetch({ ...OPTIONS, maxBufferedBytes: 0 });
  const init = { method: 'PUT', body: webStream(bytes), duplex: 'half' as const, sigv4: call };
  await signedFetch(`${server.origin}/x`, init);
  for (const request of server.requests) {
    expect(text(request)).toBe('abc');
    expect(header(request, 'transfer-encoding')).toBe('chunked');
    expect(verdictOf(request, 's3')).toMatchObject({ ok: true });
  }
  expect(server.requests).toHaveLength(2);
});

test.each([-1, 1.5, '10', Number.NaN])('maxBufferedBytes: %j is refused', (maxBufferedBytes) => {
  const options = { ...OPTIONS, maxBufferedBytes } as never;
  const message = /^maxBufferedBytes: expected a whole number of bytes, or Infinity/;
  expect(() => sigv4Interceptor(options)).toThrow(message);
  expect(() => createSignedFetch(options)).toThrow(message);
});
