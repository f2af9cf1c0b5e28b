import { isPromise, type Awaitable } from './hash.ts';
import type { PreparedRequest } from './prepared-request.ts';
import { refuse } from './refusal.ts';
import type { SignableRequest, SignOptions } from './request.ts';
import { rulesOf, type ServiceRules } from './service-rules.ts';
import { checkOption, type SignerConfig } from './signer-options.ts';
import { targetOfHost, type Target } from './target.ts';

/**
 * Whether a request is one of those to be signed; if not, why.
 *
 * @returns `undefined` if it is to be signed, or cannot be told apart from one that is; else the
 *   reason in words
 */
export async function reasonToPass(
  given: SignableRequest['url'],
  authorization: string | undefined,
  config: SignerConfig,
  options: SignOptions,
): Promise<string | undefined> {
  if (authorization !== undefined && !authorization.startsWith('AWS4-')) {
    return 'it bears an Authorization header of another scheme';
  }
  const named = options.service ?? options.region ?? config.service ?? config.region;
  // What needs no look at the host needs no parsing either.
  const isAnyHost = config.isSigned === undefined && named !== undefined;
  if (isAnyHost && typeof given === 'string' && /^https?:/.test(given)) return undefined;
  const url = typeof given === 'string' ? parse(given) : given;
  if (url === undefined) {
    return isAnyHost ? undefined : 'its URL is not absolute';
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return `it is a ${url.protocol} URL`;
  if (config.isSigned !== undefined) {
    return config.isSigned(url) ? undefined : 'its host is not among the `hosts` to sign';
  }
  if (named !== undefined || (await targetOfHost(url.hostname)) !== undefined) return undefined;
  return 'its host name is not known as one of AWS; name `region` or `hosts` to have it signed';
}

function parse(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}

/** Where a request goes, and what holds there. */
export interface Placement {
  readonly target: Target;
  readonly rules: ServiceRules;
}

/**
 * Service and region of a request: what the call names, else what the signer was given, else what
 * the host name says; for any other host AWS_REGION.
 *
 * @throws {TypeError} if the region function, or AWS_REGION, gives something else than a region
 */
export function placeRequest(
  prepared: PreparedRequest,
  config: SignerConfig,
  options: SignOptions,
): Awaitable<Placement> {
  const named = options.region ?? config.region;
  const service = options.service ?? config.service;
  // The table of hosts need not be loaded.
  const isNamed = service !== undefined && named !== undefined;
  const told = isNamed ? undefined : targetOfHost(prepared.url.hostname);
  if (typeof named !== 'function' && !isPromise(told)) {
    return placed(prepared, config, options, named, told);
  }
  const region = typeof named === 'function' ? askRegion(named) : named;
  return Promise.all([region, told]).then((known) => placed(prepared, config, options, ...known));
}

function placed(
  { url, givenUrl }: PreparedRequest,
  config: SignerConfig,
  options: SignOptions,
  named: string | undefined,
  told: Target | undefined,
): Placement {
  // MQTT over WebSocket has a signing name of its own.
  const isMqtt = told?.service === 'iotdata' && url.origin.startsWith('wss:');
  const ofHost = isMqtt ? 'iotdevicegateway' : told?.service;
  const service = options.service ?? config.service ?? ofHost ?? 'execute-api';
  const region = named ?? told?.region ?? regionOfEnvironment(url.host);
  const known = rulesOf(service);
  const { normalizePath } = config;
  const rules = normalizePath === undefined ? known : { ...known, normalizesPath: normalizePath };
  if (!rules.normalizesPath && hasDotSegments(givenUrl)) refuse('dot-segments');
  return { target: { service, region }, rules };
}

async function askRegion(ask: () => Promise<string>): Promise<string> {
  const region: unknown = await ask();
  if (region === undefined) refuse('region-function');
  checkOption('region', region);
  return region as string;
}

function regionOfEnvironment(host: string): string {
  const region = globalThis.process?.env?.['AWS_REGION'];
  if (!region) refuse('no-region', host);
  checkOption('region', region, 'AWS_REGION');
  return region;
}

/** Every HTTP client resolves them, and another object would be asked for. */
function hasDotSegments(url = ''): boolean {
  // As the URL parser reads it.
  const path = url.replace(/[\t\n\r]/g, '').replace(/^\s*[a-z]+:[/\\]*[^/\\?#]*|[?#].*/gi, '');
  return /[/\\](?:\.|%2e){1,2}(?:[/\\]|\s*$)/i.test(path);
}
