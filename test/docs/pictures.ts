import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { startLocalAws } from '@sigv4/testing';

// Makes the pictures of the documents: `node --conditions=@sigv4/source test/docs/pictures.ts`. Those of terminals show a real
// run. All have a background of their own, so that they can be read on a dark page too, and use fonts
// that every browser has.

const INK = '#1f2933';

function text(x: number, y: number, words: string, more = ''): string {
  const escaped = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x}" y="${y}" ${more}>${escaped}</text>`;
}

interface Box {
  readonly at: readonly [x: number, y: number, width: number, height: number];
  readonly title: string;
  readonly lines?: readonly string[];
  readonly fill: string;
  readonly stroke: string;
}

function box({ at: [x, y, width, height], title, lines = [], fill, stroke }: Box): string {
  return [
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="${fill}" stroke="${stroke}" stroke-width="1.5"/>`,
    text(x + 14, y + 24, title, 'font-weight="600"'),
    ...lines.map((line, at) => text(x + 14, y + 46 + at * 20, line, 'font-size="13"')),
  ].join('\n');
}

/** @param points `x,y` pairs; @param label stands above the first piece */
function arrow(points: string, label: string, [x, y]: readonly [number, number]): string {
  return `<polyline points="${points}" fill="none" stroke="${INK}" stroke-width="1.5" marker-end="url(#head)"/>\n${text(x, y, label, 'font-size="13" text-anchor="middle"')}`;
}

function picture(width: number, height: number, title: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="15" fill="${INK}">
<title>${title}</title>
<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0 10 5 0 10z" fill="${INK}"/></marker></defs>
<rect width="${width}" height="${height}" rx="10" fill="#ffffff"/>
${parts.join('\n')}
</svg>
`;
}

const ACCOUNT_A = { fill: '#eef5ff', stroke: '#6b9bd8' };
const ACCOUNT_B = { fill: '#fff5e8', stroke: '#d99a4a' };
const THING = { fill: '#ffffff', stroke: '#9aa5b1' };
const MENDED = { fill: '#ecf8ee', stroke: '#67ab74' };

export const PICTURES: Readonly<Record<string, string>> = {
  'two-accounts.svg': picture(
    920,
    400,
    'A function in account 111111111111 assumes a role of account 222222222222 and calls its API with it',
    [
      box({ at: [20, 20, 340, 360], title: 'Account 111111111111: the caller', ...ACCOUNT_A }),
      box({
        at: [40, 70, 300, 110],
        title: 'Lambda function',
        lines: [
          'runs as the role order-function:',
          '① this role may assume',
          '    the role stock-invoke',
        ],
        ...THING,
      }),
      box({
        at: [40, 270, 300, 80],
        title: 'The session of stock-invoke',
        lines: ['temporary keys, renewed in time'],
        ...THING,
      }),
      box({ at: [560, 20, 340, 360], title: 'Account 222222222222: the API', ...ACCOUNT_B }),
      box({
        at: [580, 70, 300, 110],
        title: 'Role stock-invoke',
        lines: ['② trusts the role order-function', '③ may invoke the routes', '    GET /stock/*'],
        ...THING,
      }),
      box({
        at: [580, 270, 300, 80],
        title: 'API stock',
        lines: ['④ its resource policy lets the role in'],
        ...THING,
      }),
      arrow('340,110 578,110', 'sts:AssumeRole', [460, 101]),
      arrow('580,160 460,160 460,240 190,240 190,268', 'STS answers with keys', [270, 231]),
      arrow('340,310 578,310', 'GET /prod/stock/hat, signed', [460, 301]),
    ],
  ),
  'refused-request.svg': picture(
    920,
    430,
    'What happens to a call that AWS refuses: it is read, mended and sent once more, or explained',
    [
      box({ at: [20, 40, 200, 70], title: 'Your call', lines: ['axios, fetch, ky'], ...ACCOUNT_A }),
      box({
        at: [360, 40, 200, 70],
        title: 'Signed',
        lines: ['fresh date, current keys'],
        ...THING,
      }),
      box({ at: [700, 40, 200, 70], title: 'The API', lines: ['on AWS'], ...ACCOUNT_B }),
      box({
        at: [700, 180, 200, 90],
        title: 'Why?',
        lines: ['headers and body are read:', '64 KiB, 2 seconds at most'],
        ...THING,
      }),
      box({
        at: [360, 150, 250, 70],
        title: 'The clock is off',
        lines: ['AWS’s time is learned'],
        ...MENDED,
      }),
      box({
        at: [360, 240, 250, 70],
        title: 'The session is refused',
        lines: ['the provider gives a new one'],
        ...MENDED,
      }),
      box({
        at: [360, 330, 250, 80],
        title: 'Anything else',
        lines: ['what differs, or who was', 'denied what, in plain words'],
        ...THING,
      }),
      box({
        at: [20, 330, 200, 80],
        title: 'Your client',
        lines: ['the answer as ever,', 'and the reason beside it'],
        ...ACCOUNT_A,
      }),
      arrow('220,75 358,75', '', [0, 0]),
      arrow('560,75 698,75', '', [0, 0]),
      arrow('800,110 800,178', '401 or 403', [844, 148]),
      arrow('700,210 660,210 660,185 612,185', '', [0, 0]),
      arrow('700,225 660,225 660,275 612,275', '', [0, 0]),
      arrow('700,240 680,240 680,370 612,370', '', [0, 0]),
      arrow('360,185 290,185 290,95 358,95', 'once more', [250, 150]),
      arrow('360,275 290,275 290,95 358,95', '', [0, 0]),
      arrow('360,370 222,370', '', [0, 0]),
    ],
  ),
};

/** A terminal, with the lines that a command printed. */
export function terminal(command: string, printed: string): string {
  const [columns, width] = [142, 1090];
  const lines = [`$ ${command}`, '', ...printed.trimEnd().split('\n')].flatMap((line) =>
    line.length <= columns ? [line] : (line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? []),
  );
  const height = lines.length * 18 + 36;
  const rows = lines.map((line, at) => {
    const fill = line.startsWith('✓') ? '#b5e8c0' : line.startsWith('    ') ? '#f3c98b' : '#e8ecf1';
    return text(18, 32 + at * 18, line, `fill="${fill}" xml:space="preserve"`);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="12.2">
<title>What ${command} prints</title>
<rect width="${width}" height="${height}" rx="10" fill="#17202b"/>
${rows.join('\n')}
</svg>
`;
}

const ROOT = join(import.meta.dirname, '../..');

/** What a program of this repository prints, its errors too. */
async function run(args: readonly string[], env = process.env): Promise<string> {
  const all = ['--conditions=@sigv4/source', ...args];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, all, { cwd: ROOT, env });
  return stdout + stderr;
}

/** The command line's answer to a call that a policy denies. */
async function refusedCall(): Promise<string> {
  await using aws = await startLocalAws({
    accounts: { '111111111111': { users: { intern: {} } } },
    apis: {
      orders: {
        account: '111111111111',
        routes: [{ method: 'GET', path: '/orders', handler: () => ({}) }],
      },
    },
  });
  const url = `${aws.apis.orders.url}/orders`;
  const env = { PATH: process.env['PATH'], ...aws.env('arn:aws:iam::111111111111:user/intern') };
  const printed = await run(['packages/cli/src/cli.ts', url], env);
  return terminal(`npx @sigv4/cli ${url}`, printed);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const pictures = {
    ...PICTURES,
    'npm-start.svg': terminal('npm start', await run(['examples/main-job/main.ts'])),
    'sigv4.svg': await refusedCall(),
  };
  for (const [name, svg] of Object.entries(pictures)) {
    writeFileSync(join(ROOT, 'docs/pictures', name), svg);
  }
}
