/**
 * Lets TypeScript know `config.sigv4`: `import '@sigv4/axios/config'` once. A module of its own,
 * since axios gave this interface its second parameter in 1.19, and TypeScript refuses to merge
 * interfaces that differ in them.
 */
import type { SignOptions } from '@sigv4/signer';

declare module 'axios' {
  // oxlint-disable-next-line no-explicit-any, no-unused-vars -- must be axios' own parameters
  interface AxiosRequestConfig<D = any, P = any> {
    /** How this request is signed; `false` sends it unsigned. */
    sigv4?: SignOptions | false;
  }
}
