import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createSigner } from '@sigv4/signer';
import type { PolicyDocument, PolicyStatement } from '@sigv4/testing';
import { describe, expect, test } from 'vitest';

import { OWN, policy } from '../../world.ts';
import { Kit } from './kit.ts';
import { INTERN, OPS, type Added } from './world.ts';

export function testRefusals(kit: () => Kit, consumer: () => string): void {
  test.each<[name: string, args: () => string[], as?: 'intern' | 'wrong']>([
    ['denied', () => [`${kit().url('own')}/orders/7`], 'intern'],
    ['denied-json', () => ['--output', 'json', `${kit().url('own')}/orders/7`], 'intern'],
    ['denied-verbose', () => ['-v', `${kit().url('own')}/orders/7`], 'intern'],
    ['denied-across-accounts', () => [`${kit().url('other')}/orders/7`]],
    ['wrong-secret', () => ['-i', `${kit().url('own')}/a`], 'wrong'],
    ['wrong-region', () => ['--region', 'us-east-1', `${kit().url('own')}/a`]],
    ['no-such-stage', () => [`${kit().url('own').replace('prod', 'test')}/a`]],
    ['http-api', () => [...kit().toLocal, `${kit().hostUrl('web')}/orders`], 'intern'],
    ['function-url', () => [...kit().toLocal, kit().hostUrl('fn')], 'intern'],
    ['no-role', () => ['--role-arn', OPS, `${kit().url('other')}/a`], 'intern'],
    ['silent', () => ['-s', `${kit().url('own')}/a`], 'intern'],
    ['silent-show-error', () => ['-sS', `${kit().url('own')}/a`], 'intern'],
  ])('is explained: %s', async (name, args, as) => {
    const { status } = await kit().golden(`refused-${name}`, args(), as ? { as } : {});
    // A role that cannot be assumed is an error of ours; the API was not called.
    expect(status).toBe(name === 'no-role' ? 1 : 0);
  });

  test.each<[name: string, args: () => string[], as?: 'intern' | 'wrong' | 'nobody']>([
    ['well', () => [`${kit().url('own')}/a`]],
    ['denied', () => [`${kit().url('own')}/a`], 'intern'],
    ['no-such-stage', () => [`${kit().url('own').replace('prod', 'test')}/a`]],
    ['wrong-region', () => ['--region', 'us-east-1', `${kit().url('own')}/a`]],
    ['no-credentials', () => [`${kit().url('own')}/a`], 'nobody'],
    ['wrong-secret', () => [`${kit().url('own')}/a`], 'wrong'],
    ['no-sts', () => ['--endpoint-sts', 'http://127.0.0.1:1', `${kit().url('own')}/a`]],
    ['unreachable', () => ['http://127.0.0.1:1/a']],
    ['http-api', () => [...kit().toLocal, `${kit().hostUrl('web')}/orders`], 'intern'],
    ['http-api-route', () => [...kit().toLocal, `${kit().hostUrl('web')}/nothing`]],
    ['no-role', () => ['--role-arn', OPS, `${kit().url('other')}/a`], 'intern'],
    ['role', () => ['--output', 'json', 'POST', '--role-arn', OPS, `${kit().url('other')}/a`]],
  ])('doctor: %s', async (name, args, as) => {
    const { status } = await kit().golden(
      `doctor-${name}`,
      ['doctor', ...args()],
      as ? { as } : {},
    );
    expect(status).toBe(name === 'well' || name === 'role' ? 0 : 1);
  });

  test('doctor: a clock that is off', async () => {
    kit().aws.faults.when(({ service }) => (service === 'sts' ? undefined : { skew: '20m' }));
    const { status, stdout } = await kit().run(['doctor', `${kit().url('own')}/a`]);
    kit().aws.faults.clear();
    expect(status).toBe(1);
    expect(stdout).toContain(
      '✗ clock against the server: this clock is 20 min behind. Set the clock',
    );
    expect(stdout).toContain('\nthis clock is 20 min behind. Set the clock');
  });

  describe('names the smallest statements that would allow it', () => {
    interface Case {
      readonly path: string;
      readonly api: 'own' | 'other';
      readonly role?: boolean;
      readonly added?: Added;
      readonly as?: 'intern';
      /** Where each statement goes, and whether one of them is enough. */
      readonly takes: 'one' | 'all';
    }
    const cases: Record<string, Case> = {
      'a user, in one account': { path: '/orders/7', api: 'own', as: 'intern', takes: 'one' },
      'a path that is encoded': { path: '/a*b/c?', api: 'own', as: 'intern', takes: 'one' },
      'a user, across accounts': { path: '/orders/7', api: 'other', takes: 'all', as: 'intern' },
      "a role's session, in one account": {
        path: '/a',
        api: 'other',
        role: true,
        added: { ofOps: [] },
        takes: 'one',
      },
      "a role's session, across accounts": {
        path: '/a',
        api: 'own',
        role: true,
        added: { ofOps: [] },
        takes: 'all',
      },
    };

    test.each(Object.entries(cases))(
      '%s',
      async (_name, { path, api, role, added = {}, as, takes }) => {
        const encoded = path.split('/').map(encodeURIComponent).join('/');
        const ask = async (more: Added, ...paths: string[]): Promise<Record<string, unknown>[]> => {
          const asked = await Kit.start(consumer(), { ...added, ...more });
          const options = ['--output', 'json', ...(role ? ['--role-arn', OPS] : [])];
          const answers: Record<string, unknown>[] = [];
          for (const each of paths) {
            const { stdout } = await asked.run(
              [...options, `${asked.url(api)}${each}`],
              as ? { as } : {},
            );
            answers.push(JSON.parse(stdout) as Record<string, unknown>);
          }
          await asked.close();
          return answers;
        };
        const [refused] = await ask({}, encoded);
        expect(refused).toMatchObject({ status: 403, reason: 'denied' });
        const missing = refused?.['missing'] as { takes: string; statements: Missing[] };
        expect(missing.takes).toBe(takes);
        expect(missing.statements.map(({ policy: kind }) => kind)).toEqual([
          'caller',
          'resource policy',
        ]);
        const places = missing.statements.map((each) => placeOf(each, api, role === true));
        const status = takes === 'one' ? 200 : 403;
        const [first, second] = await Promise.all(places.map((place) => ask(place, encoded)));
        expect([first, second]).toMatchObject([[{ status }], [{ status }]]);
        // Both together allow it, and nothing else.
        const both = Object.assign({}, ...places) as Added;
        expect(await ask(both, encoded, '/other')).toMatchObject([
          { status: 200 },
          { status: 403 },
        ]);
      },
    );

    test('what stands for any text, or for a variable, is written as itself', async () => {
      const resource = 'arn:aws:execute-api:eu-west-1:********1111:own123/prod/GET/a*b/c?/${x}/$y';
      const Message = `User: ${INTERN} is not authorized to perform: execute-api:Invoke on resource: ${resource}`;
      const { stdout } = await kit().run(['explain', '--output', 'json'], {
        stdin: JSON.stringify({ Message }),
      });
      const { missing } = JSON.parse(stdout) as { missing: { statements: Missing[] } };
      const path = 'prod/GET/a${*}b/c${?}/${$}{x}/$y';
      expect(missing.statements.map(({ statement }) => statement.Resource)).toEqual([
        `arn:aws:execute-api:eu-west-1:${OWN}:own123/${path}`,
        `execute-api:/${path}`,
      ]);
    });

    test.each<[api: 'web' | 'fn', path: string]>([
      ['web', '/orders'],
      ['fn', '/'],
    ])('a host that gives no reason: %s', async (api, path) => {
      const ask = async (world: Kit): Promise<Record<string, unknown>> => {
        const url = `${world.hostUrl(api).replace(/\/$/, '')}${path}`;
        const { stdout } = await world.run(['--output', 'json', ...world.toLocal, url], {
          as: 'intern',
        });
        return JSON.parse(stdout) as Record<string, unknown>;
      };
      const { missing } = (await ask(kit())) as { missing: { statements: Missing[] } };
      for (const each of missing.statements) {
        // Nobody tells these to whom it refuses.
        const text = JSON.stringify(each.statement)
          .replace('ACCOUNT', OWN)
          .replace('NAME', 'stock')
          .replace('CALLER', INTERN);
        const document = policy(JSON.parse(text) as PolicyStatement);
        const isCaller = each.policy === 'caller';
        const changed = await Kit.start(
          consumer(),
          isCaller ? { ofIntern: [document] } : { ofFunction: document },
        );
        const answer = await ask(changed);
        await changed.close();
        expect(answer).toMatchObject({ status: 200 });
      }
    });

    test('a role that may not be assumed', async () => {
      const { stderr } = await kit().run(['whoami', '--role-arn', OPS], { as: 'intern' });
      const statements = [...stderr.matchAll(/^ {2}\{\n(?: {4}.*\n)+ {2}\}/gm)].map(
        ([text]) => JSON.parse(text) as PolicyStatement,
      );
      expect(statements).toHaveLength(2);
      const [ofTrust, ofCaller] = statements as [PolicyStatement, PolicyStatement];
      for (const [added, status] of [
        [{ trustOfOps: [ofTrust] }, 1],
        [{ ofIntern: [policy(ofCaller)] }, 1],
        [{ trustOfOps: [ofTrust], ofIntern: [policy(ofCaller)] }, 0],
      ] as const) {
        const changed = await Kit.start(consumer(), added);
        const ran = await changed.run(['whoami', '--role-arn', OPS], { as: 'intern' });
        await changed.close();
        expect(ran.status).toBe(status);
      }
    });
  });

  describe('explain', () => {
    test.each<[name: string, tool: 'curl -i' | 'curl -v' | 'body' | 'aws']>([
      ['curl -i', 'curl -i'],
      ['curl -v', 'curl -v'],
      ['a body alone', 'body'],
      ['an error of the AWS CLI', 'aws'],
    ])('reads %s', async (_name, tool) => {
      const { stdout } = await kit().run(['-i', `${kit().url('own')}/orders/7`], { as: 'intern' });
      const message = /"Message":"([^"]*)"/.exec(stdout)?.[1] ?? '';
      const text = {
        'curl -i': `HTTP/1.1 200 Connection established\r\n\r\n${stdout}`,
        'curl -v': `* Connected\n> GET /prod/orders/7 HTTP/1.1\n> Host: 127.0.0.1\n> \n${stdout
          .split('\r\n\r\n')[0]
          ?.replaceAll(/^/gm, '< ')}\n< \n{ [180 bytes data]\n${stdout.split('\r\n\r\n')[1]}`,
        body: stdout.split('\r\n\r\n')[1] ?? '',
        aws: `\nAn error occurred (AccessDeniedException) when calling the X operation: ${message}\n`,
      }[tool];
      const { status, stdout: said } = await kit().run(['explain'], { stdin: text });
      expect(status).toBe(0);
      expect(said).toContain(`${INTERN} may not execute-api:Invoke on arn:aws:execute-api`);
      expect(said).toContain('"Resource": "execute-api:/prod/GET/orders/7"');
      if (tool !== 'curl -i') return;
      await writeFile(join(kit().home, 'kept.txt'), text);
      expect((await kit().run(['explain', 'kept.txt'])).stdout).toBe(said);
      const { stdout: json } = await kit().run(['explain', 'kept.txt', '--output', 'json']);
      expect(JSON.parse(json)).toMatchObject({
        status: 403,
        reason: 'denied',
        denial: { caller: INTERN },
      });
    });

    /** A request that is signed as another tool would do it, and what came of it. */
    async function exchange(
      change: (request: { url: string; headers: Record<string, string> }) => void,
    ): Promise<{ sent: string; came: string }> {
      const {
        AWS_ACCESS_KEY_ID: accessKeyId = '',
        AWS_SECRET_ACCESS_KEY: secretAccessKey = '',
        AWS_SESSION_TOKEN: sessionToken = '',
      } = kit().environment();
      const signer = createSigner({
        credentials: { accessKeyId, secretAccessKey, sessionToken },
        region: kit().aws.region,
      });
      const signed = await signer.sign({
        method: 'GET',
        url: `${kit().url('own')}/a%2Fb?x=1`,
        headers: { 'x-amz-meta-team': 'orders' },
      });
      const request = { url: signed.url, headers: { ...signed.headers } };
      change(request);
      const response = await fetch(request.url, { headers: request.headers });
      const lines = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}`);
      const head = [...response.headers].map(([name, value]) => `${name}: ${value}`);
      const { pathname, search, host } = new URL(signed.url);
      return {
        sent: `GET ${pathname}${search} HTTP/1.1\nhost: ${host}\n${lines.join('\n')}\n\n`,
        came: `HTTP/1.1 ${response.status} X\n${head.join('\n')}\n\n${await response.text()}`,
      };
    }

    test.each<[name: string, change: Parameters<typeof exchange>[0], said: RegExp]>([
      [
        'a path that was decoded',
        (request) => {
          request.url = request.url.replace('%2F', '/');
        },
        /path: decoded/,
      ],
      [
        'a header that was changed',
        ({ headers }) => {
          headers['x-amz-meta-team'] = 'x';
        },
        /header x-amz-meta-team: changed/,
      ],
      [
        'a parameter that was added',
        (request) => {
          request.url += '&y=2';
        },
        /query y: added/,
      ],
      [
        'a signature over something else',
        ({ headers }) => {
          headers['authorization'] =
            headers['authorization']?.replace(/.$/, (last) => (last === '0' ? '1' : '0')) ?? '';
        },
        /the client signed another canonical request/,
      ],
    ])('with the request that was sent, it tells what differs: %s', async (_name, change, said) => {
      const { sent, came } = await exchange(change);
      await writeFile(join(kit().home, 'sent.txt'), sent);
      const { status, stdout } = await kit().run(['explain', '--sent', 'sent.txt'], {
        stdin: came,
      });
      expect(status).toBe(0);
      expect(stdout).toMatch(said);
    });

    test('what is no refusal is an error', async () => {
      expect(await kit().run(['explain'], { stdin: 'HTTP/1.1 200 OK\r\n\r\n{}' })).toMatchObject({
        status: 1,
        stderr:
          'sigv4: this answer is no refusal of AWS: HTTP/1.1 200 OK. Explain an answer with status 400, 401 or 403.\n',
      });
    });
  });
}

interface Missing {
  readonly policy: string;
  readonly statement: PolicyStatement;
}

/** Puts a statement where the command says that it belongs. */
function placeOf({ policy: kind, statement }: Missing, api: 'own' | 'other', role: boolean): Added {
  const document: PolicyDocument = policy(statement);
  if (kind === 'caller') return role ? { ofOps: [document] } : { ofIntern: [document] };
  return api === 'own' ? { ofOwnApi: document } : { ofOtherApi: document };
}
