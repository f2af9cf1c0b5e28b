import { didYouMean } from '../shape.ts';

/** Condition keys, in lower case since IAM does not tell them apart, and their values. */
export type ConditionContext = ReadonlyMap<string, readonly string[]>;

/*
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
 */
const SINGLE_NAMES: readonly string[] =
  `aws:AssumedRoot aws:ChatbotSourceArn aws:CurrentTime aws:Ec2InstanceSourcePrivateIPv4
  aws:Ec2InstanceSourceVpc aws:EpochTime aws:FederatedProvider aws:MultiFactorAuthAge
  aws:MultiFactorAuthPresent aws:PrincipalAccount aws:PrincipalArn aws:PrincipalIsAWSService
  aws:PrincipalOrgID aws:PrincipalServiceName aws:PrincipalType aws:Referer aws:RequestedRegion
  aws:ResourceAccount aws:ResourceOrgID aws:SecureTransport aws:SourceAccount aws:SourceArn
  aws:SourceIdentity aws:SourceIp aws:SourceOrgID aws:SourceVpc aws:SourceVpcArn aws:SourceVpce
  aws:TokenIssueTime aws:UserAgent aws:userid aws:username aws:ViaAWSService aws:VpceAccount
  aws:VpceOrgID aws:VpcSourceIp sts:ExternalId sts:RoleSessionName sts:SourceIdentity
  lambda:CodeSigningConfigArn lambda:EventSourceToken lambda:FunctionArn
  lambda:FunctionUrlAuthType lambda:InvokedViaFunctionUrl lambda:Layer lambda:Principal
  lambda:SourceFunctionArn lambda:VpcIds aws:CalledViaFirst aws:CalledViaLast
  s3:AccessGrantsInstanceArn s3:AccessPointNetworkOrigin s3:authType s3:DataAccessPointAccount
  s3:DataAccessPointArn s3:delimiter s3:destinationRegion s3:if-match s3:if-none-match
  s3:InventoryAccessibleOptionalFields s3:isReplicationPauseRequest s3:JobSuspendedCause
  s3:LocationConstraint s3:max-keys s3:object-lock-legal-hold s3:object-lock-mode
  s3:object-lock-remaining-retention-days s3:object-lock-retain-until-date
  s3:ObjectCreationOperation s3:prefix s3:ResourceAccount s3:signatureAge s3:signatureversion
  s3:TlsVersion s3:VersionId s3:x-amz-acl s3:x-amz-content-sha256 s3:x-amz-copy-source
  s3:x-amz-grant-full-control s3:x-amz-grant-read s3:x-amz-grant-read-acp s3:x-amz-grant-write
  s3:x-amz-grant-write-acp s3:x-amz-metadata-directive s3:x-amz-object-ownership
  s3:x-amz-server-side-encryption s3:x-amz-server-side-encryption-aws-kms-key-id
  s3:x-amz-server-side-encryption-customer-algorithm s3:x-amz-storage-class
  s3:x-amz-website-redirect-location`.split(/\s+/);
const MULTIPLE_NAMES: readonly string[] =
  `aws:CalledVia aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:ResourceOrgPaths
  aws:SourceOrgPaths aws:TagKeys aws:VpceOrgPaths sts:TransitiveTagKeys
  lambda:SecurityGroupIds lambda:SubnetIds s3:RequestObjectTagKeys`.split(/\s+/);

const lowerCase = (names: readonly string[]): ReadonlySet<string> =>
  new Set(names.map((name) => name.toLowerCase()));
const SINGLE = lowerCase(SINGLE_NAMES);
const MULTIPLE = lowerCase(MULTIPLE_NAMES);

const TAG =
  /^(?:aws:principaltag|aws:requesttag|aws:resourcetag|iam:resourcetag|s3:existingobjecttag|s3:requestobjecttag|s3:buckettag)\/.+$/;

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

/** A statement of a policy, as far as it decides how its parts are read. */
export interface Reading {
  /** For error messages. */
  readonly where: string;
  /** Policies of version 2008-10-17 have no variables. */
  readonly hasVariables: boolean;
  /** Whether its actions can match one that is asked here. What is never asked is never evaluated. */
  readonly isServed: boolean;
  /** The services that its actions name: their condition keys are absent from other requests. */
  readonly services: ReadonlySet<string>;
}

/**
 * @param reading if it is none that is evaluated here, any key will do
 * @throws {TypeError} at a key that is not supported
 */
export function conditionKey(
  key: string,
  { where, isServed, services }: Pick<Reading, 'where' | 'isServed' | 'services'>,
): string {
  const lower = key.toLowerCase();
  const [service = ''] = lower.split(':');
  const isForeign =
    /^[a-z0-9.-]+:[^:\s].*$/.test(lower) &&
    service !== 'aws' &&
    (!isServed || (services.has(service) && !OWN_SERVICES.has(service)));
  if (isForeign || kindOfKey(key) !== undefined) return lower;
  throw new TypeError(`${where}: the condition key ${key} is not supported${nearestKey(key)}`);
}

/** All keys of these are known, so another one is misspelt. */
const OWN_SERVICES: ReadonlySet<string> = new Set(['execute-api', 'lambda', 's3', 'sts']);

function nearestKey(key: string): string {
  return didYouMean(key, [...SINGLE_NAMES, ...MULTIPLE_NAMES]);
}
