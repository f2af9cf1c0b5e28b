import type { ConditionContext } from '../iam/condition-keys.ts';
import { policiesOf, type Identity } from '../iam/identity.ts';
import type { Statement } from '../iam/policy-document.ts';
import { decide, denyingPolicy, explainDenial } from '../iam/policy-evaluation.ts';
import type { ContextValues, Iam } from '../iam/request-context.ts';
import type { Refusal } from '../signature/refusal.ts';
import { verifySignature } from '../signature/verify-signature.ts';
import type { Call, Finding } from '../wire/service.ts';

/** Who signed a request. */
export interface Caller {
  readonly accessKeyId: string;
  readonly identity: Identity;
}

/** What is called, and whose it is. */
export interface Protected {
  /** `NONE` lets in anyone whom the resource policy, if there is one, allows. */
  readonly authorization: 'AWS_IAM' | 'NONE' | undefined;
  readonly service: 'execute-api' | 'lambda' | 's3';
  /** All of these must be allowed; each with the condition keys that only it has. */
  readonly actions: Readonly<Record<string, ContextValues>>;
  readonly region: string;
  readonly account: string;
  readonly resource: string;
  /** By which it is known at AWS. */
  readonly hostNames: readonly string[];
  /** Whether it takes signatures of SigV4a too. Default: true. */
  readonly sigv4a?: boolean;
  /** `undefined` if it has none or cannot have one. */
  readonly resourcePolicy: readonly Statement[] | undefined;
}

/** Who is let in, or why not. */
export interface Authorized {
  /** Known once the signature was verified. */
  readonly caller?: Caller;
  /** The access key id that the request names, if it names one. */
  readonly accessKeyId?: string | undefined;
  readonly refusal?: Refusal & {
    readonly because?: string;
    readonly comparison?: string;
    readonly canonicalRequest?: string;
    readonly stringToSign?: string;
  };
  /** AWS's message, and the kit's own. */
  readonly denial?: {
    readonly action: string;
    readonly resource: string;
    readonly message: string;
    readonly because: string;
    /** The kind of policy that says no, in AWS's words; `undefined` if none says yes. */
    readonly deniedBy: string | undefined;
  };
  /** What policies were told. */
  readonly context?: ConditionContext;
}

/** Checks the signature first, then the policies. */
export function authorize(call: Call, iam: Iam, asked: Protected): Authorized {
  if (asked.authorization === 'NONE') {
    return asked.resourcePolicy
      ? judge(call, iam, asked, undefined)
      : { context: contextOf(call, iam, asked, undefined) };
  }
  const { accounts } = iam;
  const verdict = verifySignature(call.request, {
    keys: (id) => accounts.key(id),
    service: asked.service,
    region: asked.region,
    now: call.now,
    ...(asked.sigv4a === false && { sigv4a: false }),
    explain: { hosts: asked.hostNames },
  });
  const { accessKeyId } = verdict;
  if (!verdict.ok) return { accessKeyId, refusal: verdict };
  const identity = accounts.identityOf(verdict.accessKeyId);
  const caller = { accessKeyId: verdict.accessKeyId, identity };
  return { ...judge(call, iam, asked, identity), caller, accessKeyId };
}

function contextOf(
  { request }: Call,
  { makeContext }: Iam,
  { region, account }: Protected,
  identity: Identity | undefined,
  more: ContextValues = {},
): ConditionContext {
  return makeContext(request, { identity, region, resourceAccount: account, more });
}

function judge(call: Call, iam: Iam, asked: Protected, identity: Identity | undefined): Authorized {
  const { account, resource, resourcePolicy } = asked;
  const principal = identity?.principal;
  const policies = { ...policiesOf(identity), resource: resourcePolicy ?? [] };
  let context: ConditionContext | undefined;
  for (const [action, more] of Object.entries(asked.actions)) {
    context = contextOf(call, iam, asked, identity, more);
    const request = { principal, action, resource, resourceAccount: account, context };
    const decision = decide(request, policies);
    if (decision === 'allowed') continue;
    const masked = resource.replace(account, `********${account.slice(-4)}`);
    const explicitly = decision === 'explicitly-denied' ? ' with an explicit deny' : '';
    return {
      context,
      denial: {
        action,
        resource,
        deniedBy: decision === 'explicitly-denied' ? denyingPolicy(request, policies) : undefined,
        message: `User: ${principal?.arn ?? 'anonymous'} is not authorized to perform: ${action} on resource: ${masked}${explicitly}`,
        because: explainDenial(request, policies),
      },
    };
  }
  return context ? { context } : {};
}

/** What `aws.requests` tells about it. */
export function findingOf({ caller, accessKeyId, refusal, denial }: Authorized): Finding {
  return {
    ...(accessKeyId !== undefined && { accessKeyId }),
    ...(caller && { callerArn: caller.identity.principal.arn }),
    ...(refusal && { refusal: refusal.message }),
    ...(refusal?.because !== undefined && { because: refusal.because }),
    ...(refusal?.comparison !== undefined && { comparison: refusal.comparison }),
    ...(denial && { refusal: denial.message, because: denial.because }),
  };
}
