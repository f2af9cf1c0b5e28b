import type { Credentials } from '@sigv4/signer';
import { readOptions } from '@sigv4/signer/client';

import { createCache, type CachedCredentials } from '../cache/cache.ts';
import { withTimeout } from '../cache/time-limit.ts';
import { builtinModule, environment } from '../runtime.ts';
import { CredentialsError } from '../errors.ts';
import { ownValue } from '../own-fields.ts';
import { stsClient } from './client.ts';
import type { StsSubject } from './rejection.ts';
import { roleSessionParameters } from './role-session.ts';
import { webIdentityOptions, type WebIdentityOptions } from './sts-options.ts';

/**
 * Credentials of a role for the token of an identity provider (EKS, GitHub Actions, any OpenID
 * Connect), kept fresh. The call is not signed, since the token is all that it needs.
 *
 * The provider throws {@link CredentialsError} with STS's code, `NoToken` if there is no token,
 * and whatever `webIdentityToken` throws.
 *
 * @throws {TypeError} naming the wrong option or environment variable
 * @throws {SigV4Error} ERR_SIGV4_INSECURE if the endpoint is http: on another machine
 */
export function assumeRoleWithWebIdentity(given: WebIdentityOptions = {}): CachedCredentials {
  const roleArn = ownValue(given, 'roleArn') ?? environment('AWS_ROLE_ARN') ?? '';
  const roleSessionName =
    ownValue(given, 'roleSessionName') ?? environment('AWS_ROLE_SESSION_NAME');
  const options = readOptions(
    { ...given, roleArn, roleSessionName },
    webIdentityOptions(),
    'assumeRoleWithWebIdentity',
  );
  const token = tokenSource(options);
  const call = stsClient(undefined, options, options.roleArn);
  const parameters = {
    Action: 'AssumeRoleWithWebIdentity',
    ...roleSessionParameters(options),
    ProviderId: options.providerId,
  };
  const subject = { name: `assumeRoleWithWebIdentity ${roleArn}`, roleArn, secret: undefined };
  const timelyToken = withTimeout(async () => readToken(token, subject), options);
  const ask = async (): Promise<Credentials> => {
    const secret = await timelyToken();
    return call({ ...parameters, WebIdentityToken: secret }, { ...subject, secret });
  };
  return createCache(ask, options, true);
}

type TokenSource = string | (() => string | Promise<string>);

/** A file's path, or a function. */
function tokenSource({ webIdentityToken, webIdentityTokenFile }: WebIdentityOptions): TokenSource {
  if (webIdentityToken !== undefined && webIdentityTokenFile !== undefined) {
    throw new TypeError(
      'assumeRoleWithWebIdentity: webIdentityToken, webIdentityTokenFile: give one of the two',
    );
  }
  const source =
    webIdentityToken ?? webIdentityTokenFile ?? environment('AWS_WEB_IDENTITY_TOKEN_FILE');
  if (source !== undefined) return source;
  throw new TypeError(
    'assumeRoleWithWebIdentity: webIdentityToken: expected a function that returns the token, or webIdentityTokenFile, or AWS_WEB_IDENTITY_TOKEN_FILE; there is none of them',
  );
}

async function readToken(source: TokenSource, { name, roleArn }: StsSubject): Promise<string> {
  const problem = (what: string, cause?: unknown): CredentialsError =>
    new CredentialsError('NoToken', `${name}: ${what}`, { recoverable: true, roleArn, cause });
  let token: unknown;
  if (typeof source === 'function') {
    token = await source();
  } else {
    const fs = builtinModule('fs');
    if (fs === undefined) throw problem('this runtime has no files; pass `webIdentityToken`');
    token = await fs.promises.readFile(source, 'utf8').catch((cause: unknown) => {
      throw problem(`the token file ${source} cannot be read`, cause);
    });
  }
  const read = typeof token === 'string' ? token.trim() : '';
  if (read !== '') return read;
  throw problem(
    `there is no token in what ${typeof source === 'string' ? source : 'webIdentityToken()'} gave`,
  );
}
