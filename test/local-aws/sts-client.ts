import { createSigner, type Credentials } from '@sigv4/signer';
import type { LocalAws, TestCredentials } from '@sigv4/testing';

export interface StsAnswer {
  readonly status: number;
  readonly xml: string;
  /** Of an error. */
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** Of a session. */
  readonly credentials: TestCredentials;
}

/** The text of the first element of a name. */
export function elementOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

/** Calls STS as it stands on the wire: the Query protocol, signed unless `credentials` is missing. */
export async function callSts(
  aws: LocalAws,
  credentials: Credentials | undefined,
  parameters: Record<string, string>,
): Promise<StsAnswer> {
  const body = new URLSearchParams({ Version: '2011-06-15', ...parameters }).toString();
  const request = {
    method: 'POST',
    url: aws.stsUrl,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  };
  const send = (headers: Record<string, string>): Promise<Response> =>
    fetch(request.url, { method: 'POST', headers, body });
  const response =
    credentials === undefined
      ? await send(request.headers)
      : await createSigner({
          credentials,
          service: 'sts',
          region: aws.region,
          now: aws.clock.now,
          retryRejected: false,
        }).send(request, ({ headers }) => send(headers));
  const xml = await response.text();
  return {
    status: response.status,
    xml,
    code: elementOf(xml, 'Code'),
    message: elementOf(xml, 'Message'),
    credentials: {
      accessKeyId: elementOf(xml, 'AccessKeyId') ?? '',
      secretAccessKey: elementOf(xml, 'SecretAccessKey') ?? '',
      sessionToken: elementOf(xml, 'SessionToken') ?? '',
    },
  };
}

/** `Tags.member.1.Key`, … */
export function tagParameters(
  tags: Record<string, string>,
  transitive: readonly string[] = [],
): Record<string, string> {
  return Object.fromEntries([
    ...Object.entries(tags).flatMap(([key, value], at) => [
      [`Tags.member.${at + 1}.Key`, key],
      [`Tags.member.${at + 1}.Value`, value],
    ]),
    ...transitive.map((key, at) => [`TransitiveTagKeys.member.${at + 1}`, key]),
  ]);
}
