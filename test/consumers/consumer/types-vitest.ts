import '@sigv4/testing/vitest';
import { startLocalAws } from '@sigv4/testing';
import { expect, test } from 'vitest';

test('types', async () => {
  await using aws = await startLocalAws();
  expect(aws.requests[0]).toBeSignedBy('arn:aws:iam::111111111111:user/x');
  expect(aws.requests[0]).not.toBeRefused(/expired/);
  // @ts-expect-error -- an ARN is needed
  expect(aws.requests[0]).toBeSignedBy();
});
