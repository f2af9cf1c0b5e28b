import type { SignOptions } from './request.ts';
import type { SignerConfig } from './signer-options.ts';
import { checkScopePart } from './signer-options.ts';
import { SigV4Error } from './errors.ts';
import { resolveTarget, type Target } from './target.ts';

/**
 * Whether a request is one of those to be signed; if not, why.
 *
 * @returns `undefined` if it is to be signed, else the reason in words
 */
export function reasonToPass(
  url: URL,
  authorization: string | undefined,
  config: SignerConfig,
  options: SignOptions,
): string | undefined {
  if (authorization !== undefined && !authorization.startsWith('AWS4-')) {
    return 'it bears an Authorization header of another scheme';
  }
  const { hosts } = config;
  if (hosts !== undefined) {
    return hosts.some((host) => matches(host, url))
      ? undefined
      : 'its host is not among the `hosts` to sign';
  }
  const named = options.service ?? options.region ?? config.service ?? config.region;
  if (named !== undefined || resolveTarget(url) !== undefined) return undefined;
  return 'its host name is not known as one of AWS; name `region` or `hosts` to have it signed';
}

function matches(host: string | RegExp, url: URL): boolean {
  if (typeof host !== 'string') return url.host.search(host) !== -1;
  const wanted = host.toLowerCase();
  return wanted === url.host || wanted === url.hostname;
}

/**
 * Service and region of a request: what the call names, else what the signer was given, else what
 * the host name says; for any other host `execute-api` and AWS_REGION.
 *
 * @throws {SigV4Error} ERR_SIGV4_REGION
 * @throws {TypeError} if the region function gives something else than a region
 */
export async function placeRequest(
  url: URL,
  config: SignerConfig,
  options: SignOptions,
): Promise<Target> {
  const told = resolveTarget(url);
  return {
    service: options.service ?? config.service ?? told?.service ?? 'execute-api',
    region:
      options.region ??
      (await configuredRegion(config)) ??
      told?.region ??
      regionOfEnvironment(url),
  };
}

async function configuredRegion({ region }: SignerConfig): Promise<string | undefined> {
  if (typeof region !== 'function') return region;
  const value = await region();
  checkScopePart('region', value);
  return value;
}

function regionOfEnvironment(url: URL): string {
  const region = globalThis.process?.env?.['AWS_REGION'];
  if (region) return region;
  throw new SigV4Error(
    'ERR_SIGV4_REGION',
    `region: ${url.host} does not tell its AWS region; name it in the options, for example { region: 'eu-west-1' }, or set AWS_REGION`,
  );
}
