import axios from 'axios';
import { fetch as undiciFetch } from 'undici';

import { axiosWith, fetchWith, kyClient, type Make } from './web-clients.ts';

export type { Call, Client, Make } from './web-clients.ts';

/** Whether the tests run with the oldest axios and ky that are promised. */
export const isOldest: boolean = axios.VERSION.startsWith('1.7.');

/** Every client of Node, by name; with the oldest, those that differ. */
export const CLIENTS: Readonly<Record<string, Make>> = {
  'axios, http adapter': axiosWith('http'),
  'axios, fetch adapter': axiosWith('fetch'),
  ...(!isOldest && {
    fetch: fetchWith(),
    'fetch of undici': fetchWith(undiciFetch as unknown as typeof fetch),
  }),
  ky: kyClient,
};
