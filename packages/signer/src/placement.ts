import { SigV4Error } from './errors.ts';
import type { Awaitable } from './hash.ts';
import type { PreparedRequest } from './prepared-request.ts';
import type { SignableRequest, SignOptions } from './request.ts';
import { checkOption, type SignerConfig } from './signer-options.ts';
import { resolveTarget, type Target } from './target.ts';

/**
 * Whether a request is one of those to be signed; if not, why.
 *
 * @returns `undefined` if it is to be signed, or cannot be told apart from one that is; else the
 *   reason in words
 */
export function reasonToPass(
  given: SignableRequest['url'],
  authorization: string | undefined,
  config: SignerConfig,
  options: SignOptions,
): string | undefined {
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
  if (named !== undefined || resolveTarget(url) !== undefined) return undefined;
  return 'its host name is not known as one of AWS; name `region` or `hosts` to have it signed';
}

function parse(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined;
}

/**
 * Service and region of a request: what the call names, else what the signer was given, else what
 * the host name says; for any other host AWS_REGION.
 *
 * @throws {SigV4Error} ERR_SIGV4_REGION
 * @throws {TypeError} if the region function, or AWS_REGION, gives something else than a region
 */
export function placeRequest(
  { service, told, url }: PreparedRequest,
  config: SignerConfig,
  options: SignOptions,
): Awaitable<Target> {
  if (options.region === undefined && typeof config.region === 'function') {
    return askRegion(config.region).then((region) => ({ service, region }));
  }
  const named = options.region ?? (config.region as string | undefined);
  return { service, region: named ?? told?.region ?? regionOfEnvironment(url.host) };
}

async function askRegion(ask: () => Promise<string>): Promise<string> {
  const region: unknown = await ask();
  if (region === undefined) {
    throw new TypeError('region: the function returned undefined, not a region');
  }
  checkOption('region', region);
  return region as string;
}

function regionOfEnvironment(host: string): string {
  const region = globalThis.process?.env?.['AWS_REGION'];
  if (region) {
    checkOption('region', region, 'AWS_REGION');
    return region;
  }
  throw new SigV4Error(
    'ERR_SIGV4_REGION',
    `region: ${host} does not tell its AWS region; name it in the options, for example { region: 'eu-west-1' }, or set AWS_REGION`,
  );
}
