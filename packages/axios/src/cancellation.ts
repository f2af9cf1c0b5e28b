import { CanceledError, type InternalAxiosRequestConfig } from 'axios';

/** A call's `signal` and `cancelToken` as one signal, whose reason is axios' own error. */
export interface Cancellation {
  /** `undefined` if the call has neither. */
  readonly signal: AbortSignal | undefined;
  /** Stops listening, once the call is over. */
  readonly release: () => void;
}

/** These methods of a CancelToken are missing in axios' types. */
interface Subscribable {
  subscribe(listener: () => void): void;
  unsubscribe(listener: () => void): void;
}

const NEVER: Cancellation = { signal: undefined, release: () => {} };

export function cancellation(config: InternalAxiosRequestConfig): Cancellation {
  if (!config.signal && !config.cancelToken) return NEVER;
  const controller = new AbortController();
  const cancel = (): void => controller.abort(canceledError(config));
  const { signal } = config;
  const token = config.cancelToken as Subscribable | undefined;
  token?.subscribe(cancel);
  if (signal?.aborted) cancel();
  else signal?.addEventListener?.('abort', cancel);
  return {
    signal: controller.signal,
    release: () => {
      token?.unsubscribe(cancel);
      signal?.removeEventListener?.('abort', cancel);
    },
  };
}

/** The constructor takes message and config, although axios' types say otherwise. */
function canceledError(config: InternalAxiosRequestConfig): CanceledError<unknown> {
  const Canceled = CanceledError as unknown as new (
    message: undefined,
    config: InternalAxiosRequestConfig,
  ) => CanceledError<unknown>;
  return new Canceled(undefined, config);
}
