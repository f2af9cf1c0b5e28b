import type { PolicyDocument } from './policy-document.ts';

/** A REST API of Amazon API Gateway. */
export interface ApiDefinition {
  /** The account that owns it. */
  readonly account: string;
  /** Ten letters and digits. Default: made of its name. */
  readonly id?: string;
  /** Default: the local AWS's. */
  readonly region?: string;
  /** Default: `['prod']`. */
  readonly stages?: readonly string[];
  readonly routes: readonly Route[];
  /**
   * Resources can have the short form that API Gateway completes: `execute-api:/prod/GET/orders`.
   */
  readonly resourcePolicy?: PolicyDocument;
}

export interface Route {
  /** `GET`, …, or `ANY`. */
  readonly method: string;
  /** `/orders`, `/orders/{id}`, `/files/{proxy+}`. */
  readonly path: string;
  /** Default: `AWS_IAM`. */
  readonly authorization?: 'AWS_IAM' | 'NONE';
  readonly handler: ApiHandler;
}

export type ApiHandler = (request: ApiRequest) => ApiResponse | Promise<ApiResponse>;

/** What a handler gets. */
export interface ApiRequest {
  readonly method: string;
  /** Without the stage, as it came over the wire. */
  readonly path: string;
  /** Decoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  /** As UTF-8 text. */
  readonly body: string;
  readonly bodyBytes: Uint8Array;
  /** Who calls; `undefined` on routes without authorization. */
  readonly caller:
    | { readonly arn: string; readonly account: string; readonly accessKeyId: string }
    | undefined;
}

export interface ApiResponse {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes and strings as they are, anything else as JSON. Default: empty. */
  readonly body?: unknown;
}
