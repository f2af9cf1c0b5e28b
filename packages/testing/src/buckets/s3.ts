import type { Iam } from '../iam/request-context.ts';
import {
  headerValues,
  percentDecode,
  queryParameters,
  requestedHost,
  splitTarget,
  utf8,
  type RawRequest,
} from '../wire/raw-request.ts';
import type { Call, Handled, Service } from '../wire/service.ts';
import type { BucketDefinition } from './bucket-definition.ts';
import { Bucket } from './bucket.ts';
import { corsHeaders, preflight } from './cors.ts';
import { getObject } from './get-object.ts';
import { bucketLocation, headBucket, listObjects } from './list-objects.ts';
import type { S3Call } from './permission.ts';
import { postObject } from './post-object.ts';
import { deleteObject, putObject } from './put-object.ts';
import { notImplemented, S3Error, s3Failure, s3Headers } from './s3-error.ts';

/** S3, with all buckets of one local AWS. */
export interface S3 extends Service {
  readonly service: 's3';
  readonly buckets: readonly Bucket[];
}

/** What a host name of S3 means. */
interface Host {
  /** In its name; without one, the bucket is in the path. */
  readonly bucket?: Bucket;
  /** `undefined`: of all regions. */
  readonly region?: string;
  readonly isAccessPoint?: boolean;
}

/**
 * @throws {TypeError} at a definition that is wrong
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html
 */
export function s3(
  definitions: Readonly<Record<string, BucketDefinition>>,
  iam: Iam,
  region: string,
  now: () => number,
): S3 {
  const buckets = Object.entries(definitions).map(
    ([name, definition]) => new Bucket(name, definition, region, now),
  );
  const hosts = hostsOf(buckets, region);

  function handle(call: Call): Handled {
    let bucket: Bucket | undefined;
    const { request } = call;
    try {
      const host = hosts.get(requestedHost(request));
      const { name, key } = locate(request, host);
      bucket = host?.bucket ?? buckets.find((one) => one.name === name);
      if (bucket === undefined) throw noSuchBucket(name);
      checkRegion(host, bucket);
      const { accessPoint } = bucket;
      const byAccessPoint = host?.isAccessPoint === true;
      if (byAccessPoint) requireSigv4a(request);
      const isOfHost = (one: string): boolean => hosts.get(one)?.bucket === bucket;
      const s3Call: S3Call = {
        call,
        iam,
        bucket,
        key,
        byAccessPoint,
        hostNames: [...hosts.keys()].filter(
          (one) => isOfHost(one) && (accessPoint === undefined || !one.startsWith(accessPoint)),
        ),
      };
      const handled = answer(s3Call, urlOf(request, host, bucket));
      return { ...handled, response: readable(handled.response, request, bucket) };
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      const { finding, status, message } = error;
      const isRefusal = status < 500 && ![304, 404, 412, 416].includes(status);
      return {
        response: readable(s3Failure(error, call.requestId, request.method), request, bucket),
        seen: {
          ...finding,
          ...(isRefusal &&
            finding.failure === undefined && { refusal: finding.refusal ?? message }),
          ...(status === 501 && { failure: message }),
        },
      };
    }
  }

  const failure = (
    status: number,
    { requestId, request }: Call,
    code?: string,
  ): ReturnType<typeof s3Failure> => {
    const [name, message] = FAILURES[status] ?? INTERNAL_ERROR;
    return s3Failure(new S3Error(status, code ?? name, message), requestId, request.method);
  };
  return {
    service: 's3',
    buckets,
    hostNames: [...hosts.keys()],
    handle,
    failure,
    throttled: (call) => failure(503, call),
  };
}

const INTERNAL_ERROR = [
  'InternalError',
  'We encountered an internal error. Please try again.',
] as const;
const FAILURES: Readonly<Record<number, readonly [code: string, message: string]>> = {
  503: ['SlowDown', 'Please reduce your request rate.'],
};

/** Names of S3 in each region that there is a bucket in, and of each bucket. */
function hostsOf(buckets: readonly Bucket[], own: string): ReadonlyMap<string, Host> {
  const hosts = new Map<string, Host>();
  const regions = new Set([own, 'us-east-1', ...buckets.map(({ region }) => region)]);
  // The oldest names are those of us-east-1, and lead to buckets everywhere by their own names.
  hosts.set('s3.amazonaws.com', { region: 'us-east-1' });
  for (const region of regions) {
    hosts.set(`s3.${region}.amazonaws.com`, { region });
    hosts.set(`s3.dualstack.${region}.amazonaws.com`, { region });
  }
  for (const bucket of buckets) {
    hosts.set(`${bucket.name}.s3.amazonaws.com`, { bucket });
    for (const region of regions) {
      hosts.set(`${bucket.name}.s3.${region}.amazonaws.com`, { bucket, region });
      hosts.set(`${bucket.name}.s3.dualstack.${region}.amazonaws.com`, { bucket, region });
    }
    const { accessPoint } = bucket;
    if (accessPoint === undefined) continue;
    hosts.set(`${accessPoint}.accesspoint.s3-global.amazonaws.com`, {
      bucket,
      isAccessPoint: true,
    });
  }
  return hosts;
}

