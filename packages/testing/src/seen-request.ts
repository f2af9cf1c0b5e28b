import type { RawRequest } from './raw-request.ts';

/** What the local AWS saw, and what it made of it. */
export interface SeenRequest extends RawRequest {
  readonly service: 'execute-api' | 'sts';
  /** The API's name; of API requests only. */
  readonly api?: string;
  /** The action; of STS requests only: `AssumeRole`, … */
  readonly action?: string;
  readonly status: number;
  /** Why it was refused, in AWS's words; `undefined` if it was not. */
  readonly refusal?: string;
  /** Of a denial: which policy it comes from, or what no policy allows, in this kit's words. */
  readonly because?: string;
  /** Who called, where a signature says so. */
  readonly accessKeyId?: string;
  /** Who that is, once the signature was verified. */
  readonly callerArn?: string;
}
