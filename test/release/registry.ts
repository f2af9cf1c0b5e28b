import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { runServer } from 'verdaccio';

export interface Registry {
  /** Such as `http://127.0.0.1:43210/`. */
  readonly url: string;
  close(): Promise<void>;
}

/** A registry on a free port of loopback, which everyone may publish to, and which asks no other. */
export async function startRegistry(folder: string): Promise<Registry> {
  const storage = join(folder, 'storage');
  await mkdir(storage, { recursive: true });
  const server = (await runServer({
    configPath: join(folder, 'config.yaml'),
    storage,
    auth: { htpasswd: { file: join(folder, 'htpasswd') } },
    uplinks: {},
    packages: { '**': { access: '$all', publish: '$all' } },
    web: { enable: false },
    log: { type: 'stdout', level: 'fatal' },
  })) as Server;
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
