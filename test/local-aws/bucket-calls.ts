import { request as httpsRequest } from 'node:https';

import { createSigner, type SignedRequest, type Signer, type SignerOptions } from '@sigv4/signer';
import { startLocalAws, type BucketDefinition, type LocalAws } from '@sigv4/testing';

import { CALLER, OWN } from '../world.ts';
import { ACCOUNTS } from './start.ts';

export type Aws = LocalAws<string, 'photos'>;

export function start(photos: Partial<BucketDefinition> = {}): Promise<Aws> {
  const buckets = { photos: { account: OWN, ...photos } };
  return startLocalAws({ accounts: ACCOUNTS, buckets });
}

export const OBJECTS = { 'a.txt': { body: '0123456789', contentType: 'text/plain' } };

export function signerOf(aws: Aws, arn = CALLER, more: Partial<SignerOptions> = {}): Signer {
  return createSigner({
    credentials: aws.credentialsOf(arn),
    service: 's3',
    region: aws.region,
    now: aws.clock.now,
    ...more,
  });
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly as?: string;
}

/** Signs below the bucket's URL, sends it as it is, and reads the answer. */
export async function send(
  aws: Aws,
  path: string,
  { method = 'GET', headers = {}, body, as = CALLER }: Sent = {},
  more: Partial<SignerOptions> = {},
): Promise<Answer> {
  const url = aws.buckets.photos.url + path;
  const signed = await signerOf(aws, as, more).sign({
    method,
    url,
    headers,
    ...(body !== undefined && { body }),
  });
  return answerOf(await fetch(signed.url, { ...signed, body: body ?? null, redirect: 'manual' }));
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly code: string | undefined;
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const code = /<Code>(.*?)<\/Code>/.exec(text)?.[1];
  return { status: response.status, headers: response.headers, text, code };
}

/** By a host name of AWS, over TLS. */
export async function byName(
  aws: Aws,
  url: string,
  { method, headers, body }: Pick<SignedRequest, 'method' | 'headers' | 'body'>,
): Promise<{ status: number; headers: Headers; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(url, { method, headers, agent: aws.httpsAgent }, (message) => {
      let text = '';
      message.setEncoding('utf8');
      message.on('data', (chunk: string) => (text += chunk));
      message.on('end', () =>
        resolve({
          status: message.statusCode ?? 0,
          headers: new Headers(message.headers as Record<string, string>),
          text,
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
