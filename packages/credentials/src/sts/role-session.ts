import { builtinModule, environment } from '../runtime.ts';
import type { StsParameters } from './client.ts';
import type { RoleSessionOptions } from './sts-options.ts';

/** The parameters that all ways to assume a role have in common. */
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
  // Long names differ at their end.
  return name
    .replaceAll(/[^\w+=,.@-]/g, '-')
    .slice(-64)
    .padStart(2, '-');
}

function hostAndProcess(): string {
  const host = builtinModule('os')?.hostname() ?? 'sigv4';
  return `${host}-${globalThis.process?.pid ?? 0}`;
}
