// What the page of the browser tests has at hand, as `lib`.
import axios from 'axios';
import axiosRetry from 'axios-retry';
import ky from 'ky';

import { sigv4Interceptor } from '@sigv4/axios';
import { createSignedFetch } from '@sigv4/fetch';
import { sigv4Hooks } from '@sigv4/ky';

import { WEB_BODIES } from '../wire/bodies.ts';
import { WEB_CLIENTS, type Make } from '../wire/web-clients.ts';

const lib = {
  axios,
  axiosRetry,
  ky,
  sigv4Interceptor,
  createSignedFetch,
  sigv4Hooks,
  WEB_BODIES,
  clientOf,
};

function clientOf(name: string): Make {
  const make = WEB_CLIENTS[name];
  if (make === undefined) throw new Error(`There is no client ${name}`);
  return make;
}

declare global {
  var lib: PageLib;
}
type PageLib = typeof lib;
globalThis.lib = lib;
