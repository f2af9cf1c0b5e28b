import { stsEndpoint } from '@sigv4/credentials';

import { stsOptions, type Caller } from '../credentials/caller.ts';
import type { CallerOptions, SigningOptions } from '../options/shared-options.ts';
import { CliError } from '../output/error.ts';
import type { HttpAnswer } from './answer.ts';
import { send, type Called } from './call.ts';

/** Who calls, as STS tells it. */
export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
}

/**
 * Asks STS who calls. Every identity may ask, whatever its policies say.
 *
 * @throws {CliError} if STS refuses the credentials
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export async function callerIdentity(
  caller: Caller,
  named: string | undefined,
  options: CallerOptions & SigningOptions,
): Promise<CallerIdentity> {
  const { region: asked = 'us-east-1', endpoint } = stsOptions(options, named);
  const { url, region } = stsEndpoint(['region', asked], { endpoint });
  const call = {
    method: 'POST',
    url,
    headers: [
      ['content-type', 'application/x-www-form-urlencoded; charset=utf-8'],
      ['accept', 'text/xml'],
    ] as const,
    without: [],
    body: {
      content: Buffer.from('Action=GetCallerIdentity&Version=2011-06-15'),
      type: undefined,
      wantsJson: false,
    },
    place: { service: 'sts', region: { name: region, from: 'STS' }, isKnown: true },
    caller,
  };
  const { answer, rejection } = await send(call, {
    ...(options.query && { query: true }),
    service: 'sts',
    maxTime: 20,
  });
  const text = await textOf(answer);
  const element = (name: string): string | undefined =>
    new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1];
  const [account, arn, userId] = [element('Account'), element('Arn'), element('UserId')];
  if (account && arn && userId) return { account, arn, userId };
  throw refused(answer, rejection, url);
}

function refused(answer: HttpAnswer, rejection: Called['rejection'], url: string): CliError {
  const { host } = new URL(url);
  if (rejection === undefined) {
    return new CliError(
      `STS at ${host} answered ${answer.status}, and not who calls`,
      'check --endpoint-sts and AWS_ENDPOINT_URL_STS, and what stands on the way to it',
    );
  }
  const { status, type, message, explanation } = rejection;
  return new CliError(
    `STS at ${host} refused the credentials: ${[status, type, message].filter(Boolean).join(' ')}`,
    explanation.replace(/\.$/, ''),
  );
}

async function textOf(answer: HttpAnswer): Promise<string> {
  let text = '';
  for await (const piece of answer.content()) {
    text += String(piece);
    if (text.length > 65_536) break;
  }
  return text;
}