function locate(request: RawRequest, host: Host | undefined): { name: string; key: string } {
  const { path } = splitTarget(request.target);
  const decode = (text: string): string => utf8(percentDecode(text));
  if (host?.bucket) return { name: host.bucket.name, key: decode(path.slice(1)) };
  const [, name = '', key = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? [];
  if (name === '') notImplemented('requests that name no bucket');
  return { name: decode(name), key: decode(key) };
}

/** As a client has to name the bucket, to get to where this request came. */
function urlOf(request: RawRequest, host: Host | undefined, bucket: Bucket): string {
  const [name = ''] = headerValues(request, 'host');
  const origin = `${host === undefined ? 'http' : 'https'}://${name}`;
  return host?.bucket ? origin : `${origin}/${bucket.name}`;
}

function noSuchBucket(name: string): S3Error {
  return new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist', {
    details: [['BucketName', name]],
  });
}

/** Each region has the buckets that are there, and for all others a redirect without `Location`. */
function checkRegion(host: Host | undefined, { name, region }: Bucket): void {
  if (host?.region === undefined || host.region === region) return;
  const endpoint = `${host.bucket ? `${name}.` : ''}s3.${region}.amazonaws.com`;
  throw new S3Error(
    301,
    'PermanentRedirect',
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
    {
      details: [
        ['Endpoint', endpoint],
        ['Bucket', name],
      ],
      headers: { 'x-amz-bucket-region': region },
    },
  );
}

/** A Multi-Region Access Point is in no region, so nothing else can be signed for it. */
function requireSigv4a(request: RawRequest): void {
  const claimed =
    headerValues(request, 'authorization')[0] ??
    queryParameters(splitTarget(request.target).query).find(
      ([name]) => name === 'X-Amz-Algorithm',
    )?.[1];
  if (claimed === undefined || claimed.startsWith('AWS4-ECDSA-P256-SHA256')) return;
  throw new S3Error(
    400,
    'InvalidRequest',
    'The authorization mechanism you have provided is not supported. Please use AWS4-ECDSA-P256-SHA256.',
  );
}

/** Parameters that mean something else than the object or the list of them. */
const SUBRESOURCES: readonly string[] =
  `accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory
  legal-hold lifecycle logging metrics notification object-lock ownershipControls partNumber policy
  policyStatus publicAccessBlock replication requestPayment restore retention select tagging torrent
  uploadId uploads versionId versioning versions website`.split(/\s+/);

function answer(s3Call: S3Call, url: string): Handled {
  const { call, bucket, key } = s3Call;
  const { request } = call;
  const { method } = request;
  if (method === 'OPTIONS') {
    const headers = { ...s3Headers(call.requestId), ...preflight(request, bucket) };
    return { response: { status: 200, headers, body: '' }, seen: {} };
  }
  const names = new Set(queryParameters(splitTarget(request.target).query).map(([name]) => name));
  const subresource = SUBRESOURCES.find((one) => names.has(one));
  if (subresource !== undefined) notImplemented(`${method} of ?${subresource}`);
  if (key !== '') {
    if (method === 'GET' || method === 'HEAD') return getObject(s3Call);
    if (method === 'PUT') return putObject(s3Call);
    if (method === 'DELETE') return deleteObject(s3Call);
    throw notAllowed(method, 'OBJECT');
  }
  if (method === 'GET') return names.has('location') ? bucketLocation(s3Call) : listObjects(s3Call);
  if (method === 'HEAD') return headBucket(s3Call);
  if (method === 'POST') return postObject(s3Call, url);
  if (method === 'PUT' || method === 'DELETE') notImplemented(`${method} of a bucket`);
  throw notAllowed(method, 'BUCKET');
}

function notAllowed(method: string, type: string): S3Error {
  return new S3Error(
    405,
    'MethodNotAllowed',
    'The specified method is not allowed against this resource.',
    {
      details: [
        ['Method', method],
        ['ResourceType', type],
      ],
    },
  );
}

/** What a page may read of the answer is the same for errors. */
function readable(
  response: Handled['response'],
  request: RawRequest,
  bucket: Bucket | undefined,
): Handled['response'] {
  if (response === undefined || bucket === undefined || request.method === 'OPTIONS')
    return response;
  return { ...response, headers: { ...corsHeaders(request, bucket), ...response.headers } };
}
