import { fetch as undiciFetch } from 'undici';

import { axiosWith, fetchWith, kyClient, type Make } from './web-clients.ts';

export type { Call, Client, Make } from './web-clients.ts';

/** Every client of Node, by name. */
export const CLIENTS: Readonly<Record<string, Make>> = {
  'axios, http adapter': axiosWith('http'),
  'axios, fetch adapter': axiosWith('fetch'),
  fetch: fetchWith(),
  'fetch of undici': fetchWith(undiciFetch as unknown as typeof fetch),
  ky: kyClient,
};
