import { describe, expect, test } from 'vitest';

import { startLocalAws, type PolicyStatement } from '@sigv4/testing';

import { allow, CALLER, INTERN, OTHER, OWN, policy } from '../world.ts';
import { OBJECTS, start, send, answerOf, signerOf, type Sent } from './bucket-calls.ts';
import { ACCOUNTS } from './start.ts';

describe('a signature that is refused', () => {
  const at = { method: 'PUT', body: 'hello' };

  test('of another secret: with the canonical request, which is shown in aws.requests too', async () => {
    await using aws = await start();
    const own = aws.credentialsOf(CALLER);
    const credentials = { ...own, secretAccessKey: 'x'.repeat(40) };
    const answer = await send(aws, '/a%20b', at, { credentials });
    expect([answer.status, answer.code]).toEqual([403, 'SignatureDoesNotMatch']);
    const { host } = new URL(aws.buckets.photos.url);
    expect(answer.text).toContain(`<AWSAccessKeyId>${own.accessKeyId}</AWSAccessKeyId>`);
    expect(answer.text).toContain(`<CanonicalRequest>PUT\n/photos/a%20b\n\n`);
    expect(answer.text).toContain(`host:${host}\n`);
    expect(answer.text).toMatch(/<CanonicalRequestBytes>50 55 54 0a 2f /);
    expect(answer.text).toMatch(/<StringToSign>AWS4-HMAC-SHA256\n/);
    expect(answer.text).toMatch(/<SignatureProvided>[0-9a-f]{64}</);
    expect(aws.requests.at(-1)).toMatchObject({ verdict: 'refused', status: 403 });
    expect(aws.requests.at(-1)?.because).toMatch(/the secret is not the one of this access key/);
    expect(aws.buckets.photos.objects.size).toBe(0);
  });

  test('of another body than the one that arrives', async () => {
    await using aws = await start();
    const url = `${aws.buckets.photos.url}/a`;
    const signed = await signerOf(aws).sign({ method: 'PUT', url, body: 'hello' });
    const answer = await answerOf(await fetch(url, { ...signed, body: 'jello' }));
    expect([answer.status, answer.code]).toEqual([400, 'XAmzContentSHA256Mismatch']);
    expect(aws.buckets.photos.objects.size).toBe(0);
  });

  test.each([
    [-16, 'RequestTimeTooSkewed'],
    [-14, undefined],
    [14, undefined],
    [16, 'RequestTimeTooSkewed'],
  ])('by a clock that is %d minutes off', async (minutes, code) => {
    await using aws = await start();
    const now = (): number => aws.clock.now() + minutes * 60_000;
    const answer = await send(aws, '/a', at, { now });
    expect(answer.code).toBe(code);
    if (code === undefined) return;
    expect(answer.text).toMatch(
      /<RequestTime>\d{8}T\d{6}Z<\/RequestTime>\s*<ServerTime>.*<\/ServerTime>\s*<MaxAllowedSkewMilliseconds>900000</,
    );
  });

  test('for another region or service: the right one is told, to HEAD in a header', async () => {
    await using aws = await start({ objects: OBJECTS });
    const region = await send(aws, '/a.txt', {}, { region: 'us-east-2' });
    expect([region.status, region.code]).toEqual([400, 'AuthorizationHeaderMalformed']);
    expect(region.text).toContain(
      "the region 'us-east-2' is wrong; expecting 'eu-west-1'</Message>",
    );
    expect(region.text).toContain('<Region>eu-west-1</Region>');
    const head = await send(aws, '/a.txt', { method: 'HEAD' }, { region: 'us-east-2' });
    expect([head.status, head.text]).toEqual([400, '']);
    expect(head.headers.get('content-length')).toBe('0');
    expect(head.headers.get('x-amz-bucket-region')).toBe('eu-west-1');
    const service = await send(aws, '/a.txt', {}, { service: 'execute-api' });
    expect(service.text).toContain(
      'incorrect service "execute-api". This endpoint belongs to "s3".',
    );
  });

  test('of a session that has ended, or that there is not', async () => {
    await using aws = await startLocalAws({
      accounts: {
        [OWN]: {
          roles: { reader: { trust: policy(), policies: [allow('s3:*')] } },
        },
      },
      buckets: { photos: { account: OWN, objects: OBJECTS } },
    });
    const role = `arn:aws:iam::${OWN}:role/reader`;
    const credentials = aws.credentialsOf(role);
    expect((await send(aws, '/a.txt', { as: role }, { credentials })).status).toBe(200);
    const wrong = { ...credentials, sessionToken: 'x' };
    expect((await send(aws, '/a.txt', { as: role }, { credentials: wrong })).code).toBe(
      'InvalidToken',
    );
    aws.clock.advance('2h');
    const ended = await send(aws, '/a.txt', { as: role }, { credentials });
    expect([ended.status, ended.code]).toEqual([400, 'ExpiredToken']);
    const unknown = { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' };
    const none = await send(aws, '/a.txt', { as: role }, { credentials: unknown });
    expect([none.status, none.code]).toEqual([403, 'InvalidAccessKeyId']);
  });

  test.each<[string, (url: string) => string, string]>([
    [
      'expired later than a week',
      (url) => url.replace('X-Amz-Expires=60', 'X-Amz-Expires=604801'),
      'AuthorizationQueryParametersError',
    ],
    [
      'without its expiry',
      (url) => url.replace('X-Amz-Expires=60&', ''),
      'AuthorizationQueryParametersError',
    ],
    ['changed', (url) => url.replace('/a.txt', '/b.txt'), 'SignatureDoesNotMatch'],
    [
      'with another override',
      (url) => `${url}&response-content-type=text/html`,
      'SignatureDoesNotMatch',
    ],
  ])('a presigned URL, %s', async (_name, change, code) => {
    await using aws = await start({ objects: OBJECTS });
    const url = await signerOf(aws).presign(
      { method: 'GET', url: `${aws.buckets.photos.url}/a.txt` },
      { expiresIn: 60 },
    );
    expect((await fetch(url)).status).toBe(200);
    expect((await answerOf(await fetch(change(url.href)))).code).toBe(code);
  });

  test('a header that was added and not signed', async () => {
    await using aws = await start();
    const url = await signerOf(aws).presign({ method: 'PUT', url: `${aws.buckets.photos.url}/a` });
    const answer = await answerOf(
      await fetch(url, { method: 'PUT', headers: { 'x-amz-meta-a': 'b' } }),
    );
    expect([answer.status, answer.code]).toEqual([403, 'AccessDenied']);
    expect(answer.text).toContain('<HeadersNotSigned>x-amz-meta-a</HeadersNotSigned>');
  });
});

describe('policies', () => {
  const role = `arn:aws:iam::${OTHER}:role/orders-invoke`;
  const statement = (more: Partial<PolicyStatement>): PolicyStatement => ({
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:GetObject',
    Resource: 'arn:aws:s3:::photos/*',
    ...more,
  });

  test('what is not allowed is denied in the words of AWS, and why is in aws.requests', async () => {
    await using aws = await start({ objects: OBJECTS });
    const intern = await send(aws, '/a.txt', { as: INTERN });
    expect([intern.status, intern.code]).toEqual([403, 'AccessDenied']);
    expect(intern.text).toContain(
      `User: ${INTERN} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::photos/a.txt" because no identity-based policy allows the s3:GetObject action`,
    );
    expect(String(aws.requests.at(-1))).toMatch(
      /^GET GetObject \/photos\/a.txt → 403 refused, .*intern: User: .*Why: identity policies: nothing is allowed/,
    );
    const unsigned = await answerOf(await fetch(`${aws.buckets.photos.url}/a.txt`));
    expect([unsigned.status, unsigned.code]).toEqual([403, 'AccessDenied']);
    expect(unsigned.text).toContain('<Message>Access Denied</Message>');
  });

  test('who may not list a bucket is not told that a key is missing', async () => {
    const policies = [policy(statement({}))];
    await using aws = await start({ objects: OBJECTS, policies });
    expect((await send(aws, '/b.txt')).code).toBe('NoSuchKey');
    expect((await send(aws, '/b.txt', { as: INTERN })).code).toBe('AccessDenied');
    expect(aws.requests.at(-1)?.because).toMatch(
      /there is no object b.txt, and who may not s3:List/,
    );
    expect((await send(aws, '/a.txt', { as: INTERN })).status).toBe(200);
  });

  test.each<[string, Partial<PolicyStatement>, Sent & { path?: string }, number]>([
    ['everyone reads', {}, { as: INTERN }, 200],
    ['a Deny wins', { Effect: 'Deny' }, { as: CALLER }, 403],
    ['only below a prefix', { Resource: 'arn:aws:s3:::photos/b/*' }, { as: INTERN }, 403],
    [
      'only in a header',
      { Condition: { StringEquals: { 's3:authType': 'REST-QUERY-STRING' } } },
      { as: INTERN },
      403,
    ],
    [
      'a signed payload',
      {
        Effect: 'Deny',
        Condition: { StringEquals: { 's3:x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
      },
      { as: CALLER },
      200,
    ],
    [
      'a list of a prefix',
      {
        Action: 's3:ListBucket',
        Resource: 'arn:aws:s3:::photos',
        Condition: {
          StringEquals: { 's3:prefix': 'home/' },
          NumericLessThan: { 's3:max-keys': '11' },
        },
      },
      { as: INTERN, path: '?list-type=2&prefix=home%2F&max-keys=10' },
      200,
    ],
    [
      'a list of another prefix',
      {
        Action: 's3:ListBucket',
        Resource: 'arn:aws:s3:::photos',
        Condition: { StringEquals: { 's3:prefix': 'home/' } },
      },
      { as: INTERN, path: '?list-type=2&prefix=work%2F' },
      403,
    ],
  ])('%s', async (_name, more, { path = '/a.txt', ...sent }, status) => {
    await using aws = await start({ objects: OBJECTS, policies: [policy(statement(more))] });
    expect((await send(aws, path, sent)).status).toBe(status);
  });

  test('an old signature in a URL can be refused', async () => {
    const old = statement({
      Effect: 'Deny',
      Condition: { NumericGreaterThan: { 's3:signatureAge': '60000' } },
    });
    await using aws = await start({ objects: OBJECTS, policies: [policy(old)] });
    const url = await signerOf(aws).presign(
      { method: 'GET', url: `${aws.buckets.photos.url}/a.txt` },
      { expiresIn: 600 },
    );
    expect((await fetch(url)).status).toBe(200);
    aws.clock.advance('61s');
    const late = await answerOf(await fetch(url));
    expect(late.text).toContain('with an explicit deny in a resource-based policy');
  });

  test('another account needs both sides', async () => {
    const mine = statement({ Principal: { AWS: OTHER } });
    const accounts = {
      ...ACCOUNTS,
      [OTHER]: {
        roles: {
          'orders-invoke': {
            trust: policy(),
            policies: [allow('s3:GetObject', 'arn:aws:s3:::photos/*')],
          },
          none: { trust: policy() },
        },
      },
    };
    for (const [policies, as, status] of [
      [[], role, 403],
      [[policy(mine)], role, 200],
      [[policy(mine)], `arn:aws:iam::${OTHER}:role/none`, 403],
    ] as const) {
      await using aws = await startLocalAws({
        accounts,
        buckets: { photos: { account: OWN, policies, objects: OBJECTS } },
      });
      const answer = await send(aws, '/a.txt', { as });
      expect(answer.status).toBe(status);
      expect(answer.text.includes('<Message>Access Denied</Message>')).toBe(status === 403);
    }
  });

  test('a public bucket is read without a signature, but not with overrides', async () => {
    await using aws = await start({ objects: OBJECTS, policies: [policy(statement({}))] });
    const url = `${aws.buckets.photos.url}/a.txt`;
    expect((await fetch(url)).status).toBe(200);
    const answer = await answerOf(await fetch(`${url}?response-content-type=text/html`));
    expect([answer.status, answer.code]).toEqual([400, 'InvalidRequest']);
  });
});
