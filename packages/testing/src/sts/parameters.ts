import { queryParameters, splitTarget, utf8, type RawRequest } from '../wire/raw-request.ts';
import { StsError } from './answer.ts';

/** What a parameter must fulfil: the length of a text, or the range of a number, and a pattern. */
export interface Constraint {
  readonly min: number;
  readonly max: number;
  readonly pattern?: RegExp;
  /** Whether messages must not quote it. */
  readonly isSecret?: boolean;
}

/** The parameters of a call in the Query protocol. Faults are gathered and reported at once. */
export class StsParameters {
  readonly #values: ReadonlyMap<string, string>;
  readonly #faults: string[] = [];

  constructor(request: RawRequest) {
    const text =
      request.method === 'POST'
        ? Buffer.from(request.body).toString('latin1')
        : splitTarget(request.target).query;
    this.#values = new Map(queryParameters(text).map(([name, value]) => [utf8(name), utf8(value)]));
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** `Tags.member.1.Key`, … : one map for each member. */
  members(name: string): ReadonlyMap<string, string>[] {
    const members: Map<string, string>[] = [];
    for (const [key, value] of this.#values) {
      const [, at, field = ''] =
        (key.startsWith(`${name}.member.`) &&
          /^(\d{1,4})(?:\.(\w+))?$/.exec(key.slice(name.length + 8))) ||
        [];
      if (at !== undefined) (members[Number(at)] ??= new Map()).set(field, value);
    }
    return members.filter(Boolean);
  }

  text(name: string, constraint: Constraint): string {
    const value = this.get(name);
    if (value === undefined) this.#fault(name, ' null', 'not be null');
    return this.optionalText(name, constraint) ?? '';
  }

  optionalText(name: string, constraint: Constraint): string | undefined {
    const value = this.get(name);
    if (value !== undefined) this.check(name, value, constraint);
    return value;
  }

  optionalInteger(name: string, { min, max }: Constraint): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (!/^-?\d{1,10}$/.test(value)) {
      throw new StsError(
        400,
        'MalformedInput',
        `${value} at '${memberOf(name)}' is not an integer`,
      );
    }
    if (Number(value) < min) this.fault(name, value, `have value greater than or equal to ${min}`);
    if (Number(value) > max) this.fault(name, value, `have value less than or equal to ${max}`);
    return Number(value);
  }

  check(name: string, value: string, { min, max, pattern, isSecret = false }: Constraint): void {
    const shown = isSecret ? '' : ` '${value}'`;
    if (pattern !== undefined && !new RegExp(`^(?:${pattern.source})$`, pattern.flags).test(value))
      this.#fault(name, shown, `satisfy regular expression pattern: ${pattern.source}`);
    const { length } = Array.from(value);
    if (length < min) this.#fault(name, shown, `have length greater than or equal to ${min}`);
    if (length > max) this.#fault(name, shown, `have length less than or equal to ${max}`);
  }

  fault(name: string, value: string, must: string): void {
    this.#fault(name, ` '${value}'`, must);
  }

  #fault(name: string, shown: string, must: string): void {
    this.#faults.push(
      `Value${shown} at '${memberOf(name)}' failed to satisfy constraint: Member must ${must}`,
    );
  }

  /** @throws {StsError} if anything that was read was wrong */
  throwFaults(): void {
    const { length } = this.#faults;
    if (length === 0) return;
    const count = `${length} validation error${length === 1 ? '' : 's'} detected: `;
    throw new StsError(400, 'ValidationError', count + this.#faults.join('; '));
  }
}

/** STS's messages have the names of its model: `roleArn`. */
function memberOf(name: string): string {
  return `${name[0]?.toLowerCase()}${name.slice(1)}`;
}
