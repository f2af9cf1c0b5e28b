import type { OidcProvider } from '../iam/accounts.ts';
import { CLAIMS, GITHUB, GITHUB_CLAIMS } from '../iam/condition-keys.ts';
import type { ContextValues } from '../iam/request-context.ts';
import type { Element } from '../wire/xml.ts';
import { StsError } from './answer.ts';
import type { SessionAttributes, StsCall } from './call.ts';
import {
  isTokenSignature,
  keyOfToken,
  missingClaim,
  readToken,
  type Claims,
} from './identity-token.ts';
import { checkRoleArn, checkTags, readRoleSession, startRoleSession } from './role-session.ts';

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html */
export function assumeRoleWithWebIdentity(call: StsCall): {
  readonly result: Element[];
  /** As policies name it. */
  readonly provider: string;
} {
  const { parameters, accounts, now } = call;
  const asked = readRoleSession(parameters);
  const text = parameters.text('WebIdentityToken', { min: 4, max: 20_000, isSecret: true });
  parameters.throwFaults();
  checkRoleArn(asked.roleArn);
  if (parameters.get('ProviderId') !== undefined) {
    throw new StsError(
      400,
      'ValidationError',
      'ProviderId is for OAuth 2.0 access tokens, which are not supported: send an OpenID Connect ID token without it.',
    );
  }
  const account = asked.roleArn.split(':')[4] ?? '';
  const { claims, provider } = verifyToken(call, text, account, now);
  const { attributes, count } = attributesOf(claims);
  checkTags(attributes, count);
  const audience = audienceOf(claims, provider);
  const result = startRoleSession(call, {
    action: 'AssumeRoleWithWebIdentity',
    who: { provider: provider.name },
    role: accounts.role(asked.roleArn),
    asked,
    attributes,
    more: {
      'aws:FederatedProvider': provider.name,
      ...claimKeys(claims, audience),
    },
  });
  return {
    provider: provider.name,
    result: [
      ['SubjectFromWebIdentityToken', claims.sub],
      ['Audience', audience],
      ['Provider', provider.name],
      ...result,
    ],
  };
}

function verifyToken(
  { accounts }: StsCall,
  text: string,
  account: string,
  now: number,
): { readonly claims: Claims; readonly provider: OidcProvider } {
  const token = readToken(text);
  if (token === undefined) {
    throw invalid(
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    );
  }
  const missing = missingClaim(token.claims);
  if (missing !== undefined) throw invalid(`Missing a required claim: ${missing}`);
  const claims = token.claims as Claims;
  const issuer = hostOf(claims);
  const provider = issuer === undefined ? undefined : accounts.provider(account, issuer);
  if (provider === undefined)
    throw invalid(`No OpenIDConnect provider found in your account for ${claims.iss}`);
  const key = keyOfToken(token, provider);
  if (key === undefined) {
    throw invalid(
      "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    );
  }
  if (!isTokenSignature(token, key)) throw invalid('Token signature verification failed');
  checkTimes(claims, now);
  if (!provider.audiences.includes(audienceOf(claims, provider)))
    throw invalid('Incorrect token audience');
  if (provider.rejects?.(claims) === true) {
    throw new StsError(
      403,
      'IDPRejectedClaim',
      'The identity provider (IdP) reported that authentication failed. This might be because the claim is invalid.',
    );
  }
  return { claims, provider };
}

function checkTimes({ exp, iat, nbf = iat }: Claims, now: number): void {
  const seconds = Math.floor(now / 1000);
  if (seconds >= exp) {
    throw new StsError(
      400,
      'ExpiredTokenException',
      `Token expired: current date/time ${seconds} must be before the expiration date/time ${exp}`,
    );
  }
  if (!(Math.max(iat, Number(nbf)) <= seconds + 300)) throw invalid('Token is not yet valid');
}

function invalid(message: string): StsError {
  return new StsError(400, 'InvalidIdentityToken', message);
}

/** The issuer without `https://`, as IAM keeps it. */
function hostOf({ iss }: Claims): string | undefined {
  return /^(?:https:\/\/)(.+?)\/?$/.exec(iss)?.[1];
}

/** Who a token is for: its `azp`, else the `aud` that the provider is registered for. */
function audienceOf({ aud, azp }: Claims, { audiences }: OidcProvider): string {
  if (typeof azp === 'string') return azp;
  const all = [aud].flat();
  return all.find((one) => audiences.includes(one)) ?? all[0] ?? '';
}

/** `{provider}:sub`, … */
function claimKeys(claims: Claims, audience: string): ContextValues {
  const host = hostOf(claims) ?? '';
  const names = host === GITHUB ? [...CLAIMS, ...GITHUB_CLAIMS] : CLAIMS;
  const values: Record<string, string | readonly string[]> = {};
  for (const name of names) {
    const value = claims[name];
    if (typeof value === 'string' || name === 'amr') values[`${host}:${name}`] = textsOf(value);
  }
  values[`${host}:aud`] = audience;
  if (typeof claims.azp === 'string') values[`${host}:oaud`] = [claims.aud].flat()[0] ?? '';
  return values;
}

/** Session tags and the source identity that a token brings along. */
function attributesOf(claims: Claims): {
  readonly attributes: SessionAttributes;
  readonly count: number;
} {
  const brought = (claims['https://aws.amazon.com/tags'] ?? {}) as {
    readonly principal_tags?: Readonly<Record<string, unknown>>;
    readonly transitive_tag_keys?: unknown;
  };
  const tags = Object.entries(brought.principal_tags ?? {}).map(
    ([key, value]) => [key, textsOf(value)[0] ?? ''] as const,
  );
  const source = claims['https://aws.amazon.com/source_identity'];
  return {
    count: tags.length,
    attributes: {
      tags: new Map(tags),
      transitiveTagKeys: textsOf(brought.transitive_tag_keys),
      sourceIdentity: typeof source === 'string' ? source : undefined,
    },
  };
}

/** One text or a list of them; what is none is left out. */
function textsOf(value: unknown): string[] {
  return [value].flat().filter((one) => typeof one === 'string');
}
