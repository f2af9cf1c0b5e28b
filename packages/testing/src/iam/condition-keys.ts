/** Condition keys, in lower case since IAM does not tell them apart, and their values. */
export type ConditionContext = ReadonlyMap<string, readonly string[]>;

/*
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
 */
const SINGLE = new Set(
  `aws:AssumedRoot aws:ChatbotSourceArn aws:CurrentTime aws:Ec2InstanceSourcePrivateIPv4
  aws:Ec2InstanceSourceVpc aws:EpochTime aws:FederatedProvider aws:MultiFactorAuthAge
  aws:MultiFactorAuthPresent aws:PrincipalAccount aws:PrincipalArn aws:PrincipalIsAWSService
  aws:PrincipalOrgID aws:PrincipalServiceName aws:PrincipalType aws:Referer aws:RequestedRegion
  aws:ResourceAccount aws:ResourceOrgID aws:SecureTransport aws:SourceAccount aws:SourceArn
  aws:SourceIdentity aws:SourceIp aws:SourceOrgID aws:SourceVpc aws:SourceVpcArn aws:SourceVpce
  aws:TokenIssueTime aws:UserAgent aws:userid aws:username aws:ViaAWSService aws:VpceAccount
  aws:VpceOrgID aws:VpcSourceIp sts:ExternalId sts:RoleSessionName sts:SourceIdentity`
    .toLowerCase()
    .split(/\s+/),
);

const MULTIPLE = new Set(
  `aws:CalledVia aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:ResourceOrgPaths
  aws:SourceOrgPaths aws:TagKeys aws:VpceOrgPaths sts:TransitiveTagKeys`
    .toLowerCase()
    .split(/\s+/),
);

const TAG = /^(?:aws:principaltag|aws:requesttag|aws:resourcetag|iam:resourcetag)\/.+$/;

/** Claims of a web identity's token that STS hands to policies. It hands over no others. */
export const CLAIMS: readonly string[] = ['amr', 'aud', 'oaud', 'sub'];
/** Of GitHub Actions' tokens, STS hands over more claims. */
export const GITHUB: string = 'token.actions.githubusercontent.com';
export const GITHUB_CLAIMS: readonly string[] = [
  'actor',
  'actor_id',
  'enterprise_id',
  'environment',
  'job_workflow_ref',
  'ref',
  'repository',
  'repository_id',
  'workflow',
];

/** @returns `undefined` if the key is not supported */
export function kindOfKey(key: string): 'single' | 'multiple' | undefined {
  const lower = key.toLowerCase();
  if (SINGLE.has(lower) || TAG.test(lower)) return 'single';
  if (MULTIPLE.has(lower)) return 'multiple';
  const [, provider, claim = ''] = /^([a-z0-9-]+\.[^:]*[a-z0-9]):([a-z_]+)$/.exec(lower) ?? [];
  if (!CLAIMS.includes(claim) && !(provider === GITHUB && GITHUB_CLAIMS.includes(claim)))
    return undefined;
  return claim === 'amr' ? 'multiple' : 'single';
}

/** @throws {TypeError} at a key that is not supported */
export function conditionKey(key: string, where: string): string {
  if (kindOfKey(key) !== undefined) return key.toLowerCase();
  throw new TypeError(`${where}: the condition key ${key} is not supported`);
}
