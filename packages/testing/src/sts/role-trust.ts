import { policiesOf, type Role, type Session } from '../iam/identity.ts';
import { decide, explainDenial } from '../iam/policy-evaluation.ts';
import type { ContextValues } from '../iam/request-context.ts';
import { StsError } from './answer.ts';
import type { Assumption, RoleSessionParameters, SessionAttributes, StsCall } from './call.ts';

/** @throws {StsError} unless the trust policy, and the caller's own policies, allow each action */
export function authorizeAssumption(
  call: StsCall,
  assumption: Assumption,
  actions: readonly string[],
): Role {
  const { who, role, asked, attributes, more } = assumption;
  const identity = 'principal' in who ? who : undefined;
  const changed =
    identity?.session?.sourceIdentity !== undefined &&
    attributes.sourceIdentity !== undefined &&
    attributes.sourceIdentity !== identity.session.sourceIdentity;
  for (const action of actions) {
    const denied = (because: string, explicitly = ''): StsError =>
      new StsError(
        403,
        'AccessDenied',
        identity === undefined
          ? `Not authorized to perform ${action}`
          : `User: ${identity.principal.arn} is not authorized to perform: ${action} on resource: ${asked.roleArn}${explicitly}`,
        because,
      );
    if (role === undefined) throw denied('there is no such role');
    if (changed && action === 'sts:SetSourceIdentity')
      throw denied('the source identity of a session cannot be changed');
    const resourceAccount = role.account;
    const context = call.makeContext(call.request, {
      identity,
      region: call.region,
      resourceAccount,
      more: { ...requestedContext(role, asked, attributes, identity?.session), ...more },
    });
    const principal = 'principal' in who ? who.principal : who;
    const request = { principal, action, resource: role.arn, resourceAccount, context };
    const policies = { ...policiesOf(identity), trust: role.trust };
    const decision = decide(request, policies);
    if (decision !== 'allowed') {
      throw denied(
        explainDenial(request, policies),
        decision === 'explicitly-denied' ? ' with an explicit deny' : '',
      );
    }
  }
  return role as Role;
}

function requestedContext(
  role: Role,
  asked: RoleSessionParameters,
  { tags, transitiveTagKeys, sourceIdentity }: SessionAttributes,
  session: Session | undefined,
): ContextValues {
  const source = sourceIdentity ?? session?.sourceIdentity;
  return {
    'sts:RoleSessionName': asked.name,
    ...(source === undefined ? undefined : { 'sts:SourceIdentity': source }),
    ...(tags.size === 0 ? undefined : { 'aws:TagKeys': [...tags.keys()] }),
    ...(transitiveTagKeys.length === 0
      ? undefined
      : { 'sts:TransitiveTagKeys': transitiveTagKeys }),
    ...Object.fromEntries([
      ...[...tags].map(([key, value]) => [`aws:RequestTag/${key}`, value]),
      ...[...role.tags].flatMap(([key, value]) => [
        [`aws:ResourceTag/${key}`, value],
        [`iam:ResourceTag/${key}`, value],
      ]),
    ]),
  };
}
