import { readProfile } from './shared-config.ts';

/** Tells where credentials came from. It holds no secret. */
export interface CredentialsSource {
  readonly kind:
    | 'environment'
    | 'profile'
    | 'sso'
    | 'login'
    | 'process'
    | 'role'
    | 'web-identity'
    | 'container'
    | 'instance';
  /** In words that follow "credentials from". */
  readonly words: string;
}

/**
 * Finds out where this machine's credentials come from, in the order in which the AWS SDK looks:
 * the first place that is set up is the one that answers.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export async function findSource(): Promise<CredentialsSource> {
  const { env } = process;
  if (!env['AWS_PROFILE'] && env['AWS_ACCESS_KEY_ID'] && env['AWS_SECRET_ACCESS_KEY']) {
    return { kind: 'environment', words: 'the environment (AWS_ACCESS_KEY_ID)' };
  }
  const { name, settings } = await readProfile();
  const ofProfile = sourceOfProfile(name, settings);
  if (ofProfile !== undefined) return ofProfile;
  if (env['AWS_WEB_IDENTITY_TOKEN_FILE'] && env['AWS_ROLE_ARN']) {
    return {
      kind: 'web-identity',
      words: `a web identity (AWS_WEB_IDENTITY_TOKEN_FILE), as ${env['AWS_ROLE_ARN']}`,
    };
  }
  for (const variable of [
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ]) {
    if (env[variable]) return { kind: 'container', words: `the container (${variable})` };
  }
  return { kind: 'instance', words: 'the metadata of the EC2 instance (IMDS)' };
}

function sourceOfProfile(
  name: string,
  settings: Readonly<Record<string, string>>,
): CredentialsSource | undefined {
  const profile = `profile ${name}`;
  const { role_arn: role, source_profile: from, credential_source: place } = settings;
  if (settings['aws_access_key_id'] && role === undefined)
    return { kind: 'profile', words: profile };
  if (settings['web_identity_token_file'] && role) {
    return { kind: 'web-identity', words: `a web identity of ${profile}, as ${role}` };
  }
  if (role) {
    return {
      kind: 'role',
      words: `${profile}: ${role}, assumed by ${from ? `profile ${from}` : (place ?? 'itself')}`,
    };
  }
  const session = settings['sso_session'] ?? settings['sso_start_url'];
  if (session) {
    const as = [settings['sso_role_name'], settings['sso_account_id']].filter(Boolean).join(' in ');
    return { kind: 'sso', words: `SSO (${session}) of ${profile}${as && `, as ${as}`}` };
  }
  if (settings['login_session']) return { kind: 'login', words: `aws login of ${profile}` };
  if (settings['credential_process']) {
    return { kind: 'process', words: `the credential_process of ${profile}` };
  }
  return undefined;
}
