import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';

import { describe, expect, test } from 'vitest';

import { readContent } from '@sigv4/signer/client';

const abc = (): Uint8Array => new TextEncoder().encode('abc');

/** As the form-data package: a stream of the first kind, without iteration. */
function oldStream(): EventEmitter {
  const stream: EventEmitter = Object.assign(new EventEmitter(), {
    pipe: () => {},
    getHeaders: () => ({ 'content-type': 'multipart/form-data; boundary=b' }),
    resume: () => {
      stream.emit('data', 'a');
      stream.emit('data', Buffer.from('bc'));
      stream.emit('end');
    },
  });
  return stream;
}

test.each<[string, () => unknown, string | null, boolean]>([
  ['a string', () => 'abc', 'text/plain;charset=UTF-8', false],
  ['bytes', abc, null, false],
  ['a Buffer', () => Buffer.from('abc'), null, false],
  [
    'a view into a larger buffer',
    () => new Uint8Array(Buffer.from('xabcx')).subarray(1, 4),
    null,
    false,
  ],
  ['a DataView', () => new DataView(abc().buffer), null, false],
  ['an ArrayBuffer', () => abc().buffer, null, false],
  ['a Blob', () => new Blob(['abc']), null, false],
  ['a typed Blob', () => new Blob(['abc'], { type: 'text/x-a' }), 'text/x-a', false],
  ['a File', () => new File(['abc'], 'a.txt', { type: 'text/x-a' }), 'text/x-a', false],
  [
    'a Request',
    () => new Request('https://x.example', { method: 'POST', body: 'abc' }),
    'text/plain;charset=UTF-8',
    true,
  ],
  ['a stream of the web', () => new Blob(['abc']).stream(), null, true],
  ['a stream of Node', () => Readable.from([Buffer.from('a'), Buffer.from('bc')]), null, true],
  [
    'an async iterable',
    async function* () {
      yield abc();
    },
    null,
    true,
  ],
  ['the form-data package', oldStream, 'multipart/form-data; boundary=b', true],
])('%s', async (_name, make, type, usedUp) => {
  const content = await readContent(make());
  const text =
    typeof content.bytes === 'string' ? content.bytes : new TextDecoder().decode(content.bytes);
  expect({ ...content, bytes: text }).toEqual({ bytes: 'abc', type, usedUp });
});

test('bytes are not copied', async () => {
  const bytes = abc();
  expect((await readContent(bytes)).bytes).toHaveProperty('buffer', bytes.buffer);
});

test('a form has the boundary that its type names, and a query its type', async () => {
  const form = new FormData();
  form.append('a', 'b');
  const { bytes, type } = await readContent(form);
  const boundary = /boundary=(.*)/.exec(type ?? '')?.[1] ?? 'none';
  expect(Buffer.from(bytes).toString()).toContain(`--${boundary}--`);
  expect(await readContent(new URLSearchParams('a=b c'))).toMatchObject({
    type: 'application/x-www-form-urlencoded;charset=UTF-8',
  });
});

test.each<[string, () => unknown, RegExp]>([
  ['an object', () => ({ a: 1 }), /cannot turn Object into bytes/],
  ['null', () => null, /cannot turn Null/],
  ['a function', () => () => {}, /cannot turn Function/],
  ['a stream that was destroyed', () => Readable.from(['a']).destroy(), /read or destroyed before/],
])('%s is refused', async (_name, make, message) => {
  await expect(readContent(make())).rejects.toMatchObject({
    code: 'ERR_SIGV4_BODY',
    message: expect.stringMatching(message),
  });
});

test('a stream that was read before is refused at once', async () => {
  const stream = Readable.from([Buffer.from('a')]);
  await readContent(stream);
  await expect(readContent(stream)).rejects.toMatchObject({ code: 'ERR_SIGV4_BODY' });
});

test("a stream's own failure is the caller's", async () => {
  const failure = new Error('disk');
  const failing = new Readable({
    read() {
      this.destroy(failure);
    },
  });
  await expect(readContent(failing)).rejects.toBe(failure);
  const closing = new Readable({
    read() {
      this.destroy();
    },
  });
  await expect(readContent(closing)).rejects.toMatchObject({ code: 'ERR_SIGV4_BODY' });
});

