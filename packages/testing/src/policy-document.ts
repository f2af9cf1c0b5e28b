/** An IAM policy, as JSON. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Id?: string;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  /** Of resource and trust policies: `'*'`, or `{ AWS: … }` with account ids or ARNs. */
  readonly Principal?: '*' | { readonly AWS: string | readonly string[] };
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  /** Operators `StringEquals` and `StringLike`. */
  readonly Condition?: Readonly<
    Record<string, Readonly<Record<string, string | readonly string[]>>>
  >;
}

/** A statement, checked and in one form. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  /** `undefined` in identity policies. */
  readonly principals: readonly string[] | undefined;
  readonly actions: readonly RegExp[];
  readonly resources: readonly RegExp[];
  readonly conditions: readonly Condition[];
}

export interface Condition {
  /** In lower case: IAM does not tell them apart. */
  readonly key: string;
  readonly values: readonly RegExp[];
}

export type PolicyKind = 'identity' | 'resource' | 'trust';

const STATEMENT_FIELDS = new Set(['Sid', 'Effect', 'Principal', 'Action', 'Resource', 'Condition']);

/**
 * @param name for error messages
 * @param expand completes a resource pattern, where AWS allows a short form
 * @throws {TypeError} at whatever this does not know: nothing in a policy is ignored
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
 */
export function loadPolicy(
  document: PolicyDocument,
  kind: PolicyKind,
  name: string,
  expand: (resource: string) => string = (resource) => resource,
): readonly Statement[] {
  if (document?.Version !== '2012-10-17')
    throw new TypeError(`${name}: Version must be '2012-10-17'`);
  return list(document.Statement).map((statement, at) => {
    const where = `${name}, statement ${statement.Sid ?? at + 1}`;
    for (const field of Object.keys(statement)) {
      if (!STATEMENT_FIELDS.has(field)) throw new TypeError(`${where}: ${field} is not supported`);
    }
    if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') {
      throw new TypeError(`${where}: Effect must be 'Allow' or 'Deny'`);
    }
    return {
      effect: statement.Effect,
      principals: loadPrincipals(statement.Principal, kind, where),
      actions: required(statement.Action, 'Action', where).map((action) => wildcard(action, 'i')),
      resources:
        kind === 'trust'
          ? none(statement.Resource, where)
          : required(statement.Resource, 'Resource', where).map((pattern) =>
              wildcard(expand(pattern)),
            ),
      conditions: loadConditions(statement.Condition, where),
    };
  });
}

function loadPrincipals(
  principal: PolicyStatement['Principal'],
  kind: PolicyKind,
  where: string,
): readonly string[] | undefined {
  if (kind === 'identity') {
    if (principal !== undefined)
      throw new TypeError(`${where}: an identity policy has no Principal`);
    return undefined;
  }
  if (principal === '*') return ['*'];
  const others = Object.keys(principal ?? {}).filter((key) => key !== 'AWS');
  if (principal === undefined || others.length > 0) {
    throw new TypeError(
      `${where}: Principal must be '*' or { AWS: … }${others.length > 0 ? `; ${others.join(', ')} is not supported` : ''}`,
    );
  }
  return list(principal.AWS);
}

const OPERATORS: Readonly<Record<string, (value: string) => RegExp>> = {
  StringEquals: (value) => new RegExp(`^${escape(value)}$`, 's'),
  StringLike: (value) => wildcard(value),
};

function loadConditions(block: PolicyStatement['Condition'], where: string): Condition[] {
  return Object.entries(block ?? {}).flatMap(([operator, keys]) => {
    const toPattern = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
    if (toPattern === undefined) {
      throw new TypeError(
        `${where}: the condition operator ${operator} is not supported; ${Object.keys(OPERATORS).join(' and ')} are`,
      );
    }
    return Object.entries(keys).map(([key, values]) => ({
      key: key.toLowerCase(),
      values: list(values).map(toPattern),
    }));
  });
}

function required(
  value: string | readonly string[] | undefined,
  field: string,
  where: string,
): readonly string[] {
  if (value === undefined) throw new TypeError(`${where}: ${field} is missing`);
  return list(value);
}

function none(resource: PolicyStatement['Resource'], where: string): readonly RegExp[] {
  if (resource !== undefined) throw new TypeError(`${where}: a trust policy has no Resource`);
  return [/^/];
}

function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** IAM's `*` and `?`. */
function wildcard(pattern: string, flags = ''): RegExp {
  if (pattern.includes('${')) throw new TypeError(`${pattern}: policy variables are not supported`);
  return new RegExp(
    `^${escape(pattern).replaceAll('\\*', '.*').replaceAll('\\?', '.')}$`,
    `s${flags}`,
  );
}

function escape(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
