import { Readable } from 'node:stream';

import FormDataPackage from 'form-data';

import { TEXT, WEB_BODIES, type Body } from './bodies.ts';

const BYTES = Buffer.from(TEXT);

function formPackage(): FormDataPackage {
  const form = new FormDataPackage();
  form.append('a', TEXT);
  form.append('file', Readable.from([BYTES]), {
    filename: 'f.bin',
    contentType: 'application/x-a',
  });
  return form;
}

/** Those of Node: {@link WEB_BODIES}, and what only Node has. */
export const BODIES: readonly Body[] = [
  ...WEB_BODIES,
  { name: 'a Buffer of a pool', make: () => Buffer.from(TEXT), bytes: BYTES },
  {
    name: 'a Node stream',
    make: () => Readable.from([BYTES.subarray(0, 3), BYTES.subarray(3)]),
    bytes: BYTES,
  },
  {
    name: 'the form-data package',
    make: formPackage,
    bytes: Buffer.from(
      [
        `--BOUNDARY\r\nContent-Disposition: form-data; name="a"\r\n\r\n${TEXT}`,
        '\r\n--BOUNDARY\r\nContent-Disposition: form-data; name="file"; filename="f.bin"\r\n',
        `Content-Type: application/x-a\r\n\r\n${TEXT}\r\n--BOUNDARY--`,
      ].join(''),
    ),
  },
];
