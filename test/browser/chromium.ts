import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { build } from 'esbuild';
import { chromium, type Page } from 'playwright-core';

/** Debian's, or the one that CHROMIUM names. */
const EXECUTABLE = process.env['CHROMIUM'] || '/usr/bin/chromium';

export const hasChromium: boolean = existsSync(EXECUTABLE);

if (!hasChromium) {
  console.warn(
    `No browser tests: there is no ${EXECUTABLE}. To run them: apt-get install chromium, or set CHROMIUM to the path of one.`,
  );
}

/** It would call its makers' servers. */
const ALONE = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface OpenPage {
  readonly page: Page;
  close(): Promise<void>;
}

/** A page on loopback, which browsers count as secure, with `lib` of page.ts. */
export async function openPage(): Promise<OpenPage> {
  const bundle = await build({
    entryPoints: [join(import.meta.dirname, 'page.ts')],
    bundle: true,
    format: 'iife',
    platform: 'browser',
    conditions: ['@sigv4/source'],
    write: false,
  });
  const script = bundle.outputFiles[0]?.contents ?? '';
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    response.end(
      isScript ? script : '<!doctype html><title>test</title><script src="/page.js"></script>',
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ALONE });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    page,
    close: async () => {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
