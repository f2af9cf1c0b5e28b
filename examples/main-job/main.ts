import { runMainJob } from './main-job.ts';
import { callFromTerminal } from './terminal.ts';
import { startTwoAccounts } from './two-accounts.ts';

const aws = await startTwoAccounts();
try {
  const print = (line: string): void => console.log(line);
  const colour = process.stdout.isTTY && !process.env['NO_COLOR'];
  const right = await runMainJob(aws, print, colour);
  process.exitCode = (await callFromTerminal(aws, print)) && right ? 0 : 1;
} finally {
  await aws.close();
}
