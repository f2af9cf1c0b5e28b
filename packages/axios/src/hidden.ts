/** What `util.inspect`, and with it `console.log`, asks an object for. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** The class of a thing is all that printing tells of it. */
const CLASS_ONLY: PropertyDescriptor = {
  value(this: object) {
    return `[${this.constructor?.name ?? 'Object'}]`;
  },
  configurable: true,
  writable: true,
};

/**
 * Keeps a thing that bears a signature out of `util.inspect` and `JSON.stringify`. Frozen objects
 * stay as they are.
 */
export function hide(thing: object): void {
  // A socket serves many requests.
  if (Reflect.get(thing, INSPECT) === CLASS_ONLY.value) return;
  Reflect.defineProperty(thing, INSPECT, CLASS_ONLY);
  Reflect.defineProperty(thing, 'toJSON', CLASS_ONLY);
}

/**
 * Hides what carries requests: an agent of Node, or a dispatcher of undici. They hold the requests
 * that are in flight, and axios keeps them in `config`, which every error shows. Loggers that walk
 * from property to property must not come through either, so its properties stop being enumerable.
 */
export function hideCarrier(carrier: unknown): void {
  if (!isCarrier(carrier)) return;
  const isNew = !Object.hasOwn(carrier, INSPECT);
  if (isNew) hide(carrier);
  // Whatever it was given since its last request, and nothing at most times.
  const keys = isNew ? Reflect.ownKeys(carrier) : Object.keys(carrier);
  // axios copies plain objects by their enumerable properties.
  const isPlain = Object.getPrototypeOf(carrier) === Object.prototype;
  for (const key of keys) {
    if (isNew) hideCarrier(carrier[key]);
    if (!isPlain) Reflect.defineProperty(carrier, key, { enumerable: false });
  }
}

function isCarrier(thing: unknown): thing is Record<PropertyKey, unknown> {
  if (typeof thing !== 'object' || thing === null) return false;
  return 'addRequest' in thing || 'dispatch' in thing;
}
