import { createHash, randomUUID } from 'node:crypto';

import type { Accounts } from '../iam/accounts.ts';
import { headerValues, splitTarget } from '../wire/raw-request.ts';
import type { RawResponse } from '../wire/raw-response.ts';
import type { Call, Handled, Service } from '../wire/service.ts';

const PATH = '/_local/credentials/';

/** What a process needs in its environment, so that a default provider chain finds a role. */
export interface ContainerEnvironment {
  /** Behind the server's URL. */
  readonly path: string;
  readonly authorization: string;
}

/** The endpoint from which containers of ECS and EKS get the credentials of their role. */
export interface ContainerCredentials extends Service {
  /** @throws {TypeError} if there is no such role */
  environmentOf(roleArn: string): ContainerEnvironment;
}

/** Whether a request is one for container credentials, on a server that has other things too. */
export function isForContainers(target: string): boolean {
  return target.startsWith(PATH);
}

/** @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
export function containerCredentials(accounts: Accounts): ContainerCredentials {
  // A token of one local AWS is none of another.
  const salt = randomUUID();
  const tokenOf = (arn: string): string =>
    createHash('sha256').update(`${salt} ${arn}`).digest('base64url');

  function handle({ request }: Call): Handled {
    const arn = decoded(splitTarget(request.target).path.slice(PATH.length));
    const role = accounts.role(arn);
    const [authorization] = headerValues(request, 'authorization');
    if (role === undefined || request.method !== 'GET') return refuse(404, 'not found');
    if (authorization !== tokenOf(arn)) return refuse(401, 'the authorization token is wrong');
    const { accessKeyId, secretAccessKey, sessionToken, expiration } =
      accounts.startServiceSession(role);
    const body = {
      RoleArn: arn,
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      Token: sessionToken,
      Expiration: `${expiration?.toISOString().slice(0, 19)}Z`,
    };
    return { response: json(200, body), seen: { callerArn: arn } };
  }

  return {
    service: 'container-credentials',
    hostNames: [],
    environmentOf: (arn) => {
      if (!accounts.role(arn)) throw new TypeError(`there is no role ${arn}`);
      return { path: PATH + encodeURIComponent(arn), authorization: tokenOf(arn) };
    },
    handle,
    failure: (status) => json(status, { code: 'InternalServerError', message: 'Internal error' }),
    throttled: () => json(429, { code: 'ThrottlingException', message: 'Rate exceeded' }),
  };
}

/** @returns what names no role, if it cannot be decoded */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refuse(status: number, message: string): Handled {
  const code = status === 404 ? 'ResourceNotFoundException' : 'AccessDeniedException';
  return { response: json(status, { code, message }), seen: { refusal: message } };
}

function json(status: number, body: object): RawResponse {
  return {
    status,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
}
