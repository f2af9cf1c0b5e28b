import { EventEmitter } from 'node:events';
import { Readable } from 'node:stream';

import { expect, test } from 'vitest';

import { readContent } from '@sigv4/signer';

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

test('a stream that was read before is refused, not waited for', async () => {
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
