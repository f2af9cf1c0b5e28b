import { emptyRecord } from '@sigv4/signer/client';

/** What an object has itself, whatever it inherits. */
export function ownValue<T extends object, Name extends keyof T>(
  object: T,
  name: Name,
): T[Name] | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The same fields without a prototype: whoever reads others there finds nothing. */
export function bare<T extends object>(fields: T): T {
  return Object.assign(emptyRecord() as object as T, fields);
}
