import { resolveTarget, type Denial, type Rejection } from '@sigv4/signer';
import { partitionOf } from '@sigv4/signer/client';

/** A policy statement that is missing, and where. */
export interface MissingStatement {
  /** Whose policy it is. */
  readonly belongsTo: string;
  /** The kind of policy, for programs. */
  readonly policy:
    | 'caller'
    | 'role trust'
    | 'resource policy'
    | 'function policy'
    | 'bucket policy'
    | 'other';
  readonly statement: Statement;
  /** What is not certain about it. */
  readonly hint: string | undefined;
}

interface Statement {
  readonly Effect: 'Allow';
  readonly Principal?: { readonly AWS: string };
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
}

/** A call that was refused, for hosts that do not tell what they denied. */
export interface RefusedCall {
  readonly method: string;
  readonly url: string;
  /** The ARN of who calls, where that is known. */
  readonly callerArn?: string | undefined;
}

/** What would allow a call that was denied. */
export interface Missing {
  /** Whether one of the statements is enough, or it takes all; `unknown`: one within an account, all across. */
  readonly takes: 'one' | 'all' | 'unknown';
  readonly statements: readonly MissingStatement[];
}

/**
 * The smallest statements that would allow what was denied.
 *
 * @param sent what was refused, where that is known: HTTP APIs and function URLs do not tell
 * @returns `undefined` if no Allow would help, or nobody knows what is missing
 */
export function missingStatements(
  { reason, denial }: Pick<Rejection, 'reason' | 'denial'>,
  sent?: RefusedCall,
): Missing | undefined {
  if (denial !== undefined) return ofDenial(denial);
  const isDenial = reason === 'forbidden' || reason === 'denied';
  return isDenial && sent !== undefined ? ofHost(sent) : undefined;
}

function ofDenial(denial: Denial): Missing | undefined {
  const { caller, action, explicit, policy, crossAccount } = denial;
  if (explicit || caller === 'anonymous') return undefined;
  const own = ofCaller(denial);
  const theirs = ofResource(denial);
  if (policy === 'identity-based policy') return { takes: 'all', statements: [own] };
  if (policy === 'resource-based policy') return { takes: 'all', statements: [theirs] };
  if (policy !== undefined) {
    const statement = { ...own, belongsTo: `the ${policy}`, policy: 'other' as const };
    return { takes: 'all', statements: [statement] };
  }
  const takes = crossAccount === undefined ? 'unknown' : crossAccount ? 'all' : 'one';
  // A role lets in nobody whom its trust policy does not name.
  return { takes, statements: action === 'sts:AssumeRole' ? [theirs, own] : [own, theirs] };
}

function ofCaller(denial: Denial): MissingStatement {
  const { caller, action } = denial;
  const resource = wholeResource(denial);
  return {
    belongsTo: `a policy of the caller, ${principalOf(caller)}`,
    policy: 'caller',
    statement: { Effect: 'Allow', Action: action, Resource: resource },
    hint: resource.includes(':*:')
      ? 'AWS hides the account of the API; ids of APIs are unique within a region'
      : undefined,
  };
}

function ofResource(denial: Denial): MissingStatement {
  const { caller, action, resource } = denial;
  const [service] = action.split(':');
  const principal = { AWS: principalOf(caller) };
  const hint = caller.includes(':assumed-role/')
    ? 'if the role has a path, write it in the Principal, as in role/service-role/name'
    : undefined;
  const common = { Effect: 'Allow', Principal: principal, Action: action } as const;
  if (service === 'sts') {
    return {
      belongsTo: `the trust policy of ${resource}`,
      policy: 'role trust',
      statement: common,
      hint,
    };
  }
  const kinds = {
    lambda: ['function policy', `the policy of the function ${resource}`],
    s3: ['bucket policy', `the policy of the bucket ${resource.split(/:::|\//)[1] ?? ''}`],
    'execute-api': [
      'resource policy',
      `the resource policy of the API ${resource.split(/[:/]/)[5] ?? ''} (deploy the API afterwards)`,
    ],
  } as const;
  const [policy, belongsTo] = Object.hasOwn(kinds, service ?? '')
    ? kinds[service as keyof typeof kinds]
    : (['resource policy', `the policy of ${resource}`] as const);
  return {
    belongsTo,
    policy,
    statement: { ...common, Resource: ownResource(denial) },
    hint,
  };
}

