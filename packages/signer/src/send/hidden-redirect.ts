import { SigV4Error } from '../errors.ts';

/** What a client in a browser throws, where `fetch` hides the address of a redirect. */
export function hiddenRedirect(url: string): SigV4Error {
  return new SigV4Error(
    'ERR_SIGV4_REDIRECT',
    `redirect: ${new URL(url).host} redirected the request; a browser does not tell where to, and following it would show the signature to that place. Call the new address itself`,
  );
}
