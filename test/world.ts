import {
  startLocalAws,
  type RestApiDefinition,
  type LocalAws,
  type PolicyDocument,
  type PolicyStatement,
  type RoleDefinition,
} from '@sigv4/testing';

/** The account of the caller, and another one. */
export const OWN = '111111111111';
export const OTHER = '222222222222';

export const CALLER = `arn:aws:iam::${OWN}:user/order-service`;
export const INTERN = `arn:aws:iam::${OWN}:user/intern`;
export const ROLE = `arn:aws:iam::${OTHER}:role/orders-invoke`;

export function policy(...statements: PolicyStatement[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements };
}

export function allow(action: string, resource = '*'): PolicyDocument {
  return policy({ Effect: 'Allow', Action: action, Resource: resource });
}

/** Answers with what it got. */
const ECHO: RestApiDefinition['routes'] = [
  {
    method: 'ANY',
    path: '/{proxy+}',
    handler: ({ method, path, query, body, headers, caller }) => ({
      body: {
        method,
        path,
        query: [...query],
        body,
        type: headers.get('content-type'),
        caller: caller?.arn,
      },
    }),
  },
];

export interface Echo {
  method: string;
  path: string;
  query: [string, string][];
  body: string;
  type: string | null;
  caller: string | undefined;
}

/**
 * Two accounts: one with a service that may call everything, an intern who may call nothing, and
 * the API `own`; another with the role `orders-invoke` that trusts the service, and the API `other`.
 */
export function startWorld(
  more: {
    role?: Partial<RoleDefinition>;
    routes?: RestApiDefinition['routes'];
  } = {},
): Promise<LocalAws> {
  const routes = [...(more.routes ?? []), ...ECHO];
  return startLocalAws({
    accounts: {
      [OWN]: { users: { 'order-service': { policies: [allow('*')] }, intern: {} } },
      [OTHER]: {
        roles: {
          'orders-invoke': {
            trust: policy({ Effect: 'Allow', Principal: { AWS: OWN }, Action: 'sts:AssumeRole' }),
            policies: [allow('execute-api:Invoke')],
            ...more.role,
          },
        },
      },
    },
    apis: { own: { account: OWN, routes }, other: { account: OTHER, routes } },
  });
}
