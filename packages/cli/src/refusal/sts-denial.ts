import { CredentialsError } from '@sigv4/credentials';
import { explainRejection } from '@sigv4/signer';

import { statementsText } from './report.ts';
import { missingStatements } from './statements.ts';

/**
 * What would let a role be assumed, in lines.
 *
 * @returns `undefined` if the error is no denial of STS
 */
export async function missingText(error: unknown): Promise<string | undefined> {
  if (!(error instanceof CredentialsError) || error.code !== 'AccessDenied') return undefined;
  // STS's message stands within that of the error, and ends at a semicolon.
  const rejection = await explainRejection({
    status: 403,
    headers: { get: () => null },
    clone: () => ({ text: async () => error.message.replaceAll(';', ' ;') }),
  });
  const missing = rejection && missingStatements(rejection);
  return missing && statementsText(missing).join('\n').trim();
}
