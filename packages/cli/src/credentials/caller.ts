import { assumeRole, defaultCredentials, type CredentialsProvider } from '@sigv4/credentials';

import type { CallerOptions } from '../options/shared-options.ts';
import { CliError } from '../output/error.ts';
import { findSource, type CredentialsSource } from './source.ts';

/** Who calls: credentials, and where they came from. */
export interface Caller {
  readonly credentials: CredentialsProvider;
  readonly source: CredentialsSource;
  /** The roles that were assumed, the last one being the one that calls. */
  readonly roles: readonly string[];
}

/**
 * The one place where credentials come from: those of the machine or of a profile, and the roles
 * that are assumed with them. Nothing is asked for before the first use.
 *
 * @param region that of STS
 */
export async function findCaller(
  options: CallerOptions,
  region: string | undefined,
): Promise<Caller> {
  const { roleArn: roles = [], externalId, sessionName } = options;
  const needsRole = externalId === undefined ? sessionName && '--session-name' : '--external-id';
  if (roles.length === 0 && needsRole !== undefined) {
    throw new CliError(`${needsRole}: there is no role to be assumed`, 'name it with --role-arn');
  }
  const source = await findSource();
  let credentials: CredentialsProvider = defaultCredentials();
  for (const [at, roleArn] of roles.entries()) {
    credentials = assumeRole({
      roleArn,
      source: credentials,
      roleSessionName: sessionName,
      externalId: at === roles.length - 1 ? externalId : undefined,
      ...stsOptions(options, region),
    });
  }
  return { credentials, source, roles };
}

/** How STS is reached. STS has no region sets, so one that was named for the signature is left out. */
export function stsOptions(
  { endpointSts }: CallerOptions,
  region: string | undefined,
): { readonly region: string | undefined; readonly endpoint: string | undefined } {
  return { region: region?.match(/^[^*,]+$/)?.[0], endpoint: endpointSts };
}

/** Sets AWS_PROFILE, so that the SDK and our own readers all use the profile that was named. */
export function useProfile({ profile }: CallerOptions): void {
  if (profile !== undefined) process.env['AWS_PROFILE'] = profile;
}

/** The caller in words: where the credentials came from, and the roles. */
export function describeCaller({ source, roles }: Caller): string {
  return [source.words, ...roles].join(' → ');
}
