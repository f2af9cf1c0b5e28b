import { SigV4Error } from '../errors.ts';

/** What a call meets that would go unsigned under `unsigned: 'error'`. */
export function refusal(host: string, reason: string): SigV4Error {
  return new SigV4Error(
    'ERR_SIGV4_UNSIGNED',
    `unsigned: a request to ${host} would go unsigned, because ${reason}. Have it signed, or send this one with sigv4: false`,
  );
}

/** Programs of customers run there: load balancers and machines. */
const OF_CUSTOMERS = /\.(?:elb|compute|compute-1)\./;

/** As many hosts are remembered, so that a program that meets ever new ones is not flooded. */
const MOST = 256;

const warned = new Set<string>();

/** Warns, once a host, of a request that goes unsigned to AWS although nobody has asked for that. */
export function warn(host: string, reason: string): void {
  if (warned.has(host) || warned.size >= MOST || OF_CUSTOMERS.test(host)) return;
  warned.add(host);
  const text = `@sigv4: requests to ${host} go unsigned; of the first, ${reason}. onEvent tells of each, unsigned: 'error' refuses them, and unsigned: 'pass' or hosts says that it is meant so`;
  const { process } = globalThis;
  if (typeof process?.emitWarning === 'function') process.emitWarning(text, 'SigV4Warning');
  else console.warn(text);
}
