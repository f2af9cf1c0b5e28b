import { builtinModule, environment } from '../environment.ts';
import {
  optional,
  text,
  wholeSeconds,
  type OptionRule,
  type OptionRules,
} from '../option-table.ts';
import type { StsParameters } from './client.ts';

/** What all ways to assume a role have in common. */
export interface RoleSessionOptions {
  /** `arn:aws:iam::222222222222:role/orders-invoke`; other STS implementations leave out the account, or have a tenant's name there. */
  readonly roleArn: string;
  /**
   * What CloudTrail shows: 2 to 64 of letters, digits and `_+=,.@-`. Default: the Lambda
   * function's name, else host and process.
   */
  readonly roleSessionName?: string | undefined;
  /** Seconds, 900 to 43,200, at most 3600 for a role that is assumed by another. Default: STS's, an hour. */
  readonly durationSeconds?: number | undefined;
  /** Lets the session do only what this and the role's policies allow. An object is written as JSON. */
  readonly policy?: string | object | undefined;
  /** The same by up to 10 managed policies. */
  readonly policyArns?: readonly string[] | undefined;
}

/** A name as STS takes it for sessions and source identities. */
export function sessionNameRule(): OptionRule {
  return text(/^[\w+=,.@-]{2,64}$/, '2 to 64 of letters, digits and _+=,.@-');
}

export function roleSessionRules(): OptionRules<RoleSessionOptions> {
  return {
    roleArn: text(
      /^arn:[a-z0-9-]+:iam::(?:\d{12}|[A-Za-z_]\w*)?:role\/(?:[!-~]{1,511}\/)?[\w+=,.@-]{1,64}$/,
      "an ARN such as 'arn:aws:iam::222222222222:role/orders-invoke'",
    ),
    roleSessionName: optional(sessionNameRule()),
    durationSeconds: optional(wholeSeconds(900, 43_200)),
    policy: optional({
      accepts: (value) =>
        (typeof value === 'string' && value.length > 0) ||
        (typeof value === 'object' && value !== null && !Array.isArray(value)),
      expected: 'a policy document, as an object or as JSON text',
    }),
    policyArns: optional({
      accepts: (value) =>
        Array.isArray(value) &&
        value.length <= 10 &&
        value.every((arn) => typeof arn === 'string' && /^arn:[\w+=,.@:/-]+$/.test(arn)),
      expected: 'up to 10 ARNs of managed policies',
    }),
  };
}

export function roleSessionParameters(options: RoleSessionOptions): StsParameters {
  const { roleArn, roleSessionName, durationSeconds, policy, policyArns = [] } = options;
  return {
    RoleArn: roleArn,
    RoleSessionName: roleSessionName ?? defaultSessionName(),
    DurationSeconds: durationSeconds?.toString(),
    Policy: typeof policy === 'object' ? JSON.stringify(policy) : policy,
    ...members('PolicyArns', policyArns, (arn) => ({ '.arn': arn })),
  };
}

/** A list as the Query protocol writes it: `Tags.member.1.Key`. */
export function members<T>(
  list: string,
  values: readonly T[],
  fields: (value: T) => Readonly<Record<string, string>>,
): StsParameters {
  return Object.fromEntries(
    values.flatMap((value, index) =>
      Object.entries(fields(value)).map(([field, said]) => [
        `${list}.member.${index + 1}${field}`,
        said,
      ]),
    ),
  );
}

function defaultSessionName(): string {
  const name = environment('AWS_LAMBDA_FUNCTION_NAME') ?? hostAndProcess();
  // The end of a long one is what differs.
  return name
    .replaceAll(/[^\w+=,.@-]/g, '-')
    .slice(-64)
    .padStart(2, '-');
}

function hostAndProcess(): string {
  const host = builtinModule('os')?.hostname() ?? 'sigv4';
  return `${host}-${globalThis.process?.pid ?? 0}`;
}
