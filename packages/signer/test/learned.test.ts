import { describe, expect, test } from 'vitest';

import { answer, API, NOW, renewedSessions, testSigner } from './fixtures.ts';

const OTHER = 'https://xyz789.execute-api.eu-west-1.amazonaws.com/prod/orders';
const HOUR = 3_600_000;

/** As AWS refuses a request whose date is an hour too early. */
function tooEarly(): Response {
  return answer(403, 'Signature expired: 20260102T030405Z is now earlier than …', {
    'x-amzn-errortype': 'InvalidSignatureException',
    date: new Date(NOW + HOUR).toUTCString(),
  });
}

test('the clock offset that one origin taught counts for no other origin', async () => {
  const signer = testSigner();
  const answers = [tooEarly(), answer(200, '', { date: new Date(NOW + HOUR).toUTCString() })];
  await signer.send({ method: 'GET', url: API }, async () => answers.shift() as Response);
  const dates = async (url: string): Promise<(string | null | undefined)[]> => [
    (await signer.sign({ method: 'GET', url })).headers['x-amz-date'],
    (await signer.presign(url)).searchParams.get('X-Amz-Date'),
  ];
  expect(await dates(API)).toEqual(['20260102T040405Z', '20260102T040405Z']);
  for (const url of [OTHER, API.replace('amazonaws.com', 'amazonaws.com:8443')]) {
    expect(await dates(url)).toEqual(['20260102T030405Z', '20260102T030405Z']);
  }
});

describe.each([
  ['token-expired', 'The security token included in the request is expired'],
  ['token-invalid', 'The security token included in the request is invalid.'],
])('1,000 calls in five minutes that are refused as %s', (_reason, message) => {
  test.each([1, 50])('%i at a time cost a handful of sessions', async (width) => {
    const credentials = renewedSessions();
    let time = NOW;
    let sent = 0;
    const signer = testSigner({ credentials, now: () => time });
    const call = async (): Promise<number> => {
      const { status } = await signer.send({ method: 'GET', url: API }, async () => {
        sent += 1;
        return answer(403, message);
      });
      return status;
    };
    const wave = (): Promise<number[]> => Promise.all(Array.from({ length: width }, call));
    expect(await wave()).toEqual(Array.from({ length: width }, () => 403));
    const ofFirstWave = sent;
    expect(ofFirstWave).toBeLessThanOrEqual(2 * width);
    for (let calls = width; calls < 1000; calls += width) {
      time += 290 * width;
      await wave();
    }
    expect(credentials.refreshes).toBeLessThanOrEqual(5);
    // Once it is known that fresh credentials are refused too, no call is sent a second time.
    expect(sent - ofFirstWave).toBe(1000 - width);
    time = NOW + 301_000;
    await call();
    expect(credentials.refreshes).toBeLessThanOrEqual(6);
  });

  test('another origin can still have credentials renewed', async () => {
    const credentials = renewedSessions();
    const signer = testSigner({ credentials });
    const refuse = async (): Promise<Response> => answer(403, message);
    await signer.send({ method: 'GET', url: API }, refuse);
    await signer.send({ method: 'GET', url: API }, refuse);
    const before = credentials.refreshes;
    await signer.send({ method: 'GET', url: OTHER }, refuse);
    expect(credentials.refreshes).toBe(before + 1);
  });
});
