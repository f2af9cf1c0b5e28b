import type { Credentials, CredentialsProvider } from '@sigv4/signer';

import { cacheCredentials, type CachedCredentials, type CacheOptions } from './cache.ts';
import { defaultCredentials } from './default-credentials.ts';
import { environment } from './environment.ts';
import { stsClient, type StsOptions } from './sts-client.ts';

/** @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export interface AssumeRoleOptions extends StsOptions, CacheOptions {
  /** `arn:aws:iam::222222222222:role/orders-invoke`; other STS implementations may leave out the account. */
  readonly roleArn: string;
  /**
   * What CloudTrail shows: 2 to 64 of letters, digits and `_+=,.@-`. Default: the Lambda
   * function's name, else host and process.
   */
  readonly roleSessionName?: string | undefined;
  /** If the trust policy asks for one: 2 to 1224 characters. */
  readonly externalId?: string | undefined;
  /** Seconds, 900 to 43,200. Default: STS's, an hour. */
  readonly durationSeconds?: number | undefined;
  /** Who assumes the role. Default: {@link defaultCredentials}. Another `assumeRole` makes a chain. */
  readonly source?: CredentialsProvider | Credentials | undefined;
}

/**
 * Credentials of a role, in this or another account, kept fresh: one call of STS however many
 * callers wait, renewed before they end. Needs nothing of the AWS SDK.
 *
 * The provider throws {@link CredentialsError} with STS's code.
 *
 * @throws {TypeError} naming the wrong option
 */
export function assumeRole(options: AssumeRoleOptions): CachedCredentials {
  checkOptions(options);
  const { roleArn, externalId, durationSeconds } = options;
  const call = stsClient(options.source ?? defaultCredentials(), options);
  const parameters = {
    Action: 'AssumeRole',
    RoleArn: roleArn,
    RoleSessionName: options.roleSessionName ?? defaultSessionName(),
    ...(externalId === undefined ? undefined : { ExternalId: externalId }),
    ...(durationSeconds === undefined ? undefined : { DurationSeconds: String(durationSeconds) }),
  };
  return cacheCredentials(() => call(parameters, `assumeRole ${roleArn}`), options);
}

function checkOptions(options: AssumeRoleOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('assumeRole: expected options with at least { roleArn }');
  }
  const { roleArn, roleSessionName, externalId, durationSeconds } = options;
  check(
    'roleArn',
    roleArn,
    /^arn:[a-z0-9-]+:iam::(?:\d{12})?:role\/[\w+=,.@/-]{1,576}$/,
    "an ARN such as 'arn:aws:iam::222222222222:role/orders-invoke'",
  );
  if (roleSessionName !== undefined) {
    check(
      'roleSessionName',
      roleSessionName,
      /^[\w+=,.@-]{2,64}$/,
      '2 to 64 of letters, digits and _+=,.@-',
    );
  }
  if (externalId !== undefined) {
    check(
      'externalId',
      externalId,
      /^[\w+=,.@:/-]{2,1224}$/,
      '2 to 1224 of letters, digits and _+=,.@:/-',
    );
  }
  if (
    durationSeconds !== undefined &&
    !(Number.isInteger(durationSeconds) && durationSeconds >= 900 && durationSeconds <= 43_200)
  ) {
    throw new TypeError(
      `assumeRole: durationSeconds: expected a whole number of seconds from 900 to 43200, got ${String(durationSeconds)}`,
    );
  }
}

function check(option: string, value: unknown, pattern: RegExp, expected: string): void {
  if (typeof value === 'string' && pattern.test(value)) return;
  const got = typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : typeof value;
  throw new TypeError(`assumeRole: ${option}: expected ${expected}, got ${got}`);
}

function defaultSessionName(): string {
  const host = environment('HOSTNAME') ?? 'sigv4';
  const name = environment('AWS_LAMBDA_FUNCTION_NAME') ?? `${host}-${globalThis.process?.pid ?? 0}`;
  return name
    .replaceAll(/[^\w+=,.@-]/g, '-')
    .slice(-64)
    .padStart(2, '-');
}
