// What `@sigv4/credentials` needs beside what is public. Its build takes it in, since each file costs
// a cold start; a bundle of those who give their credentials has none of it.
export { checkCredentials } from './checked-credentials.ts';
export { serverAhead } from './clock-skew.ts';
export { isLoopback } from './loopback.ts';
export { partitionOf, type Partition } from './partition.ts';
export { printable } from './rejection/printable.ts';
export { quietListener } from './quiet-listener.ts';
