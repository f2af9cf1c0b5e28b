// Recipe: OpenTelemetry. Spans of signed calls show no secret. If you set `signatureIn: 'query'`, the
// spans of fetch would show the signature in the URL, so a hook takes it out of them.
import { createRequire } from 'node:module';

import { SpanKind, trace, type Span } from '@opentelemetry/api';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import axios from 'axios';
import { afterEach, expect, test } from 'vitest';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch } from '@sigv4/fetch';

import { recipeAws } from '../recipe-aws.ts';

const SIGNATURE = /(?<=[?&]X-Amz-(?:Credential|Signature|Security-Token)=)[^&]*/g;

function withoutSignature(span: Span, { origin, path }: { origin: string; path: string }): void {
  const url = new URL(path.replaceAll(SIGNATURE, 'REDACTED'), origin);
  span.setAttribute('url.full', url.href);
  span.setAttribute('url.query', url.search);
}

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
trace.setGlobalTracerProvider(provider);
const instrumentations = [
  new UndiciInstrumentation({ requestHook: withoutSignature }),
  new HttpInstrumentation(),
];
for (const instrumentation of instrumentations) instrumentation.setTracerProvider(provider);
// What is loaded before is instrumented once somebody requires it.
createRequire(import.meta.url)('node:http');

/** A signature, and the token of a session. */
const SECRET = [/Credential=(?!REDACTED)/, /Signature=(?!REDACTED)/, /Security-Token=(?!REDACTED)/];

const recipe = recipeAws();
afterEach(() => exporter.reset());

test.each([['header'], ['query']] as const)(
  'spans of calls with the signature in the %s show where they went, and no secret',
  async (signatureIn) => {
    const options = { ...recipe.options, signatureIn };
    await createSignedFetch(options)(`${recipe.url}/orders?q=1`);
    const api = axios.create();
    api.interceptors.request.use(sigv4Interceptor(options));
    await api.get(`${recipe.url}/orders?q=1`);
    recipe.expectSigned(2);
    const spans = exporter.getFinishedSpans();
    expect(spans.filter(({ kind }) => kind === SpanKind.CLIENT)).toHaveLength(2);
    const shown = JSON.stringify(
      spans.map(({ name, attributes, events }) => [name, attributes, events]),
    );
    expect(shown).toContain('/orders?q=1');
    for (const secret of SECRET) expect(shown).not.toMatch(secret);
  },
);
