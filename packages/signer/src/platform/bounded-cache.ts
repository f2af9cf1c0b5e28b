/** Keeps the values that were made last. When it is full, the oldest goes. */
export class BoundedCache<Value> {
  readonly #capacity: number;
  readonly #values = new Map<string, Value>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string, make: (key: string) => Value): Value {
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    const oldest = this.#values.keys().next();
    if (this.#values.size >= this.#capacity && !oldest.done) this.#values.delete(oldest.value);
    this.#values.set(key, value);
    return value;
  }

  peek(key: string): Value | undefined {
    return this.#values.get(key);
  }

  delete(key: string): void {
    this.#values.delete(key);
  }
}
