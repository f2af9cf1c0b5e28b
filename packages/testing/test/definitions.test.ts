import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { startLocalAws, type LocalAwsOptions } from '@sigv4/testing';

import { documentation, jsonSchema } from '../../../test/local-aws/json-schema.ts';
import { readConfig } from '../src/harness/cli-config.ts';
import { s3 } from '../src/buckets/s3.ts';
import { SHAPES } from '../src/harness/definition-shapes.ts';
import { SimulatedAws } from '../src/harness/simulated-aws.ts';

type Json = Record<string, unknown>;

const OWN = '111111111111';
const POLICY = {
  Version: '2012-10-17',
  Statement: { Sid: 'One', Effect: 'Allow', Action: '*', Resource: '*' },
};
const TRUST = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' },
};
const SHARED = {
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' },
};

/** One of everything, with every field that a file can have. */
function everything(): Json {
  const place = { account: OWN, region: 'eu-west-1' };
  return {
    region: 'eu-west-1',
    accounts: {
      [OWN]: {
        users: {
          shop: {
            policies: [POLICY],
            accessKeys: [{ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }],
            permissionsBoundary: POLICY,
            tags: { team: 'blue' },
            mfa: { serialNumber: `arn:aws:iam::${OWN}:mfa/shop`, seed: 'JBSWY3DPEHPK3PXP' },
          },
        },
        roles: {
          invoke: {
            trust: TRUST,
            policies: [POLICY],
            permissionsBoundary: 'arn:aws:iam::aws:policy/AdministratorAccess',
            maxSessionDuration: 7200,
            sessionSeconds: 900,
            tags: { team: 'blue' },
          },
        },
        policies: { all: POLICY },
        oidcProviders: { 'idp.example.com': { jwks: { keys: [] }, audiences: ['x'] } },
        organization: 'o-a1b2c3d4e5',
        serviceControlPolicies: [POLICY],
      },
    },
    apis: {
      rest: {
        ...place,
        kind: 'rest',
        id: 'rest',
        domainName: 'rest.example.com',
        basePath: 'v1',
        stageVariables: { prod: { table: 'x' } },
        stages: ['prod'],
        routes: [
          { method: 'GET', path: '/x', authorization: 'AWS_IAM', apiKeyRequired: true },
          { method: 'ANY', path: '/{proxy+}', authorization: 'NONE' },
        ],
        resourcePolicy: SHARED,
        apiKeys: ['key'],
        gatewayResponses: { DEFAULT_4XX: { status: 404, headers: { x: 'y' }, body: '{}' } },
        binaryMediaTypes: ['image/*'],
      },
      http: {
        ...place,
        kind: 'http',
        id: 'http',
        domainName: 'http.example.com',
        basePath: 'v1',
        stageVariables: { $default: { table: 'x' } },
        stages: ['$default'],
        cors: {
          allowOrigins: ['https://*'],
          allowMethods: ['*', 'GET'],
          allowHeaders: ['x'],
          exposeHeaders: ['y'],
          maxAge: 60,
          allowCredentials: true,
        },
        routes: [
          { routeKey: 'GET /x', authorization: 'NONE', payloadFormatVersion: '1.0' },
          { routeKey: '$default' },
        ],
      },
      socket: {
        ...place,
        kind: 'websocket',
        id: 'socket',
        domainName: 'ws.example.com',
        basePath: 'v1',
        stageVariables: { prod: { table: 'x' } },
        stages: ['prod'],
        routeSelectionExpression: '$request.body.action',
        routes: [{ routeKey: '$connect', authorization: 'NONE' }, { routeKey: 'send' }],
      },
      url: {
        ...place,
        kind: 'function-url',
        id: 'url',
        functionName: 'report',
        authorization: 'NONE',
        resourcePolicy: SHARED,
      },
    },
    buckets: {
      photos: {
        ...place,
        policies: [
          {
            Version: '2012-10-17',
            Statement: {
              Effect: 'Allow',
              Principal: '*',
              Action: 's3:GetObject',
              Resource: 'arn:aws:s3:::photos/*',
            },
          },
        ],
        cors: [
          {
            AllowedOrigins: ['https://app.example.com'],
            AllowedMethods: ['GET'],
            AllowedHeaders: ['*'],
            ExposeHeaders: ['ETag'],
            MaxAgeSeconds: 60,
            ID: 'app',
          },
        ],
        objects: { 'a.txt': { body: 'a', contentType: 'text/plain', metadata: { by: 'shop' } } },
        multiRegionAccessPoint: 'mfzwi23gnjvgw.mrap',
        maxBytes: 1000,
      },
    },
  };
}

