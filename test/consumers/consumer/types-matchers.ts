// For who has neither Vitest nor Jest, and for Jest with its global types.
import { matchers, type MatcherResult, type SigV4Matchers } from '@sigv4/testing/matchers';

const result: MatcherResult = matchers.toBeAllowed({});
void result.message();
declare const inJest: jest.Matchers<void>;
const ours: SigV4Matchers<void> = inJest;
ours.toBeSignedBy('arn:aws:iam::111111111111:user/x');
