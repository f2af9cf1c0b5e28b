import type { Answer } from './answer.ts';

/** The longest text of AWS, a mismatch that quotes a token twice, has a few KiB. */
const MOST_BYTES = 65_536;

/** A plain client would give the answer at once, so it must not wait for longer. */
const LONGEST_MS = 2000;

/** As much of a body as was read, and whether that is all of it. */
export interface BodyStart {
  readonly text: string;
  readonly isWhole: boolean;
}

/** Calls `work` after `ms`, unless what it returns is called before. */
export type Delay = (work: () => void, ms: number) => () => void;

export const delayByTimer: Delay = (work, ms) => {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
};

/** What is known of a body that cannot be read, or should not be. */
export const UNREAD: BodyStart = { text: '', isWhole: false };

/**
 * Reads at most the first 64 KiB of a body, for at most two seconds. The body stays readable from
 * its beginning to its end.
 *
 * @returns what came in time; never rejects
 */
export async function readStart(answer: Answer, delay: Delay): Promise<BodyStart> {
  if (!mayBeErrorText(answer)) return UNREAD;
  let release: (() => void) | undefined;
  const stop = new Promise<undefined>((resolve) => {
    release = delay(() => resolve(undefined), LONGEST_MS);
  });
  try {
    const copy = answer.clone();
    // Some implementations of fetch give a stream of Node instead of a ReadableStream.
    const isReadable = typeof copy.body?.getReader === 'function';
    return await (isReadable && copy.body ? startOf(copy.body, stop) : textOf(copy.text(), stop));
  } catch {
    return UNREAD;
  } finally {
    release?.();
  }
}

/**
 * AWS never refuses in these: they are files, and streams that may never end. API owners can
 * give a rejection any type, so that all others are read, and these too if AWS names an error.
 */
const NO_ERROR_TEXT =
  /^\s*(?:image|audio|video|font|multipart)\/(?!svg)|event-stream|octet-stream|ndjson|jsonl|json-seq|stream\+json|grpc|\b(?:pdf|zip|gzip|zstd|wasm|protobuf|parquet)\b/i;

function mayBeErrorText({ headers }: Answer): boolean {
  const isOfAws = headers.get('x-amzn-errortype') !== null;
  return isOfAws || !NO_ERROR_TEXT.test(headers.get('content-type')?.slice(0, 200) ?? '');
}

async function textOf(text: Promise<string>, stop: Promise<undefined>): Promise<BodyStart> {
  const whole = await Promise.race([text, stop]);
  if (whole === undefined) return UNREAD;
  return { text: whole.slice(0, MOST_BYTES), isWhole: whole.length <= MOST_BYTES };
}

async function startOf(
  body: ReadableStream<Uint8Array>,
  stop: Promise<undefined>,
): Promise<BodyStart> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let left = MOST_BYTES;
  try {
    while (left > 0) {
      const read = await Promise.race([reader.read(), stop]);
      if (read?.done) return { text, isWhole: true };
      if (read === undefined) break;
      text += decoder.decode(read.value.subarray(0, left), { stream: true });
      left -= read.value.byteLength;
    }
  } catch {
    // The connection broke. The caller meets that on reading the body.
  }
  // Do not wait for this: it is fulfilled only when the caller's copy is cancelled too.
  void reader.cancel().catch(() => {});
  return { text, isWhole: false };
}
