/** What of a Response only fetch itself can set. */
type Fields = Partial<Pick<Response, 'url' | 'redirected' | 'type'>>;

/** Gives them to a Response, and to its clones. */
export function withFields(response: Response, fields: Fields): Response {
  // Neither does anything to an answer that is frozen.
  for (const [name, value] of Object.entries(fields)) {
    Reflect.defineProperty(response, name, { value, configurable: true });
  }
  const clone = response.clone.bind(response);
  Reflect.defineProperty(response, 'clone', {
    value: () => withFields(clone(), fields),
    configurable: true,
    writable: true,
  });
  return response;
}
