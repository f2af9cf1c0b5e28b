void import('./signed-calls.mjs').then(({ signedCalls }) =>
  signedCalls(process.argv.slice(2), require),
);
