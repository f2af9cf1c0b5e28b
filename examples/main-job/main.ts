import { runMainJob } from './main-job.ts';
import { startTwoAccounts } from './two-accounts.ts';

const aws = await startTwoAccounts();
try {
  const right = await runMainJob(
    aws,
    (line) => console.log(line),
    process.stdout.isTTY && !process.env['NO_COLOR'],
  );
  process.exitCode = right ? 0 : 1;
} finally {
  await aws.close();
}
