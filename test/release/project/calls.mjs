import { signedCalls } from './signed-calls.mjs';

await signedCalls(process.argv.slice(2), (name) => import(name));
