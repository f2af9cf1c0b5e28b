// Renews what is known of AWS's hosts: `pnpm run renew:hosts`. It needs npm, tar and Python's pip.
//
// The endpoint rules of botocore are those of the SDK for JavaScript 3 and of all others, in one
// package instead of one for each service. Services that AWS has since dropped are in the models of
// the SDK for JavaScript 2.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { customEndpointFunctions, resolveEndpoint } from '@smithy/core/endpoints';

import {
  FILE,
  write,
  type Published,
  type PublishedHost,
  type PublishedPartition,
} from './published.ts';
import { SIGNING_NAMES_FILE, signingNames } from './signing-names.ts';

const BOTOCORE = '1.43.107';
const AWS_SDK = '2.1693.0';

interface Model {
  readonly metadata: {
    readonly endpointPrefix: string;
    readonly signingName?: string;
    readonly signatureVersion?: string;
    readonly serviceId?: string;
  };
  readonly operations: Readonly<Record<string, Operation>>;
}

interface Operation {
  readonly endpoint?: { readonly hostPrefix?: string };
  readonly staticContextParams?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Partitions {
  readonly partitions: readonly {
    readonly id: string;
    readonly regionRegex: string;
    readonly regions: Readonly<Record<string, unknown>>;
    readonly outputs: Readonly<Record<string, string | boolean>>;
  }[];
}

const SUFFIXES = [
  ['{dual}', 1],
  ['{suffix}', 0],
] as const;

type EndpointFunction = (typeof customEndpointFunctions)[string][string];
type RuleSet = Parameters<typeof resolveEndpoint>[0];

const folder = mkdtempSync(join(tmpdir(), 'aws-hosts-'));
try {
  const run = (command: string, ...options: string[]): void => {
    execFileSync(command, options, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  };
  run(
    'python3',
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-deps',
    '--target',
    'botocore',
    `botocore==${BOTOCORE}`,
  );
  run('npm', 'pack', '--silent', `aws-sdk@${AWS_SDK}`);
  run('tar', 'xzf', `aws-sdk-${AWS_SDK}.tgz`);
  const published = read(join(folder, 'botocore/botocore/data'), join(folder, 'package/apis'));
  writeFileSync(FILE, write(published));
  writeFileSync(SIGNING_NAMES_FILE, signingNames(published.hosts));
} finally {
  rmSync(folder, { recursive: true });
}

function read(rules: string, models: string): Published {
  const { partitions } = json(join(rules, 'partitions.json')) as Partitions;
  customEndpointFunctions['aws'] = { partition: partitionFunction(partitions) };
  const known: PublishedPartition[] = partitions.map(({ id, outputs, regions }) => ({
    id,
    suffixes: [String(outputs['dnsSuffix']), String(outputs['dualStackDnsSuffix'])] as const,
    regions: Object.keys(regions).filter((region) => /\d$/.test(region)),
  }));
  const hosts: PublishedHost[] = [];
  const ids = new Set<string>();
  for (const service of folders(rules)) {
    const version = folders(join(rules, service)).at(-1) ?? '';
    const model = json(join(rules, service, version, 'service-2.json.gz')) as Model;
    const ruleSet = json(join(rules, service, version, 'endpoint-rule-set-1.json.gz')) as RuleSet;
    ids.add(idOf(model));
    hosts.push(...hostsOf(service, model, ruleSet, known));
  }
  for (const file of readdirSync(models).filter((name) => name.endsWith('.min.json'))) {
    const model = json(join(models, file)) as Model;
    if (ids.has(idOf(model))) continue;
    const { endpointPrefix, signingName = endpointPrefix } = model.metadata;
    const service = file.replace(/-\d{4}-.*/, '');
    if (!isSigned(model)) continue;
    const template = `${endpointPrefix}.{region}.{suffix}`;
    hosts.push({ service, signingName, template, signedIn: '=', partition: 'aws' });
  }
  const sources = `botocore ${BOTOCORE}, aws-sdk ${AWS_SDK}`;
  return { sources, partitions: known, hosts };
}

/** Where a service's rules send requests, in each region, with and without FIPS and dual-stack. */
function* hostsOf(
  service: string,
  model: Model,
  ruleSet: RuleSet,
  partitions: readonly PublishedPartition[],
): Generator<PublishedHost> {
  if (!isSigned(model)) return;
  const { endpointPrefix, signingName = endpointPrefix } = model.metadata;
  const operations = Object.values(model.operations);
  const prefixes = new Set(['', ...operations.map(({ endpoint }) => endpoint?.hostPrefix ?? '')]);
  for (const { id, suffixes, regions } of partitions) {
    for (const region of [...regions, `${id}-global`]) {
      for (const parameters of parametersOf(ruleSet, operations, region)) {
        const endpoint = resolved(ruleSet, parameters);
        if (endpoint === undefined || endpoint.url.hostname.includes(`${id}-global`)) continue;
        const { name, signedIn } = scheme(endpoint.properties, signingName, region);
        if (signedIn === `${id}-global`) continue;
        const { hostname } = endpoint.url;
        const isTold = `.${hostname}.`.includes(`.${signedIn}.`);
        const host = isTold ? hostname.replace(signedIn, '{region}') : hostname;
        const template = SUFFIXES.reduce(
          (shape, [word, at]) => shape.replace(new RegExp(`\\.${suffixes[at]}$`), `.${word}`),
          host,
        );
        for (const prefix of prefixes) {
          yield {
            service,
            signingName: name,
            template: prefix.replace(/\{\w+\}/, '{label}') + template,
            signedIn: isTold ? '=' : signedIn,
            partition: id,
          };
        }
      }
    }
  }
}

function* parametersOf(
  ruleSet: RuleSet,
  operations: readonly Operation[],
  Region: string,
): Generator<Record<string, string | boolean>> {
  const fixed = operations.map(({ staticContextParams = {} }) =>
    Object.fromEntries(
      Object.entries(staticContextParams).map(([name, { value }]) => [name, value]),
    ),
  );
  const distinct = new Map([{}, ...fixed].map((each) => [JSON.stringify(each), each]));
  for (const more of distinct.values()) {
    for (const UseFIPS of [false, true]) {
      for (const UseDualStack of [false, true]) {
        const all = { Region, UseFIPS, UseDualStack, ...more };
        const known = Object.entries(all).filter(([name]) =>
          Object.hasOwn(ruleSet.parameters, name),
        );
        yield Object.fromEntries(known) as Record<string, string | boolean>;
      }
    }
  }
}

function resolved(
  ruleSet: RuleSet,
  endpointParams: Record<string, string | boolean>,
): ReturnType<typeof resolveEndpoint> | undefined {
  try {
    return resolveEndpoint(ruleSet, { endpointParams });
  } catch {
    // The rules refuse this combination.
    return undefined;
  }
}

/** SigV4 where it is offered, else SigV4a, which is good in all regions. */
function scheme(
  properties: object | undefined,
  signingName: string,
  region: string,
): { name: string; signedIn: string } {
  const { authSchemes = [] } = (properties ?? {}) as {
    authSchemes?: {
      name: string;
      signingName?: string;
      signingRegion?: string;
      signingRegionSet?: string[];
    }[];
  };
  const chosen = authSchemes.find(({ name }) => name === 'sigv4') ?? authSchemes[0];
  return {
    name: chosen?.signingName ?? signingName,
    signedIn: chosen?.signingRegion ?? chosen?.signingRegionSet?.[0] ?? region,
  };
}

/** What the endpoint rules call `aws.partition`. */
function partitionFunction(partitions: Partitions['partitions']): EndpointFunction {
  return (region: string) => {
    const found =
      partitions.find(({ regions }) => Object.hasOwn(regions, region)) ??
      partitions.find(({ regionRegex }) => new RegExp(regionRegex).test(region)) ??
      partitions[0];
    return { ...found?.outputs, name: found?.id ?? '' };
  };
}

/** Some take bearer tokens, or no signature but the one of 2006. */
function isSigned({ metadata: { signatureVersion = 'v4' } }: Model): boolean {
  return /^(s3)?(v4)?$/.test(signatureVersion);
}

function idOf({ metadata: { serviceId = '' } }: Model): string {
  return serviceId.toLowerCase().replaceAll(/\W/g, '');
}

function folders(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

function json(path: string): unknown {
  const bytes = readFileSync(path);
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString());
}
