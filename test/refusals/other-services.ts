import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { verifySignature, type RawRequest, type Verdict } from '@sigv4/testing';

export const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

type Refused = Extract<Verdict, { ok: false }>;

/** A service with signatures of its own kind, whose refusals are not those of API Gateway. */
export interface OtherService {
  readonly name: string;
  readonly region: string;
  readonly refuse: (verdict: Refused, request: RawRequest) => Answer;
}

function xml(status: number, code: string, elements: Record<string, string>): Answer {
  const told = Object.entries({ Code: code, ...elements }).map(
    ([name, text]) =>
      `<${name}>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll('\n', '&#10;')}</${name}>`,
  );
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${told.join('')}</Error>`,
  };
}

/** @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
export const S3: OtherService = {
  name: 's3',
  region: 'eu-west-1',
  refuse: ({ reason, canonicalRequest = '', stringToSign = '', message }, { rawHeaders, body }) => {
    const told = rawHeaders.find(([name]) => name.toLowerCase() === 'x-amz-content-sha256')?.[1];
    if (reason === 'mismatch' && told !== createHash('sha256').update(body).digest('hex')) {
      return xml(400, 'XAmzContentSHA256Mismatch', {
        Message: "The provided 'x-amz-content-sha256' header does not match what was computed.",
      });
    }
    if (reason === 'wrong-scope') {
      const region = /valid region, not '([^']*)'/.exec(message)?.[1];
      return xml(400, 'AuthorizationHeaderMalformed', {
        Message: `The authorization header is malformed; the region '${region}' is wrong; expecting 'eu-west-1'`,
        Region: 'eu-west-1',
      });
    }
    return xml(403, 'SignatureDoesNotMatch', {
      Message:
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      StringToSign: stringToSign,
      CanonicalRequest: canonicalRequest,
      CanonicalRequestBytes: Array.from(Buffer.from(canonicalRequest), (byte) =>
        byte.toString(16).padStart(2, '0'),
      ).join(' '),
    });
  },
};

/** A function URL tells the type, and no more. */
export const FUNCTION_URL: OtherService = {
  name: 'lambda',
  region: 'eu-west-1',
  refuse: ({ type }) => ({
    status: 403,
    headers: { 'content-type': 'application/json', 'x-amzn-ErrorType': type },
    body: '{"Message":"Forbidden"}',
  }),
};

export interface Running {
  readonly origin: string;
  close(): Promise<void>;
}

/**
 * @param quirk makes another verdict of what the verifier says
 */
export async function startService(
  service: OtherService,
  quirk: (verdict: Verdict, request: RawRequest) => Verdict = (verdict) => verdict,
): Promise<Running> {
  const server = createServer(async (incoming, outgoing) => {
    const { rawHeaders, method = '', url: target = '' } = incoming;
    const request: RawRequest = {
      method,
      target,
      rawHeaders: rawHeaders.flatMap((name, at) =>
        at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as const] : [],
      ),
      body: Buffer.concat(await incoming.toArray()),
    };
    const verified = verifySignature(request, {
      keys: (id) => (id === KEY.accessKeyId ? KEY : undefined),
      service: service.name,
      region: service.region,
    });
    const verdict = quirk(verified, request);
    const answer = verdict.ok
      ? { status: 200, headers: {}, body: '' }
      : service.refuse(verdict, request);
    outgoing.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
