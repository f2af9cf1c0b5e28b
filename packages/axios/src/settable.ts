/**
 * Sets a property of what an adapter gave: adapters of users give frozen and sealed objects,
 * instances with getters only, and proxies.
 *
 * @returns the same object, or, where it refuses, a copy of it with that property
 */
export function withProperty<T extends object>(given: T, key: string, value: unknown): T {
  // axios adds properties of its own to whatever an adapter gives.
  if (Object.isExtensible(given) && put(given, key, value)) return given;
  const copy = copyOf(given);
  put(copy, key, value);
  return copy;
}

/** @returns whether the object has that value now */
export function put(thing: object, key: string, value: unknown): boolean {
  try {
    if (!Reflect.set(thing, key, value)) {
      Reflect.defineProperty(thing, key, { value, ...LIKE_ANY });
    }
    return Reflect.get(thing, key) === value;
  } catch {
    // A proxy, or a setter, that refuses by throwing.
    return false;
  }
}

const LIKE_ANY = { configurable: true, enumerable: true, writable: true } as const;

/** What axios and its users read of a response or an error. */
const READ = ['status', 'statusText', 'headers', 'data', 'config', 'request', 'response', 'code'];

/** An object of the same class with the same properties, all of which can be set. */
function copyOf<T extends object>(given: T): T {
  const descriptors: PropertyDescriptorMap = {};
  for (const key of new Set([...Reflect.ownKeys(given), ...READ.filter((name) => name in given)])) {
    const enumerable = Object.getOwnPropertyDescriptor(given, key)?.enumerable ?? true;
    // Read here, since a getter may look for private fields, which a copy does not have.
    descriptors[key as string] = { ...LIKE_ANY, value: Reflect.get(given, key), enumerable };
  }
  return Object.create(Object.getPrototypeOf(given) as object | null, descriptors) as T;
}
