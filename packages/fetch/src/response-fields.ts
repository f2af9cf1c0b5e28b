/** Fields of a Response that only fetch itself can set. */
type Fields = Partial<Pick<Response, 'url' | 'redirected' | 'type'>>;

/** Sets these fields on a Response and on its clones. */
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