describe('what is read of a stream is bounded', () => {
  const bytes = new Uint8Array(10);
  const STREAMS: readonly [string, () => unknown][] = [
    ['of the web', () => new Blob([bytes]).stream()],
    ['of Node', () => Readable.from([bytes])],
    ['of a Request', () => new Request('https://x.example', { method: 'POST', body: bytes })],
    ['of a Response', () => new Response(bytes)],
    [
      'an async iterable',
      () =>
        (async function* () {
          yield bytes;
        })(),
    ],
  ];

  test.each(STREAMS)('%s is read up to the limit, and no byte more', async (_name, make) => {
    expect((await readContent(make(), 10)).bytes).toHaveLength(10);
    await expect(readContent(make(), 9)).rejects.toMatchObject({
      code: 'ERR_SIGV4_BODY',
      message: expect.stringContaining('more than 9 bytes'),
    });
  });

  test('a stream without an end is closed, and not read on', async () => {
    let closed = 0;
    const endless = (async function* () {
      try {
        for (;;) yield bytes;
      } finally {
        closed += 1;
      }
    })();
    const node = Readable.from(
      (async function* () {
        for (;;) yield bytes;
      })(),
    );
    for (const stream of [endless, node]) {
      await expect(readContent(stream, 1000)).rejects.toMatchObject({ code: 'ERR_SIGV4_BODY' });
    }
    expect(closed).toBe(1);
    expect(node.destroyed).toBe(true);
  });

  test('a body that has a size of its own has no limit', async () => {
    for (const body of ['0123456789', bytes, new Blob([bytes])]) {
      expect((await readContent(body, 1)).bytes).toHaveLength(10);
    }
  });
});

test('a stream of text is its UTF-8 bytes, one of objects is refused', async () => {
  const { bytes } = await readContent(Readable.from(['ü', '€']));
  expect(Buffer.from(bytes).toString()).toBe('ü€');
  await expect(readContent(Readable.from([{ a: 1 }]))).rejects.toMatchObject({
    code: 'ERR_SIGV4_BODY',
    message: expect.stringContaining('something else than bytes or strings'),
  });
});

test('a web stream that was read before, or is being read, is refused as fetch does', async () => {
  const read = new Blob(['abc']).stream();
  const reader = read.getReader();
  while (!(await reader.read()).done);
  await expect(readContent(read)).rejects.toThrow(TypeError);
  reader.releaseLock();
  await expect(readContent(read)).rejects.toThrow(TypeError);
  const twice = new Blob(['abc']).stream();
  await readContent(twice);
  await expect(readContent(twice)).rejects.toThrow(TypeError);
});

test('a Request that was used is refused as fetch does', async () => {
  const request = new Request('https://x.example', { method: 'POST', body: 'abc' });
  await request.text();
  await expect(readContent(request)).rejects.toThrow(TypeError);
  const inPart = new Request('https://x.example', { method: 'POST', body: 'abc' });
  const reader = inPart.body?.getReader();
  await reader?.read();
  reader?.releaseLock();
  await expect(readContent(inPart)).rejects.toThrow(TypeError);
});

// Firefox.
test('a Request that shows no stream is read', async () => {
  const headers = new Headers();
  const request = { headers, arrayBuffer: async () => abc().buffer, bodyUsed: false };
  expect(Buffer.from((await readContent(request)).bytes).toString()).toBe('abc');
});

test('a Response of another fetch, whose body is a stream of Node, is read', async () => {
  const response = {
    body: Readable.from([Buffer.from('a'), Buffer.from('bc')]),
    bodyUsed: false,
    headers: new Headers({ 'content-type': 'text/x-a' }),
    arrayBuffer: () => Promise.reject(new Error('has no limit')),
  };
  const { bytes, type } = await readContent(response);
  expect({ bytes: Buffer.from(bytes).toString(), type }).toEqual({
    bytes: 'abc',
    type: 'text/x-a',
  });
});
