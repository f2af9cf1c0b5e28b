import type { Accounts, Identity } from './accounts.ts';
import type { ArrivedRequest } from './arrived-request.ts';
import { decide } from './policy-evaluation.ts';
import type { Statement } from './policy-document.ts';
import { headerValues } from './raw-request.ts';
import type { Refusal } from './refusal.ts';
import type { Call, Finding } from './service.ts';
import { verifySignature } from './verify-signature.ts';

/** Who signed a request. */
export interface Caller {
  readonly accessKeyId: string;
  readonly identity: Identity;
}

/** What is called, and whose it is. */
export interface Protected {
  readonly service: 'execute-api' | 'lambda';
  readonly action: 'execute-api:Invoke' | 'lambda:InvokeFunctionUrl';
  readonly region: string;
  readonly account: string;
  readonly resource: string;
  readonly resourcePolicy: readonly Statement[];
}

/** Who may, or why not. */
export interface Authorized {
  /** Once the signature was verified. */
  readonly caller: Caller | undefined;
  /** Who the request claims to be from, where it says so. */
  readonly accessKeyId?: string | undefined;
  readonly refusal?: Refusal;
  /** AWS's message. */
  readonly denial?: string;
}

/** Signature first, then policies. */
export function authorize(
  { request, now }: Call,
  accounts: Accounts,
  asked: Protected,
): Authorized {
  const { service, region } = asked;
  const verdict = verifySignature(request, {
    keys: (id) => accounts.key(id),
    service,
    region,
    now,
  });
  const { accessKeyId } = verdict;
  if (!verdict.ok) return { caller: undefined, accessKeyId, refusal: verdict };
  const identity = accounts.identityOf(verdict.accessKeyId);
  const caller = { accessKeyId: verdict.accessKeyId, identity };
  const decision = decide(
    {
      principal: identity.principal,
      action: asked.action,
      resource: asked.resource,
      resourceAccount: asked.account,
      context: requestContext(request, now()),
    },
    identity.policies,
    asked.resourcePolicy,
  );
  if (decision === 'allowed') return { caller, accessKeyId };
  const masked = asked.resource.replace(asked.account, `********${asked.account.slice(-4)}`);
  const explicitly = decision === 'explicitly-denied' ? ' with an explicit deny' : '';
  return {
    caller,
    accessKeyId,
    denial: `User: ${identity.principal.arn} is not authorized to perform: ${asked.action} on resource: ${masked}${explicitly}`,
  };
}

export function findingOf({ caller, accessKeyId }: Authorized): Finding {
  return {
    ...(accessKeyId === undefined ? undefined : { accessKeyId }),
    ...(caller && { callerArn: caller.identity.principal.arn }),
  };
}

/** The condition keys that a request by itself gives. */
function requestContext(request: ArrivedRequest, now: number): Map<string, string> {
  const { secure, sourceIp, sourceVpce } = request;
  const [userAgent] = headerValues(request, 'user-agent');
  const [referer] = headerValues(request, 'referer');
  const keys: readonly (readonly [string, string | undefined])[] = [
    ['aws:securetransport', String(secure)],
    // Through a VPC endpoint the address is another key's.
    [sourceVpce === undefined ? 'aws:sourceip' : 'aws:vpcsourceip', sourceIp],
    ['aws:sourcevpce', sourceVpce],
    ['aws:useragent', userAgent],
    ['aws:referer', referer],
    ['aws:currenttime', `${new Date(now).toISOString().slice(0, 19)}Z`],
    ['aws:epochtime', String(Math.floor(now / 1000))],
  ];
  return new Map(keys.filter((entry): entry is [string, string] => entry[1] !== undefined));
}