/** A program has handlers where a file has none. */
function inProgram(file: Json): LocalAwsOptions {
  const apis = Object.entries((file['apis'] ?? {}) as Record<string, Json>).map(([name, api]) => {
    const handler = (): object => ({});
    const routes = (api['routes'] as Json[] | undefined)?.map((route) =>
      Object.assign({ handler }, route),
    );
    const isUrl = api['kind'] === 'function-url';
    return [name, { ...api, ...(routes && { routes }), ...(isUrl && { handler }) }];
  });
  return { ...file, ...('apis' in file && { apis: Object.fromEntries(apis) }) };
}

function load(options: LocalAwsOptions): SimulatedAws {
  const aws = new SimulatedAws(options, true);
  s3(options.buckets ?? {}, aws.iam, aws.region, aws.clock.now);
  return aws;
}

const WAYS: [string, (file: Json) => SimulatedAws][] = [
  ['startLocalAws', (file) => load(inProgram(file))],
  ['the file', (file) => load(readConfig(JSON.stringify(file)))],
];

/** All objects of a definition that have fields of a fixed name, and where they are. */
function* objectsOf(value: unknown, path: string[] = []): Generator<[Json, string[]]> {
  if (typeof value !== 'object' || value === null) return;
  const parent = path.at(-1) ?? '';
  const isNamed =
    /^(?:accounts|apis|users|roles|oidcProviders|tags|headers|jwks|gatewayResponses|serviceControlPolicies|stageVariables|buckets|objects|metadata)$/.test(
      parent,
    ) ||
    (parent === 'policies' && !Array.isArray(value)) ||
    path.at(-2) === 'stageVariables';
  if (!isNamed && !Array.isArray(value)) yield [value as Json, path];
  for (const [name, inner] of Object.entries(value)) yield* objectsOf(inner, [...path, name]);
}

test.each(WAYS)('%s: what is right loads', (_way, loadFile) => {
  expect(loadFile(everything()).apis).toHaveLength(4);
});

/** Misspelt as people do it: a letter lost, doubled, swapped, or in the other case. */
function misspellings(name: string): string[] {
  const at = Math.floor(name.length / 2);
  return [
    name.slice(0, at) + name.slice(at + 1),
    name.slice(0, at) + name.charAt(at) + name.slice(at),
    name.slice(0, at - 1) + name.charAt(at) + name.charAt(at - 1) + name.slice(at + 1),
    name.toUpperCase() === name ? name.toLowerCase() : name.toUpperCase(),
  ].filter((other) => other !== name && other !== '');
}

/** A copy of everything in which one object has been changed. */
function changed(at: readonly string[], change: (object: Json) => void): Json {
  const all = structuredClone(everything());
  let object: Json = all;
  for (const name of at) object = object[name] as Json;
  change(object);
  return all;
}

function refusalOf(file: Json, loadFile: (file: Json) => SimulatedAws): TypeError {
  try {
    loadFile(file);
  } catch (error) {
    if (error instanceof TypeError) return error;
    throw error;
  }
  throw new Error(`nothing was refused in ${JSON.stringify(file)}`);
}

