import { describe, expect, test } from 'vitest';

import type { Credentials, SignerOptions } from '@sigv4/signer';

import { CLIENTS } from '../wire/clients.ts';
import { header, REGION } from '../wire/judge.ts';
import { sharedRawServer } from '../wire/shared-server.ts';

const server = sharedRawServer();

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const HOUR = 3_600_000;
const date = (ms: number): string => `\r\ndate: ${new Date(ms).toUTCString()}`;

/** A provider of two sessions: the second one comes when it is asked for another. */
function sessions(expiration?: Date): () => Promise<Credentials> {
  const made = (name: string, until?: Date): Credentials => ({
    accessKeyId: name,
    secretAccessKey: 'secret',
    sessionToken: `token-of-${name}`,
    ...(until && { expiration: until }),
  });
  let current = made('ASIAOLD', expiration);
  return Object.assign(async () => current, {
    invalidate: () => {
      current = made('ASIANEW');
    },
  });
}

interface Cause {
  readonly answer: string;
  readonly method: string;
  readonly mends: 'clock' | 'session';
  readonly expiration?: Date;
  readonly service?: string;
}

const CAUSES: Readonly<Record<string, Cause>> = {
  'a skewed clock, which a header tells': {
    answer: `HTTP/1.1 403 No\r\nx-amzn-errortype: RequestTimeTooSkewed${date(NOW + HOUR)}`,
    method: 'POST',
    mends: 'clock',
  },
  'a skewed clock, of which only the Date tells': {
    answer: `HTTP/1.1 403 No${date(NOW + HOUR)}`,
    method: 'HEAD',
    mends: 'clock',
  },
  'a skewed clock, in a stream that is not read': {
    answer: `HTTP/1.1 403 No\r\ncontent-type: text/event-stream${date(NOW - HOUR)}`,
    method: 'GET',
    mends: 'clock',
  },
  'an ended session, which a header tells': {
    answer: 'HTTP/1.1 403 No\r\nx-amzn-errortype: ExpiredTokenException',
    method: 'HEAD',
    mends: 'session',
  },
  'an ended session, by its expiration and the Date': {
    answer: `HTTP/1.1 403 No${date(NOW + 60_000)}`,
    method: 'HEAD',
    mends: 'session',
    expiration: new Date(NOW + 30_000),
  },
  'an ended session, by its expiration, in a stream that is not read': {
    answer: `HTTP/1.1 401 No\r\ncontent-type: application/octet-stream${date(NOW + 60_000)}`,
    method: 'GET',
    mends: 'session',
    expiration: new Date(NOW + 30_000),
  },
  'an ended session, as S3 answers HEAD': {
    answer: `HTTP/1.1 400 Bad Request\r\nserver: AmazonS3\r\nx-amz-id-2: a${date(NOW)}`,
    method: 'HEAD',
    mends: 'session',
    service: 's3',
  },
};

const FLAGS = [undefined, true, false];
const CASES = Object.entries(CAUSES).flatMap(([name, cause]) =>
  FLAGS.flatMap((clockSkewCorrection) =>
    FLAGS.map((retryRejected) => ({ name, cause, clockSkewCorrection, retryRejected })),
  ),
);

describe.each(Object.entries(CLIENTS))('%s', (_name, make) => {
  test.each(CASES)(
    '$name: clockSkewCorrection $clockSkewCorrection, retryRejected $retryRejected',
    async ({ cause, clockSkewCorrection, retryRejected }) => {
      const { answer, method, mends, expiration, service } = cause;
      const options: SignerOptions = {
        credentials: sessions(expiration),
        region: REGION,
        now: () => NOW,
        clockSkewCorrection,
        retryRejected,
        service,
      };
      const client = make(options);
      server.answers.push(answer);
      const call = { method, ...(method === 'POST' && { body: 'x' }) };
      const status = await client(`${server.origin}/x`, call);
      const isLearned = mends === 'session' || clockSkewCorrection !== false;
      const isSentAgain = isLearned && retryRejected !== false;
      expect(server.requests).toHaveLength(isSentAgain ? 2 : 1);
      expect(status === 200).toBe(isSentAgain);
      // What was learned counts for the next call, whether this one was sent again or not.
      await client(`${server.origin}/x`, call);
      const last = server.requests.at(-1);
      const isNew = header(last, 'authorization')?.includes('ASIANEW');
      const isCorrected = header(last, 'x-amz-date') !== '20260102T030405Z';
      expect({ isNew, isCorrected }).toEqual({
        isNew: mends === 'session',
        isCorrected: mends === 'clock' && isLearned,
      });
    },
  );

  test.each([
    ['a 403 to HEAD in time, of a session that lasts', `HTTP/1.1 403 No${date(NOW)}`, 'HEAD', 's3'],
    [
      'a 400 to HEAD of an API that is not S3',
      `HTTP/1.1 400 No${date(NOW)}`,
      'HEAD',
      'execute-api',
    ],
    ['a 400 with a text', 'HTTP/1.1 400 No', 'GET', 's3'],
    ['an answer from a cache', `HTTP/1.1 403 No${date(NOW + 2 * HOUR)}\r\nage: 9`, 'HEAD', 's3'],
  ])('%s mends nothing', async (_what, answer, method, service) => {
    const credentials = sessions(new Date(NOW + HOUR));
    const client = make({ credentials, region: REGION, now: () => NOW, service });
    server.answers.push(answer);
    await client(`${server.origin}/x`, { method });
    await client(`${server.origin}/x`, { method });
    expect(server.requests).toHaveLength(2);
    expect(header(server.requests[1], 'authorization')).toContain('ASIAOLD');
    expect(header(server.requests[1], 'x-amz-date')).toBe('20260102T030405Z');
  });

  test('an S3 that goes on answering 400 to HEAD costs one session in five minutes', async () => {
    let made = 0;
    const credentials = async (options?: { forceRefresh?: boolean }): Promise<Credentials> => {
      if (options?.forceRefresh) made += 1;
      return { accessKeyId: `ASIA${made}`, secretAccessKey: 's', sessionToken: `t${made}` };
    };
    const client = make({ credentials, region: REGION, service: 's3', now: () => NOW });
    for (let call = 0; call < 5; call += 1) {
      server.answers.push('HTTP/1.1 400 No', 'HTTP/1.1 400 No');
      await client(`${server.origin}/x`, { method: 'HEAD' });
      server.answers.length = 0;
    }
    expect(made).toBe(1);
    expect(server.requests).toHaveLength(6);
  });
});
