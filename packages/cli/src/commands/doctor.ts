import type { Rejection, SignedRequest } from '@sigv4/signer';
import { serverAhead } from '@sigv4/signer/client';

import { describeCaller, findCaller, useProfile } from '../credentials/caller.ts';
import { findPlace, findRegion } from '../credentials/region.ts';
import { callerIdentity } from '../http/caller-identity.ts';
import { readCall, send, type Called } from '../http/call.ts';
import { createTransport } from '../http/transport.ts';
import type { ConnectionOptions } from '../options/connection-options.ts';
import { readAsked, type RequestOptions } from '../options/request-options.ts';
import type { CallerOptions, OutputOptions, SigningOptions } from '../options/shared-options.ts';
import { CliError, lineOf } from '../output/error.ts';
import { print, printJson } from '../output/print.ts';
import { inUnits, moment } from '../output/time.ts';
import { refusalText } from '../refusal/report.ts';
import { missingText } from '../refusal/sts-denial.ts';

type Options = RequestOptions & CallerOptions & SigningOptions & ConnectionOptions & OutputOptions;

/** What `sigv4 doctor` does. */
export async function doctor(words: readonly string[], options: Options): Promise<number> {
  const asked = readAsked(words, options);
  useProfile(options);
  const steps = new Steps();
  const region = await findRegion(options.region, asked.url);
  const caller = await findCaller(options, region?.name);

  await steps.take('credentials found', async () => {
    const { accessKeyId, expiration } = await caller.credentials();
    const end = expiration ? `, end ${moment(expiration)}` : '';
    return `from ${describeCaller(caller)}; access key ${accessKeyId}${end}`;
  });
  const hasCredentials = steps.isWell;
  await steps.take('clock against the server', () => compareClocks(asked.url, options));
  const isReachable = steps.isLastWell;
  let callerArn: string | undefined;
  await steps.take(
    'STS reachable, and who am I',
    async () => {
      ({ arn: callerArn } = await callerIdentity(caller, region?.name, options));
      return callerArn;
    },
    hasCredentials,
  );
  await steps.take('host known or named', async () => {
    const { isKnown, service, region: found } = await findPlace(asked.url, options);
    return `${service} in ${found.name}, ${isKnown ? 'by the host name' : `region from ${found.from}${options.service ? '' : '; --service is not given, so it is that of API Gateway'}`}`;
  });
  const canCall = hasCredentials && isReachable && steps.isLastWell;
  const called = canCall ? await callOnce(steps, asked, options) : undefined;
  if (called === undefined) steps.skip('route exists', 'signature accepted', 'allowed');
  else steps.judge({ ...called, callerArn });
  if (options.output === 'json') printJson(steps.result);
  else print(steps.text);
  return steps.isWell ? 0 : 1;
}

interface Step {
  readonly step: string;
  readonly state: 'well' | 'wrong' | 'unknown' | 'skipped';
  readonly detail: string;
}

const MARKS: Readonly<Record<Step['state'], string>> = {
  well: '✓',
  wrong: '✗',
  unknown: '?',
  skipped: '–',
};

interface Outcome extends Called {
  readonly method: string;
  readonly url: string;
  readonly text: string;
  readonly callerArn?: string | undefined;
}

/** What was looked at, in its order. */
class Steps {
  readonly #steps: Step[] = [];
  #next: string | undefined;

  get isWell(): boolean {
    return this.#steps.every(({ state }) => state === 'well');
  }

  get isLastWell(): boolean {
    return this.#steps.at(-1)?.state === 'well';
  }

  /** @param look throws what is wrong */
  async take(step: string, look: () => Promise<string>, canBeTaken = true): Promise<void> {
    if (!canBeTaken) return this.skip(step);
    try {
      this.add(step, 'well', await look());
    } catch (error) {
      this.add(step, 'wrong', lineOf(error), await nextAfter(error));
    }
  }

  skip(...steps: readonly string[]): void {
    for (const step of steps) this.add(step, 'skipped', 'not reached');
  }

  /** The first thing that is to be done is the one that is told. */
  add(step: string, state: Step['state'], detail: string, next?: string): void {
    this.#steps.push({ step, state, detail });
    if (state !== 'well') this.#next ??= next;
  }