/** AWS can hide the account. If the accounts do not differ, it is the caller's own. */
function wholeResource({ caller, resource, crossAccount }: Denial): string {
  const account = crossAccount === false ? (caller.split(':')[4] ?? '*') : '*';
  const [, head = '', own = ''] = /^((?:[^:]*:){5})(.*)$/s.exec(resource) ?? [];
  return head.replace(/:\*+\d{4}:$/, () => `:${account}:`) + literal(own);
}

/** In an API's own policy the API need not be named. */
function ownResource(denial: Denial): string {
  const path = /^arn:[^:]+:execute-api:[^:]*:[^:]*:[^/]+\/(.*)$/s.exec(denial.resource)?.[1];
  return path === undefined ? wholeResource(denial) : `execute-api:/${literal(path)}`;
}

/** In a policy `*` and `?` stand for any text, and `${` begins a variable. */
function literal(text: string): string {
  return text.replaceAll(/[*?]|\$(?=\{)/g, (mark) => `\${${mark}}`);
}

/** A session is known to policies by its role. */
function principalOf(caller: string): string {
  return caller.replace(
    /^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)\/.*$/,
    'arn:$1:iam::$2:role/$3',
  );
}

/** For hosts that refuse everything with the same words: what a denial would be about. */
function ofHost({ method, url, callerArn }: RefusedCall): Missing | undefined {
  const { hostname, pathname } = new URL(url);
  const target = resolveTarget(url);
  if (target === undefined) return undefined;
  const { service, region } = target;
  const { id: partition } = partitionOf(region);
  const caller = callerArn && principalOf(callerArn);
  const belongsTo = `a policy of the caller${caller ? `, ${caller}` : ''}`;
  if (service === 'execute-api') {
    const [id = ''] = hostname.split('.');
    const [, first = '', ...rest] = pathname.split('/');
    const api = `arn:${partition}:execute-api:${region}:*:${id}`;
    // The first segment is either a stage, or part of the path of the stage without a name.
    const paths = [`$default/${method}${pathname}`];
    if (rest.length > 0) paths.push(`${first}/${method}/${rest.join('/')}`);
    const [resource = '', ...others] = paths.map((path) => `${api}/${literal(path)}`);
    const statement: Statement = {
      Effect: 'Allow',
      Action: 'execute-api:Invoke',
      Resource: others.length === 0 ? resource : [resource, ...others],
    };
    const hint =
      'this helps only if the signature is good and the caller is of the account of the API: HTTP APIs do not tell';
    return { takes: 'all', statements: [{ belongsTo, policy: 'caller', statement, hint }] };
  }
  if (service !== 'lambda') return undefined;
  const invoke = {
    Action: ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'],
    Resource: `arn:${partition}:lambda:${region}:ACCOUNT:function:NAME`,
  };
  const unknown = 'function URLs tell neither the name of the function nor its account';
  return {
    takes: 'unknown',
    statements: [
      {
        belongsTo,
        policy: 'caller',
        statement: { Effect: 'Allow', ...invoke },
        hint: caller ? unknown : `${unknown}; sigv4 whoami tells the CALLER`,
      },
      {
        belongsTo: 'the policy of the function',
        policy: 'function policy',
        statement: { Effect: 'Allow', Principal: { AWS: caller ?? 'CALLER' }, ...invoke },
        hint: undefined,
      },
    ],
  };
}
