// What `@sigv4/credentials` needs beside what is public. A file of its own, so that it is not in the
// bundle of those who give their credentials.
export { checkCredentials } from './checked-credentials.ts';
export { partitionOf, type Partition } from './partition.ts';
export { printable } from './printable.ts';
