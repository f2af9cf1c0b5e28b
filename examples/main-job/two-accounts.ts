import {
  startLocalAws,
  type RestApiDefinition,
  type LocalAws,
  type PolicyDocument,
} from '@sigv4/testing';

export const ORDERS_ACCOUNT = '111111111111';
export const PARTNER_ACCOUNT = '222222222222';
export const ORDER_SERVICE = `arn:aws:iam::${ORDERS_ACCOUNT}:user/order-service`;
export const INTERN = `arn:aws:iam::${ORDERS_ACCOUNT}:user/intern`;
export const PARTNER_ROLE = `arn:aws:iam::${PARTNER_ACCOUNT}:role/stock-invoke`;

const routes: RestApiDefinition['routes'] = [
  {
    method: 'GET',
    path: '/orders',
    handler: ({ query }) => ({
      body: { found: query.getAll('tag'), customer: query.get('customer') },
    }),
  },
  {
    method: 'POST',
    path: '/orders',
    handler: ({ body }) => ({ status: 201, body: { accepted: JSON.parse(body) } }),
  },
];

/** The policies that make it work; each of them is needed. */
export function startTwoAccounts(): Promise<LocalAws> {
  return startLocalAws({
    region: 'eu-west-1',
    accounts: {
      [ORDERS_ACCOUNT]: {
        users: {
          'order-service': {
            policies: [allow('execute-api:Invoke', '*'), allow('sts:AssumeRole', PARTNER_ROLE)],
          },
          intern: {},
        },
      },
      [PARTNER_ACCOUNT]: {
        roles: {
          'stock-invoke': {
            trust: {
              Version: '2012-10-17',
              Statement: {
                Effect: 'Allow',
                Principal: { AWS: ORDER_SERVICE },
                Action: 'sts:AssumeRole',
              },
            },
            policies: [allow('execute-api:Invoke', '*')],
          },
        },
      },
    },
    apis: {
      own: { account: ORDERS_ACCOUNT, routes },
      partner: { account: PARTNER_ACCOUNT, routes },
    },
  });
}

function allow(action: string, resource: string): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: action, Resource: resource },
  };
}
