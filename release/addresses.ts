// Writes into each package.json where its package lives. No address stands in the repository: a
// release takes them from the repository that its workflow runs in.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { publicPackages } from './public-packages.ts';

export interface Addresses {
  readonly repository: { readonly type: 'git'; readonly url: string; readonly directory: string };
  readonly homepage: string;
  readonly bugs: { readonly url: string };
}

/**
 * @param env as GitHub Actions sets it: `GITHUB_SERVER_URL`, such as `https://git.example`, and
 *   `GITHUB_REPOSITORY`, such as `owner/name`
 * @param directory of the package within the repository, such as `packages/fetch`
 * @throws {TypeError} if one of them is missing or has another form
 */
export function addressesOf(
  { GITHUB_SERVER_URL: server = '', GITHUB_REPOSITORY: name = '' }: NodeJS.ProcessEnv,
  directory: string,
): Addresses {
  if (!/^https:\/\/[\w.-]+(?::\d+)?$/.test(server)) {
    throw new TypeError(
      `GITHUB_SERVER_URL is ${JSON.stringify(server)}. Set it to the origin of the server that has the repository, such as https://git.example.`,
    );
  }
  if (!/^[\w.-]+\/[\w.-]+$/.test(name)) {
    throw new TypeError(
      `GITHUB_REPOSITORY is ${JSON.stringify(name)}. Set it to owner and name of the repository, such as owner/name.`,
    );
  }
  const url = `${server}/${name}`;
  return {
    repository: { type: 'git', url: `git+${url}.git`, directory },
    homepage: `${url}/tree/HEAD/${directory}#readme`,
    bugs: { url: `${url}/issues` },
  };
}

/** @param root of the working tree whose packages get their addresses */
export async function writeAddresses(root: string, env: NodeJS.ProcessEnv): Promise<void> {
  for (const { directory } of await publicPackages(root)) {
    const path = join(root, directory, 'package.json');
    const manifest = JSON.parse(await readFile(path, 'utf8')) as object;
    const written = { ...manifest, ...addressesOf(env, directory) };
    await writeFile(path, `${JSON.stringify(written, undefined, 2)}\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeAddresses(process.cwd(), process.env);
}
