import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

import type { Answer } from '@sigv4/signer';
import { mayBeRejection, quotedSecrets } from '@sigv4/signer/client';

/** An answer as it came over the wire. */
export class HttpAnswer implements Answer {
  readonly status: number;
  /** Such as `HTTP/1.1 200 OK`. */
  readonly statusLine: string;
  /** In their order, and in the spelling of the server. */
  readonly headerPairs: readonly (readonly [name: string, value: string])[];
  readonly headers: { get(name: string): string | null };
  readonly body: { cancel(): Promise<void> };
  readonly #message: IncomingMessage;
  /** Only of what may be a refusal, so that a good answer does not load Node's fetch. */
  readonly #response: Response | undefined;

  constructor(message: IncomingMessage, decodes: boolean) {
    const { statusCode = 0, statusMessage = '', httpVersion, rawHeaders, headers } = message;
    this.status = statusCode;
    this.statusLine = `HTTP/${httpVersion} ${statusCode} ${statusMessage}`.trimEnd();
    this.headerPairs = rawHeaders.flatMap((name, at) =>
      at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : [],
    );
    this.headers = { get: (name) => headers[name.toLowerCase()]?.toString() ?? null };
    this.#message = message;
    this.body = {
      cancel: async () => {
        message.destroy();
      },
    };
    const readable = decodes ? decoded(message, this.headers.get('content-encoding')) : message;
    this.#content = readable;
    if (mayBeRejection(statusCode)) {
      this.#response = new Response(Readable.toWeb(readable) as ReadableStream, {
        status: statusCode,
      });
    }
  }

  readonly #content: Readable;

  clone(): ReturnType<Answer['clone']> {
    return this.#response?.clone() ?? new Response();
  }

  /** The body. What a refusal quotes of the request's secrets is left out. */
  content(): Readable {
    const body = this.#response?.body;
    if (!body) return this.#content;
    const redaction = quotedSecrets(this)?.redaction;
    return Readable.fromWeb((redaction ? redaction.stream(body) : body) as never);
  }

  /** Bytes that are to come; `undefined` if the server does not tell. */
  get length(): number | undefined {
    const told = this.headers.get('content-length');
    return told === null || this.#content !== this.#message ? undefined : Number(told);
  }
}

function decoded(message: IncomingMessage, encoding: string | null): Readable {
  const makers = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress };
  const make = Object.hasOwn(makers, encoding ?? '')
    ? makers[encoding as keyof typeof makers]
    : undefined;
  if (make === undefined) return message;
  const decoder = make();
  // The reader of the decoder learns that the connection broke.
  message.on('error', (error) => decoder.destroy(error));
  return message.pipe(decoder);
}
