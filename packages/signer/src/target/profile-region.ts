import { SigV4Error } from '../errors.ts';
import { checkRegion } from './region.ts';

/** Some providers can tell the region of the profile that their credentials are of. */
interface RegionalProvider {
  region(): Promise<unknown>;
}

/**
 * The last place where a region can be.
 *
 * @param host for the error
 * @param credentials as the signer got them
 * @throws {TypeError} if the profile has something else for a region
 * @throws {SigV4Error} ERR_SIGV4_REGION if there is none
 */
export async function profileRegion(host: string, credentials: unknown): Promise<string> {
  const isRegional = typeof credentials === 'function' && Object.hasOwn(credentials, 'region');
  const region = isRegional
    ? await (credentials as unknown as RegionalProvider).region()
    : undefined;
  if (region !== undefined) {
    checkRegion(region, "the profile's region");
    return region;
  }
  throw new SigV4Error(
    'ERR_SIGV4_REGION',
    `region: ${host} does not tell its AWS region; name it in the options, for example { region: 'eu-west-1' }, or set AWS_REGION`,
  );
}
