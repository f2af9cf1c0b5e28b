import type { Credentials } from '@sigv4/signer';

import {
  cacheRules,
  createCache,
  type CachedCredentials,
  type CacheOptions,
} from '../cache/cache.ts';
import { withTimeout } from '../cache/time-limit.ts';
import { builtinModule, environment } from '../environment.ts';
import { CredentialsError } from '../errors.ts';
import { checkOptions, isFunction, optional, text, type OptionRules } from '../option-table.ts';
import {
  roleSessionRules,
  roleSessionParameters,
  type RoleSessionOptions,
} from './role-session.ts';
import { stsRules, stsClient, type StsOptions } from './client.ts';
import type { StsSubject } from './rejection.ts';

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export interface WebIdentityOptions
  extends Omit<RoleSessionOptions, 'roleArn'>, StsOptions, CacheOptions {
  /** Default: AWS_ROLE_ARN, which EKS sets. Its AWS_ROLE_SESSION_NAME is the default of `roleSessionName`. */
  readonly roleArn?: string | undefined;
  /** Gives the identity provider's token; asked at each renewal. */
  readonly webIdentityToken?: (() => string | Promise<string>) | undefined;
  /** A file that has it, read anew at each renewal. Default: AWS_WEB_IDENTITY_TOKEN_FILE. Node only. */
  readonly webIdentityTokenFile?: string | undefined;
  /** Of an OAuth 2.0 provider that is not OpenID Connect: `www.amazon.com`, `graph.facebook.com`. */
  readonly providerId?: string | undefined;
}

function rules(): OptionRules<WebIdentityOptions> {
  return {
    ...roleSessionRules(),
    webIdentityToken: optional(isFunction),
    webIdentityTokenFile: optional(text(/./, 'the path of a file')),
    providerId: optional(text(/^\S{4,2048}$/, 'a name such as www.amazon.com')),
    ...stsRules(),
    ...cacheRules(),
  };
}

/**
 * Credentials of a role for the token of an identity provider (EKS, GitHub Actions, any OpenID
 * Connect), kept fresh. The call is not signed: the token is all it needs.
 *
 * The provider throws {@link CredentialsError} with STS's code, `NoToken` if there is no token,
 * and whatever `webIdentityToken` throws.
 *
 * @throws {TypeError} naming the wrong option
 */
export function assumeRoleWithWebIdentity(given: WebIdentityOptions = {}): CachedCredentials {
  const options = {
    ...given,
    roleArn: given.roleArn ?? environment('AWS_ROLE_ARN') ?? '',
    roleSessionName: given.roleSessionName ?? environment('AWS_ROLE_SESSION_NAME'),
  };
  checkOptions('assumeRoleWithWebIdentity', options, rules());
  const token = tokenSource(given);
  const call = stsClient(undefined, options);
  const parameters = {
    Action: 'AssumeRoleWithWebIdentity',
    ...roleSessionParameters(options),
    ProviderId: options.providerId,
  };
  const { roleArn } = options;
  const subject = { name: `assumeRoleWithWebIdentity ${roleArn}`, roleArn };
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
