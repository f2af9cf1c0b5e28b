export { sigv4Hooks, type SigV4Context, type SigV4HooksOptions } from './hooks.ts';
export { explain, type Rejection } from '@sigv4/fetch';
