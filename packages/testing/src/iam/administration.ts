import type { TestCredentials } from './access-keys.ts';
import type { Accounts } from './accounts.ts';

/** What an administrator of the accounts can do while a test runs. */
export interface Administration {
  /**
   * The newest active access key of a user, `arn:aws:iam::111111111111:user/order-service`; or a new
   * session of a role, as a service that runs on Lambda or ECS has it: an hour, by the kit's clock.
   *
   * @throws {TypeError} if there is no such user or role, or the user has no active key
   */
  credentialsOf(arn: string): TestCredentials;
  /**
   * Creates one more key, for a rotation.
   * @throws {TypeError} if there is no such user, or it has two already, which is AWS's quota
   */
  createAccessKey(userArn: string): TestCredentials;
  /**
   * Activates a key, or deactivates it. AWS then refuses it as it refuses a key that was deleted.
   * @throws {TypeError} if there is no such key
   */
  updateAccessKey(accessKeyId: string, status: 'Active' | 'Inactive'): void;
  /** @throws {TypeError} if there is no such key */
  deleteAccessKey(accessKeyId: string): void;
  /**
   * Denies everything to the sessions that a role has, as "Revoke active sessions" in AWS's console
   * does: 403 with an explicit deny. New sessions are not touched.
   */
  revokeSessions(roleArn: string): void;
  /**
   * The sessions that a role has are not known any more, as if it was deleted and made anew: "The
   * security token included in the request is invalid."
   */
  forgetSessions(roleArn: string): void;
}

export function administrationOf(accounts: Accounts): Administration {
  return {
    credentialsOf: (arn) => accounts.credentialsOf(arn),
    createAccessKey: (userArn) => accounts.createAccessKey(userArn),
    updateAccessKey: (accessKeyId, status) =>
      accounts.setAccessKeyActive(accessKeyId, status === 'Active'),
    deleteAccessKey: (accessKeyId) => accounts.deleteAccessKey(accessKeyId),
    revokeSessions: (roleArn) => accounts.revokeSessions(roleArn),
    forgetSessions: (roleArn) => accounts.forgetSessions(roleArn),
  };
}
