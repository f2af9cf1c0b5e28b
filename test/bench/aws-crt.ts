import { hash } from 'node:crypto';
import { createRequire } from 'node:module';

/** What is used of aws-crt, whose types come with it. */
interface AwsCrt {
  readonly auth: {
    readonly AwsCredentialsProvider: {
      newStatic(accessKeyId: string, secretAccessKey: string, sessionToken: string): unknown;
    };
    aws_sign_request(request: unknown, config: object): Promise<unknown>;
  };
  readonly http: {
    readonly HttpHeaders: new (headers: [string, string][]) => unknown;
    readonly HttpRequest: new (
      method: string,
      path: string,
      headers: unknown,
      body?: unknown,
    ) => unknown;
  };
}

type Sign = (
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string | undefined,
) => Promise<unknown>;

/** AWS's C library. No dependency of ours: 54 MB, and not for every platform. */
export function awsCrtSigner(given: {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  service: string;
  region: string;
}): Sign | undefined {
  let crt: AwsCrt;
  try {
    crt = createRequire(import.meta.url)('aws-crt') as AwsCrt;
  } catch {
    return undefined;
  }
  const { auth, http } = crt;
  const { service, region } = given;
  const provider = auth.AwsCredentialsProvider.newStatic(
    given.accessKeyId,
    given.secretAccessKey,
    given.sessionToken,
  );
  return (method, path, headers, body) =>
    auth.aws_sign_request(
      new http.HttpRequest(method, path, new http.HttpHeaders(Object.entries(headers))),
      {
        algorithm: 0,
        signature_type: 0,
        provider,
        service,
        region,
        date: new Date(),
        ...(body === undefined ? undefined : { signed_body_value: hash('sha256', body, 'hex') }),
      },
    );
}
