import { SigV4Error } from '../errors.ts';
import { targetOfHost } from '../target/host-target.ts';

/** What a call meets that would go unsigned under `unsigned: 'error'`. */
export function refusal(host: string, reason: string): SigV4Error {
  return new SigV4Error(
    'ERR_SIGV4_UNSIGNED',
    `unsigned: a request${host && ` to ${host}`} would go unsigned, because ${reason}. Have it signed, or send this one with sigv4: false`,
  );
}

/** Programs and websites of customers run there: load balancers, machines, and S3's websites. */
const OF_CUSTOMERS = /\.(?:elb|compute|compute-1|s3-website(?:-[a-z0-9-]+)?)\./;

/** As many hosts are remembered, so that a program that meets ever new ones is not flooded. */
const MOST = 256;

const warned = new Set<string>();

/**
 * Warns, once a host, of a request that goes unsigned to AWS although nobody has asked for that.
 *
 * @param host that may be one of AWS
 */
export async function warn(host: string, reason: string): Promise<void> {
  // The name of `docs.aws.example.com` looks like one of AWS, and is not.
  if ((await targetOfHost(host.replace(/:\d+$/, ''))) === undefined) return;
  if (warned.has(host) || warned.size >= MOST || OF_CUSTOMERS.test(host)) return;
  warned.add(host);
  const text = `@sigv4: requests to ${host} go unsigned; of the first, ${reason}. onEvent tells of each, unsigned: 'error' refuses them, and unsigned: 'pass' or hosts says that it is meant so`;
  const { process } = globalThis;
  if (typeof process?.emitWarning === 'function') process.emitWarning(text, 'SigV4Warning');
  else console.warn(text);
}
