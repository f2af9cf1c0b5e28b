import type { SignerOptions } from '../options.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import { originText } from '../request/url.ts';
import type { Stamp } from '../signature/stamp.ts';
import { targetAtHand, targetOfHost } from '../target/host-target.ts';
import type { Told } from '../target/target.ts';
import { hostFilter, type HostFilter } from '../target/hosts.ts';
import type { Placement } from '../target/placement.ts';
import { refuseUnsignable } from '../target/signable.ts';
import type { Renewals } from './renewals.ts';

/** Why a URL goes as it is: signed over, it would be asked for with another identity. */
export const PRESIGNED = 'its URL is presigned';

/** What a signer knows of one origin: scheme, host and port. */
export class Endpoint {
  /** `https://api.example.com:8443`; unlike URL's own, it tells wss: too. */
  readonly origin: string;
  readonly url: URL;
  /** Whether it is among the signer's `hosts`; `undefined` if there are none. */
  readonly isListed: boolean | undefined;
  /** What is added to this machine's clock to get the server's, in ms. */
  clockOffset = 0;
  /** How often credentials were renewed because of this origin. */
  renewals: Renewals | undefined;
  /** What the signer's options and the host name say. It is kept only if it cannot change. */
  placement: Placement | undefined;
  /** What the last signature shared with others. */
  stamp: Stamp | undefined;
  /** What the host name tells of service and region; `null` until {@link tell} has looked it up. */
  told: Told | undefined | null;
  #isSignable = false;

  constructor(url: URL, isListed: HostFilter | undefined) {
    this.origin = originOf(url);
    this.url = url;
    this.isListed = isListed?.(url);
    this.told = targetAtHand(url.hostname);
  }

  async tell(): Promise<void> {
    this.told = await targetOfHost(this.url.hostname);
  }

  /** @throws {SigV4Error} ERR_SIGV4_URL or ERR_SIGV4_INSECURE */
  refuseUnsignable(allowInsecure: boolean): void {
    if (this.#isSignable) return;
    refuseUnsignable(this.url, allowInsecure);
    // http: is checked each time.
    this.#isSignable = this.url.protocol === 'https:';
  }

  /**
   * Why a request to this origin is not one of those to be signed; `undefined` if it is.
   *
   * @param isNamed whether the caller named service or region
   */
  reasonToPass(isNamed: boolean): string | undefined {
    const { protocol } = this.url;
    if (protocol !== 'https:' && protocol !== 'http:') return `it is a ${protocol} URL`;
    if (this.isListed === false) return 'its host is not among the `hosts` to sign';
    if (this.isListed || isNamed || this.told?.service) return undefined;
    const names = this.told ? '`service` and `region`' : '`region` or `hosts`';
    return `its host name is not known as one of AWS; name ${names} to have it signed`;
  }
}

/** How many origins a signer remembers. */
const CAPACITY = 256;

/** The origins that a signer has met. */
export class Endpoints {
  readonly #isListed: HostFilter | undefined;
  readonly #endpoints = new BoundedCache<Endpoint>(CAPACITY);

  constructor({ hosts }: Pick<SignerOptions, 'hosts'>) {
    this.#isListed = hosts && hostFilter(hosts);
  }

  /**
   * The endpoint of a URL that begins with a known origin, to the letter. Since it is the URL
   * parser that gave that one, the URL is absolute and holds neither user nor password.
   */
  known(url: string): Endpoint | undefined {
    return this.#endpoints.peek(originText(url));
  }

  of(url: URL): Endpoint {
    return this.#endpoints.get(originOf(url), () => new Endpoint(url, this.#isListed));
  }
}

export function originOf({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}