describe.each(WAYS)('%s', (_way, loadFile) => {
  test('a misspelt name is refused, whatever it names, with the right one', () => {
    let count = 0;
    for (const [object, at] of objectsOf(everything())) {
      // Two letters in the wrong order have nothing in common with the right ones.
      for (const name of Object.keys(object).filter(({ length }) => length > 2)) {
        for (const wrong of misspellings(name)) {
          const file = changed(at, (one) => {
            one[wrong] = one[name];
            delete one[name];
          });
          const { message } = refusalOf(file, loadFile);
          const told = [at.join(' '), name, message.includes(wrong), message];
          expect(told).toEqual([told[0], name, true, expect.stringMatching(/did you mean \w+\?$/)]);
          count += 1;
        }
      }
    }
    expect(count).toBeGreaterThan(200);
  });

  test('nothing can stand for a value: a policy that is null would let everybody in', () => {
    for (const [object, at] of objectsOf(everything())) {
      // A body can be any JSON, a Sid bears on nothing, and `inProgram` makes its own APIs.
      for (const name of Object.keys(object).filter(
        (field) => !/^(?:body|Sid|apis)$/.test(field),
      )) {
        for (const value of [null, Number.NaN, 0.5]) {
          const file = changed(at, (one) => {
            one[name] = value;
          });
          expect(() => refusalOf(file, load), `${at.join(' ')} ${name} ${value}`).not.toThrow();
        }
      }
    }
  });

  test('a field of another kind of API is refused, and it is said who has it', () => {
    const { apis } = everything() as { apis: Record<string, Json> };
    let count = 0;
    for (const [kind, api] of Object.entries(apis)) {
      for (const other of Object.values(apis)) {
        for (const name of Object.keys(other).filter((field) => !Object.hasOwn(api, field))) {
          const file = changed(['apis', kind], (one) => {
            one[name] = other[name];
          });
          expect(refusalOf(file, loadFile).message).toMatch(
            new RegExp(`^API ${kind}: an? .* has no ${name}; only an? .* can have it$`),
          );
          count += 1;
        }
      }
    }
    expect(count).toBeGreaterThan(15);
  });

  test.each<[string[], string, unknown, RegExp]>([
    [
      ['apis', 'rest'],
      'authorization',
      'NONE',
      /^API rest: a REST API has no authorization; only a function URL/,
    ],
    [
      ['apis', 'rest', 'routes', '0'],
      'authorization',
      'none',
      /^API rest, route GET \/x: authorization must be 'AWS_IAM' or 'NONE', got "none"; did you mean NONE\?$/,
    ],
    [['apis', 'rest', 'routes', '0'], 'authorization', 'IAM', /did you mean AWS_IAM\?$/],
    [
      ['apis', 'rest', 'routes', '0'],
      'method',
      'get',
      /^API rest, route get \/x: method must be .*, got "get"; did you mean GET\?$/,
    ],
    [
      ['apis', 'rest', 'routes', '0'],
      'apiKeyRequired',
      'true',
      /^API rest, route GET \/x: apiKeyRequired: expected true or false, got "true"$/,
    ],
    [
      ['apis', 'http', 'routes', '0'],
      'apiKeyRequired',
      true,
      /route GET \/x: a route of an HTTP API has no apiKeyRequired; only a route of a REST API can have it/,
    ],
    [
      ['apis', 'http', 'routes', '0'],
      'routeKey',
      'get /x',
      /^API http, route get \/x: expected "GET \/orders\/\{id\}" or "\$default"; did you mean GET\?$/,
    ],
    [
      ['apis', 'http', 'routes', '0'],
      'routeKey',
      '/x',
      /expected "GET \/orders\/\{id\}" or "\$default"/,
    ],
    [
      ['apis', 'url'],
      'authorization',
      'iam',
      /^API url: authorization must be 'AWS_IAM' or 'NONE'/,
    ],
    [
      ['apis', 'http'],
      'kind',
      'HTTP',
      /^API http: kind must be 'rest', 'http', 'websocket' or 'function-url', got "HTTP"; did you mean http\?$/,
    ],
    [['apis', 'rest'], 'stages', 'prod', /^API rest, stages: expected a list, got "prod"$/],
    [['apis', 'rest'], 'stages', [1], /^API rest, stages, number 1: expected a text, got 1$/],
    [['apis', 'rest'], 'account', undefined, /^API rest: account is missing$/],
    [['apis', 'rest'], 'routes', undefined, /^API rest: routes is missing$/],
    [
      ['apis', 'rest', 'gatewayResponses'],
      'ACCESS_DENY',
      {},
      /gatewayResponses: ACCESS_DENY is not supported; did you mean ACCESS_DENIED/,
    ],
    [
      ['apis', 'socket'],
      'routeSelectionExpression',
      '$body.action',
      /expected a text such as \$request\.body\.action/,
    ],
    [
      ['accounts', OWN, 'users', 'shop'],
      'policy',
      [],
      /^account 111111111111, users, shop: there is no policy; there are policies, .*; did you mean policies\?$/,
    ],
    [
      ['buckets', 'photos'],
      'policy',
      {},
      /^bucket photos: there is no policy; there are .*; did you mean policies\?$/,
    ],
    [
      ['buckets', 'photos', 'cors', '0'],
      'AllowedMethods',
      ['get'],
      /^bucket photos, cors, number 1, AllowedMethods, number 1: must be .*|did you mean GET\?$/,
    ],
    [
      ['buckets', 'photos', 'cors', '0'],
      'AllowedOrigins',
      ['https://*.*.example.com'],
      /^bucket photos, cors, number 1: AllowedOrigins must have one \* at most/,
    ],
    [
      ['buckets', 'photos', 'policies', '0', 'Statement'],
      'Resource',
      'arn:aws:s3:::photographs/*',
      /^bucket photos: its policy has the resource .*, and must have arn:aws:s3:::photos or/,
    ],
    [
      ['buckets', 'photos', 'policies', '0', 'Statement'],
      'Condition',
      { StringEquals: { 's3:prefixes': 'a' } },
      /^policy of the bucket photos, statement 1: the condition key s3:prefixes is not supported; did you mean s3:prefix\?$/,
    ],
    [['buckets'], 'Photos', { account: OWN }, /^bucket Photos: a bucket's name has 3 to 63/],
    [['buckets', 'photos'], 'maxBytes', 0, /objects in memory, and those of the bucket photos/],
    [['buckets', 'photos'], 'multiRegionAccessPoint', 'mine', /must be an alias such as/],
    [[], 'acounts', {}, /: there is no acounts; there are .*; did you mean accounts\?$/],
    [[], 'region', 7, /^region: expected a text, got 7$/],
  ])('%j, %s: %j', (at, name, value, message) => {
    const file = changed(at, (one) => {
      one[name] = value;
    });
    expect(refusalOf(file, loadFile).message).toMatch(message);
  });
});

test('secrets in the wrong place are not quoted', () => {
  const long = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY-and-more';
  const file = changed(['apis', 'rest', 'routes', '0'], (one) => {
    one['authorization'] = long;
  });
  for (const [, loadFile] of WAYS) expect(refusalOf(file, loadFile).message).not.toContain(long);
});

describe('the JSON schema', () => {
  test('is what the table and the documentation of the types say', async () => {
    await expect(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`).toMatchFileSnapshot(
      '../schema.json',
    );
  });

  test('has a description for each field of a file', () => {
    const docs = documentation();
    const missing: string[] = [];
    const look = (shape: unknown): void => {
      if (typeof shape !== 'object' || shape === null) return;
      const { is, type, fields } = shape as { is?: string; type?: string; fields?: Json };
      if (is === 'record')
        for (const name of Object.keys(fields ?? {}))
          if (!docs.has(`${type}.${name}`)) missing.push(`${type}.${name}`);
      for (const [name, inner] of Object.entries(shape)) if (name !== 'others') look(inner);
    };
    look(SHAPES.file);
    expect([...new Set(missing)]).toEqual([]);
  });

  test('is shipped', () => {
    const text = readFileSync(join(import.meta.dirname, '../package.json'), 'utf8');
    const { files, exports } = JSON.parse(text) as { files: string[]; exports: Json };
    expect(files).toContain('schema.json');
    expect(exports['./schema.json']).toBe('./schema.json');
  });
});

test('TypeScript knows the names of the APIs and buckets', async () => {
  await using aws = await startLocalAws({
    accounts: { [OWN]: {} },
    apis: { orders: { account: OWN, routes: [] } },
    buckets: { photos: { account: OWN } },
  });
  expect(aws.buckets.photos.url).toMatch(/^http:/);
  expect(aws.apis.orders.url).toMatch(/^http:/);
  // @ts-expect-error -- there is no such API
  expect(aws.apis.order).toBeUndefined();
  // @ts-expect-error -- there is no such bucket
  expect(aws.buckets.photo).toBeUndefined();
});
