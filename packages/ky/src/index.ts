export { sigv4Hooks, type SigV4HooksOptions } from './hooks.ts';
