import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { build } from 'esbuild';
import { chromium, firefox, webkit, type BrowserType, type Page } from 'playwright-core';

interface TestBrowser {
  /** As people write it. */
  readonly title: string;
  readonly type: BrowserType;
  readonly args?: string[];
  /** Where it is looked for before playwright-core's own is. */
  readonly paths?: readonly string[];
}

const BROWSERS: Readonly<Record<string, TestBrowser>> = {
  chromium: {
    title: 'Chromium',
    type: chromium,
    // It would call its makers' servers.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    paths: [process.env['CHROMIUM'] || '/usr/bin/chromium'],
  },
  firefox: { title: 'Firefox', type: firefox },
  webkit: { title: 'WebKit', type: webkit },
};

const { title, type, args, paths = [] } = chosen(process.env['TEST_BROWSER'] || 'chromium');
const executablePath = [...paths, type.executablePath()].find((path) => existsSync(path));

export const BROWSER: string = title;
export const isInstalled: boolean = executablePath !== undefined;

if (!isInstalled) {
  const how = `pnpm --filter @sigv4/test exec playwright-core install ${type.name()}`;
  const debian = type === chromium ? ', or apt-get install chromium, or set CHROMIUM' : '';
  console.warn(`No tests in ${title}, since it is not installed. To run them: ${how}${debian}.`);
}

function chosen(name: string): TestBrowser {
  const browser = BROWSERS[name];
  if (browser === undefined) {
    const names = Object.keys(BROWSERS).join(', ');
    throw new TypeError(`TEST_BROWSER is ${JSON.stringify(name)}. Set it to one of ${names}.`);
  }
  return browser;
}

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
  const browser = await type.launch({ executablePath: executablePath ?? '', args: args ?? [] });
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
