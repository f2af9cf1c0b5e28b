import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { mfaCode } from '@sigv4/testing';
import { describe, expect, test } from 'vitest';

import type { As, Kit } from './kit.ts';
import { HAS_SCRIPT, piped, quoted } from './terminal.ts';
import { DEPLOY, identityToken } from './web-identity.ts';
import { DEVELOPER, GUARDED, MFA, OPS } from './world.ts';

const SECRET = { isSecret: true } as const;

export function testCallers(kit: () => Kit): void {
  test('whoami tells account, ARN, source, end and region', async () => {
    expect(await kit().golden('whoami', ['whoami'])).toMatchObject({
      status: 0,
    });
    expect(
      await kit().golden('whoami-role', ['whoami', '--role-arn', OPS, '--session-name', 'anna']),
    ).toMatchObject({ status: 0 });
    expect(
      await kit().golden('whoami-json', ['whoami', '--output', 'json', '--query']),
    ).toMatchObject({ status: 0 });
    expect(await kit().golden('whoami-nobody', ['whoami'], { as: 'nobody' })).toMatchObject({
      status: 1,
    });
    expect(await kit().golden('whoami-wrong', ['whoami'], { as: 'wrong' })).toMatchObject({
      status: 1,
    });
  });

  describe('where credentials come from', () => {
    interface Told {
      readonly arn: string;
      readonly credentials: { readonly kind: string; readonly from: string };
      readonly region: { readonly name: string; readonly from: string };
    }

    async function told(env: Record<string, string>, args: string[] = []): Promise<Told> {
      const options: As = { as: 'nobody', env };
      const { status, stdout, stderr } = await kit().run(
        ['whoami', '--output', 'json', ...args],
        options,
      );
      expect([status, stderr]).toEqual([0, '']);
      return JSON.parse(stdout) as Told;
    }

    const keys = (): { id: string; secret: string; token: string } => {
      const env = kit().environment();
      return {
        id: env['AWS_ACCESS_KEY_ID'] ?? '',
        secret: env['AWS_SECRET_ACCESS_KEY'] ?? '',
        token: env['AWS_SESSION_TOKEN'] ?? '',
      };
    };

    async function writeConfig(text: string): Promise<void> {
      await mkdir(join(kit().home, '.aws/sso/cache'), { recursive: true });
      await writeFile(join(kit().home, '.aws/config'), text);
    }

    async function serving<T>(
      listener: RequestListener,
      use: (origin: string) => Promise<T>,
    ): Promise<T> {
      const server = createServer(listener);
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      try {
        return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      } finally {
        server.close();
        server.closeAllConnections();
      }
    }

    const asContainer = (): string => {
      const { id, secret, token } = keys();
      return JSON.stringify({
        Code: 'Success',
        AccessKeyId: id,
        SecretAccessKey: secret,
        Token: token,
        Expiration: new Date(Date.now() + 3_600_000).toISOString(),
      });
    };

    test('the environment', async () => {
      const { id, secret, token } = keys();
      const env = {
        AWS_ACCESS_KEY_ID: id,
        AWS_SECRET_ACCESS_KEY: secret,
        AWS_SESSION_TOKEN: token,
      };
      expect(await told(env)).toMatchObject({
        arn: DEVELOPER,
        credentials: { kind: 'environment' },
        region: { name: 'eu-west-1', from: 'AWS_REGION' },
      });
    });

    test('a profile, also for the region', async () => {
      const { id, secret, token } = keys();
      await writeConfig(
        `[profile dev]\nregion = eu-west-1\n# a comment\ns3 =\n  region = us-east-1\n[profile ops]\nrole_arn = ${OPS}\nsource_profile = dev\n`,
      );
      await writeFile(
        join(kit().home, '.aws/credentials'),
        `[dev]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\naws_session_token = ${token}\n`,
      );
      expect(await told({ AWS_REGION: '' }, ['--profile', 'dev'])).toMatchObject({
        arn: DEVELOPER,
        credentials: { kind: 'profile', from: 'profile dev' },
        region: { name: 'eu-west-1', from: 'profile dev' },
      });
      expect(await told({ AWS_PROFILE: 'ops' })).toMatchObject({
        arn: expect.stringContaining(':assumed-role/ops/'),
        credentials: { kind: 'role', from: `profile ops: ${OPS}, assumed by profile dev` },
      });
      // The profile goes before the keys in the environment.
      const { stdout } = await kit().run(['whoami', '--profile', 'dev', '--output', 'json']);
      expect(JSON.parse(stdout)).toMatchObject({ credentials: { kind: 'profile' } });
    });

    test('SSO', async () => {
      const { id, secret, token } = keys();
      await writeConfig(
        '[profile sso]\nsso_session = corp\nsso_account_id = 111111111111\nsso_role_name = Developer\n[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n',
      );
      const name = createHash('sha1').update('corp').digest('hex');
      const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
      await writeFile(
        join(kit().home, '.aws/sso/cache', `${name}.json`),
        JSON.stringify({ accessToken: 'access', expiresAt }),
      );
      const roleCredentials = {
        accessKeyId: id,
        secretAccessKey: secret,
        sessionToken: token,
        expiration: Date.now() + 3_600_000,
      };
      await serving(
        (_request, response) => {
          response
            .writeHead(200, { 'content-type': 'application/json' })
            .end(JSON.stringify({ roleCredentials }));
        },
        async (origin) => {
          expect(await told({ AWS_ENDPOINT_URL_SSO: origin }, ['--profile', 'sso'])).toMatchObject({
            arn: DEVELOPER,
            credentials: {
              kind: 'sso',
              from: 'SSO (corp) of profile sso, as Developer in 111111111111',
            },
          });
        },
      );
    });

    test('the container, and the EC2 instance', async () => {
      await writeConfig('');
      await serving(
        ({ method, url = '' }, response) => {
          const isRole = url.endsWith('/security-credentials/');
          response.end(method === 'PUT' ? 'token' : isRole ? 'instance-role' : asContainer());
        },
        async (origin) => {
          expect(
            await told({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${origin}/creds` }),
          ).toMatchObject({
            arn: DEVELOPER,
            credentials: { kind: 'container' },
          });
          const instance = {
            AWS_EC2_METADATA_DISABLED: '',
            AWS_EC2_METADATA_SERVICE_ENDPOINT: origin,
          };
          expect(await told(instance)).toMatchObject({
            arn: DEVELOPER,
            credentials: { kind: 'instance' },
          });
        },
      );
    });

    test('a process, which can be sigv4 itself', async () => {
      const { id, secret, token } = keys();
      const own = [
        process.execPath,
        kit().cli,
        'assume',
        GUARDED,
        '--external-id',
        'orders-2f6c',
        '--credential-process',
      ];
      await writeConfig(
        `[profile guarded]\ncredential_process = env AWS_PROFILE= AWS_ACCESS_KEY_ID=${id} AWS_SECRET_ACCESS_KEY=${secret} AWS_SESSION_TOKEN=${token} ${own.map(quoted).join(' ')}\n`,
      );
      expect(await told({}, ['--profile', 'guarded'])).toMatchObject({
        arn: expect.stringContaining(':assumed-role/guarded/'),
        credentials: { kind: 'process', from: 'the credential_process of profile guarded' },
      });
    });

    test('a web identity', async () => {
      await writeConfig('');
      await writeFile(join(kit().home, 'token'), identityToken(kit().aws.clock.now()));
      const env = { AWS_WEB_IDENTITY_TOKEN_FILE: join(kit().home, 'token'), AWS_ROLE_ARN: DEPLOY };
      expect(await told(env)).toMatchObject({
        arn: expect.stringContaining(':assumed-role/deploy/'),
        credentials: {
          kind: 'web-identity',
          from: `a web identity (AWS_WEB_IDENTITY_TOKEN_FILE), as ${DEPLOY}`,
        },
      });
    });
  });

  describe('assume', () => {
    test('runs a command in the role, and gives its status', async () => {
      const who = [process.execPath, kit().cli, 'whoami', '--output', 'json'];
      const ran = await kit().run(['assume', OPS, '--session-name', 'anna', '--', ...who]);
      expect(JSON.parse(ran.stdout)).toMatchObject({
        arn: 'arn:aws:sts::222222222222:assumed-role/ops/anna',
      });
      expect(ran.stderr).toBe('');
      expect((await kit().run(['assume', OPS, '--', 'sh', '-c', 'exit 7'])).status).toBe(7);
      expect((await kit().run(['assume', OPS, '--', 'sh', '-c', 'kill -TERM $$'])).status).toBe(
        143,
      );
      expect(await kit().run(['assume', OPS, '--', 'no-such-program'])).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^sigv4: no-such-program cannot be run: .*check its name/i),
      });
    });

    test('without a command it tells that it works, and no secret', async () => {
      expect(await kit().golden('assume', ['assume', OPS])).toMatchObject({ status: 0 });
      expect(
        await kit().golden('assume-json', ['assume', OPS, '--output', 'json', '--duration', '15m']),
      ).toMatchObject({ status: 0 });
      expect(await kit().golden('assume-denied', ['assume', GUARDED])).toMatchObject({ status: 1 });
    });

    test('--export prints lines for the shell, and says that they are secret', async () => {
      const { stdout, stderr } = await kit().run(['assume', OPS, '--export'], SECRET);
      expect(stderr).toBe('These lines hold the secret key and the token of the session.\n');
      const line = `eval ${quoted(stdout)}; exec ${[process.execPath, kit().cli, 'whoami'].map(quoted).join(' ')}`;
      const ran = await piped(['sh', '-c', line], {
        env: kit().environment({ env: { AWS_PROFILE: 'none' } }),
      });
      expect(ran.stdout).toContain(':assumed-role/ops/');
    });

    test('a chain of roles', async () => {
      const { stdout } = await kit().run([
        'assume',
        GUARDED,
        '--role-arn',
        OPS,
        '--',
        process.execPath,
        kit().cli,
        'whoami',
      ]);
      expect(stdout).toContain(':assumed-role/guarded/');
    });

    test('MFA: the code is asked for at a terminal, or given', async () => {
      // A session that began without MFA cannot show a code, so the user's own keys are used.
      const { accessKeyId, secretAccessKey } = kit().aws.credentialsOf(DEVELOPER);
      const env = {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: '',
      };
      const code = mfaCode(MFA, kit().aws.clock.now());
      const mfa = ['assume', GUARDED, '--mfa', MFA.serialNumber];
      expect(await kit().run([...mfa, '--mfa-code', code], { env })).toMatchObject({ status: 0 });
      expect(await kit().run(mfa, { env })).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/give the code with --mfa-code\.\n$/),
      });
      if (!HAS_SCRIPT) return;
      const next = mfaCode(MFA, kit().aws.clock.now());
      const ran = await kit().atTerminal(mfa, {
        env,
        type: [`Code of ${MFA.serialNumber}: `, `${next}\n`],
      });
      expect(ran).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(`Assumed ${GUARDED}`),
      });
    });
  });
}
