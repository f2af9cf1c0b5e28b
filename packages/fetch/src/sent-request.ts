/**
 * What a Request takes of an `init`. Whatever else is in it is for the fetch that sends, and so is
 * the signal: Node would forget an abort with our Request, which nobody holds.
 */
const TAKEN =
  /^(?:body|cache|credentials|duplex|headers|integrity|keepalive|method|mode|redirect|window)$/;

/**
 * What fetch gets if the caller gave a Request: a Request again, which loggers and mocks rely on.
 * While the URL is the caller's, it is made of the caller's Request, and so keeps the `dispatcher`
 * that this was made with: a proxy or a client certificate, which a Request shows to nobody.
 */
export function sentRequest(
  given: Request,
  url: string,
  init: RequestInit,
): [request: Request, rest: RequestInit | undefined] {
  const isSameUrl = given.url.replace(/#.*/, '') === url;
  // What fetch is given beside a Request makes it forget the Request's referrer.
  const rest = Object.entries(init).filter(([name, value]) =>
    name === 'signal' ? value : !TAKEN.test(name) && value !== given[name as 'referrer'],
  );
  return [
    new Request(isSameUrl ? given : url, init),
    rest.length > 0 ? Object.fromEntries(rest) : undefined,
  ];
}
