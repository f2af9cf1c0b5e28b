import { createHash } from 'node:crypto';

import { loadPolicy, type Statement } from '../iam/policy-document.ts';
import type { BucketDefinition, CorsRule } from './bucket-definition.ts';
import { S3Error } from './s3-error.ts';

/** An object as it is kept. */
export interface StoredObject {
  readonly body: Uint8Array;
  /** Those that answers repeat: `Content-Type`, `Cache-Control`, `x-amz-meta-…`, … */
  readonly headers: Readonly<Record<string, string>>;
  /** `x-amz-checksum-…` as it was sent and found right. */
  readonly checksums: Readonly<Record<string, string>>;
  /** With its quotes. */
  readonly etag: string;
  /** ms since the epoch, in whole seconds. */
  readonly lastModified: number;
}

const MAX_BYTES = 268_435_456;

/** A bucket, its policy, and its objects in memory. */
export class Bucket {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly arn: string;
  readonly policy: readonly Statement[];
  readonly cors: readonly CorsRule[];
  /** The alias, which ends in `.mrap`. */
  readonly accessPoint: string | undefined;
  /** By key. */
  readonly objects: Map<string, StoredObject> = new Map();
  readonly #maxBytes: number;
  readonly #now: () => number;
  #bytes = 0;

  /** @throws {TypeError} at a name, a policy or an object that S3 would not take */
  constructor(name: string, definition: BucketDefinition, region: string, now: () => number) {
    const { account, policies = [], cors = [], objects = {}, multiRegionAccessPoint } = definition;
    const where = `bucket ${name}`;
    if (!/^(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) {
      throw new TypeError(
        `${where}: a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens`,
      );
    }
    if (multiRegionAccessPoint !== undefined && !/^[a-z0-9]+\.mrap$/.test(multiRegionAccessPoint)) {
      throw new TypeError(
        `${where}: multiRegionAccessPoint must be an alias such as mfzwi23gnjvgw.mrap`,
      );
    }
    this.name = name;
    this.account = account;
    this.region = definition.region ?? region;
    this.arn = `arn:aws:s3:::${name}`;
    this.accessPoint = multiRegionAccessPoint;
    this.#maxBytes = definition.maxBytes ?? MAX_BYTES;
    this.#now = now;
    this.policy = policies.flatMap((policy) =>
      loadPolicy(policy, 'resource', `policy of the ${where}`, (resource) =>
        ofBucket(resource, this.arn, where),
      ),
    );
    checkCors(cors, where);
    this.cors = cors;
    for (const [key, { body, contentType, metadata = {} }] of Object.entries(objects)) {
      if (typeof body !== 'string' && !(body instanceof Uint8Array))
        throw new TypeError(`${where}, object ${key}: body must be a text or a Uint8Array`);
      const bytes = this.#bytes + Buffer.byteLength(body);
      if (bytes > this.#maxBytes)
        throw new TypeError(`${where}, object ${key}: ${this.#noRoom(bytes)}`);
      const meta = Object.entries(metadata).map(([field, value]) => [`x-amz-meta-${field}`, value]);
      this.put(key, Buffer.from(body as string), {
        ...(contentType !== undefined && { 'Content-Type': contentType }),
        ...(Object.fromEntries(meta) as Record<string, string>),
      });
    }
  }

  /** @throws {S3Error} if the objects would have more bytes than the bucket may have */
  put(
    key: string,
    body: Uint8Array,
    headers: Readonly<Record<string, string>>,
    checksums: Readonly<Record<string, string>> = {},
  ): StoredObject {
    const bytes = this.#bytes - (this.objects.get(key)?.body.length ?? 0) + body.length;
    if (bytes > this.#maxBytes) {
      const message = this.#noRoom(bytes);
      throw new S3Error(400, 'LocalBucketFull', message, { finding: { failure: message } });
    }
    this.#bytes = bytes;
    const object: StoredObject = {
      body,
      headers: { 'Content-Type': 'binary/octet-stream', ...headers },
      checksums,
      etag: `"${createHash('md5').update(body).digest('hex')}"`,
      lastModified: Math.floor(this.#now() / 1000) * 1000,
    };
    this.objects.set(key, object);
    return object;
  }

  #noRoom(bytes: number): string {
    return `The local AWS keeps objects in memory, and those of the bucket ${this.name} may have ${this.#maxBytes} bytes together. With this one they would have ${bytes}. Set maxBytes of the bucket, or delete objects.`;
  }

  delete(key: string): void {
    this.#bytes -= this.objects.get(key)?.body.length ?? 0;
    this.objects.delete(key);
  }
}

/** S3 takes no policy that speaks of anything but its bucket. */
function ofBucket(resource: string, arn: string, where: string): string {
  const [bucket = ''] = resource.split('/');
  const pattern = bucket
    .replaceAll(/[\\^$.+()[\]{}|-]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  if (resource === '*' || !new RegExp(`^${pattern}$`).test(arn)) {
    throw new TypeError(
      `${where}: its policy has the resource ${resource}, and must have ${arn} or ${arn}/*`,
    );
  }
  return resource;
}

function checkCors(rules: readonly CorsRule[], where: string): void {
  for (const [at, rule] of rules.entries()) {
    for (const field of ['AllowedOrigins', 'AllowedHeaders'] as const) {
      const odd = rule[field]?.find((one) => one.split('*').length > 2);
      if (odd !== undefined) {
        throw new TypeError(
          `${where}, cors, number ${at + 1}: ${field} must have one * at most, got ${odd}`,
        );
      }
    }
  }
}