  get result(): object {
    return { well: this.isWell, steps: this.#steps, next: this.#next ?? null };
  }

  get text(): string {
    const lines = this.#steps.map(
      ({ step, state, detail }) => `${MARKS[state]} ${step}: ${detail}`,
    );
    const next = this.isWell ? 'All is well.' : this.#next;
    return [...lines, ...(next === undefined ? [] : ['', next])].join('\n');
  }

  /** What the one call tells of the last three steps. */
  judge({ answer, rejection, method, url, text, callerArn }: Outcome): void {
    const [route, signature, allowed] = ['route exists', 'signature accepted', 'allowed'] as const;
    const request = `${method} ${new URL(url).pathname}`;
    if (isUnknownRoute(answer.status, rejection, text)) {
      const next = `Check stage, path and method: the API answers ${answer.status} to ${request} as to a route that it does not have.`;
      this.add(route, 'wrong', `${answer.status} ${request}`, next);
      this.skip(signature, allowed);
      return;
    }
    this.add(route, 'well', request);
    if (rejection === undefined) {
      this.add(signature, 'well', `by ${new URL(url).host}`);
      this.add(allowed, 'well', `the answer is ${answer.status}`);
      return;
    }
    const { reason, type, message } = rejection;
    const told = [answer.status, type ?? message.split('\n', 1)[0]].filter(Boolean).join(' ');
    const next = refusalText(rejection, { method, url, callerArn });
    if (reason === 'denied') {
      this.add(signature, 'well', `by ${new URL(url).host}`);
      this.add(allowed, 'wrong', told, next);
    } else if (reason === 'forbidden') {
      // STS takes the same credentials at the same time, so that a denial is likelier.
      this.add(signature, 'unknown', 'it does not tell; STS takes the same credentials', next);
      this.add(allowed, 'wrong', told);
    } else {
      this.add(signature, 'wrong', told, next);
      this.skip(allowed);
    }
  }
}

/** API Gateway answers so where there is no such route, REST APIs and HTTP APIs. */
function isUnknownRoute(status: number, rejection: Rejection | undefined, text: string): boolean {
  return (
    rejection?.reason === 'not-signed' ||
    (status === 404 && /^\{"message":"Not Found"\}$/.test(text))
  );
}

async function callOnce(
  steps: Steps,
  asked: ReturnType<typeof readAsked>,
  options: Options,
): Promise<Outcome | undefined> {
  try {
    const call = await readCall(asked, options);
    const called = await send(call, options);
    let text = '';
    for await (const piece of called.answer.content()) {
      text += String(piece);
      if (text.length > 4096) break;
    }
    return { ...called, ...call, text };
  } catch (error) {
    steps.add('call', 'wrong', lineOf(error));
    return undefined;
  }
}

/** A clock that is this far off makes signatures that AWS refuses. */
const MOST_SKEW_MS = 300_000;

async function compareClocks(url: URL, options: ConnectionOptions): Promise<string> {
  const signal = AbortSignal.timeout(Math.ceil((options.maxTime ?? 20) * 1000));
  const http = new URL(url);
  http.protocol = url.protocol.replace('ws', 'http');
  const unsigned = { method: 'HEAD', url: http.href, headers: {} } as SignedRequest;
  const sentAt = Date.now();
  const answer = await createTransport(options, {}, signal)(unsigned);
  await answer.body.cancel();
  const receivedAt = Date.now();
  const ahead = serverAhead(answer.headers, sentAt, receivedAt);
  if (ahead === undefined) return 'the server tells no time';
  // A date has whole seconds only, and was written at some time of the round trip.
  if (Math.abs(ahead) < 1500 + (receivedAt - sentAt) / 2) return 'the same';
  const [amount, unit] = inUnits(Math.abs(ahead) / 1000);
  const words = `this clock is ${amount} ${unit} ${ahead > 0 ? 'behind' : 'ahead'}`;
  if (Math.abs(ahead) < MOST_SKEW_MS) return `${words}, which AWS tolerates`;
  throw new CliError(
    words,
    'set the clock of this machine, for example with timedatectl set-ntp true',
  );
}

/** If a role could not be assumed, the next thing to do is to add the statement that is missing. */
async function nextAfter(error: unknown): Promise<string> {
  return (await missingText(error)) ?? lineOf(error);
}
