import fc from 'fast-check';
import { expect, test } from 'vitest';

import { createSigner, type SignedRequest } from '@sigv4/signer';
import { smithyEngine } from '@sigv4/signer/smithy';
import { verifySignature, type RawRequest } from '@sigv4/testing';

import { signing } from './requests.ts';
import { smithyAuthorization, smithySigner } from './smithy-signer.ts';

const REGION = 'eu-west-1';

/** Set SEED to run the same requests again; a failure prints its own. */
const parameters = {
  numRuns: 9500,
  ...(process.env['SEED'] ? { seed: Number(process.env['SEED']) } : undefined),
};

test("ours, AWS's @smithy/signature-v4 and the verifier agree on every request", async () => {
  let byEngine = 0;
  let byItself = 0;
  await fc.assert(
    fc.asyncProperty(signing, async (given) => {
      const { request, sessionToken, secretAccessKey, service, signatureIn, expiresIn, date } =
        given;
      const credentials = {
        accessKeyId: 'AKIDEXAMPLE',
        secretAccessKey,
        ...(sessionToken === undefined ? undefined : { sessionToken }),
      };
      const options = { credentials, service, region: REGION, signatureIn };
      // A signature in the header has no lifetime.
      const ofCall = { date, ...(signatureIn === 'query' && { expiresIn }) };
      const sent = await createSigner(options)
        .sign(request, ofCall)
        .catch((error: unknown) => {
          // Of S3, segments that no client sends are refused.
          if (service !== 's3' || !String(error).includes('segment')) throw error;
        });
      if (sent === undefined) return;

      const verdict = verifySignature(rawRequest(sent), {
        keys: () => ({ secretAccessKey, sessionToken }),
        service,
        region: REGION,
        now: () => date.getTime(),
      });
      expect(verdict).toMatchObject({
        ok: true,
        canonicalRequest: sent.canonicalRequest,
        stringToSign: sent.stringToSign,
      });

      if (!canBeTold(sent)) return;
      byEngine += 1;
      const smithyMade = createSigner({ ...options, engine: smithyEngine() });
      expect(await smithyMade.sign(request, ofCall)).toEqual(sent);

      // All by itself, smithy takes what is unsigned from a header that it then signs.
      if (signatureIn === 'query' || service === 's3') return;
      byItself += 1;
      const smithy = smithySigner({ ...credentials, service, region: REGION });
      expect(await smithyAuthorization(sent, smithy, date)).toBe(sent.headers['authorization']);
    }),
    parameters,
  );
  expect(byEngine).toBeGreaterThanOrEqual(3000);
  expect(byItself).toBeGreaterThanOrEqual(2000);
}, 120_000);

function rawRequest({ method, url, headers, body }: SignedRequest): RawRequest {
  const { host, origin } = new URL(url);
  return {
    method,
    target: url.slice(origin.length),
    rawHeaders: [['Host', host], ...Object.entries(headers)],
    body: typeof body === 'string' ? new TextEncoder().encode(body) : (body ?? new Uint8Array()),
  };
}

/**
 * smithy takes the query decoded, and not all bytes are UTF-8; it keeps parameters in plain
 * objects, where one called __proto__ is lost.
 */
function canBeTold({ url, headers }: SignedRequest): boolean {
  const { search } = new URL(url);
  try {
    decodeURIComponent(search);
  } catch {
    return false;
  }
  return !search.includes('__proto__') && !('__proto__' in headers);
}
