/** Headers whose values nobody should find in a log. */
const SECRET_HEADERS =
  /^(?:authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-amz-security-token)$/i;

/** A header as -v shows it: without what is secret. */
export function shownHeader(name: string, value: string): string {
  if (/^authorization$/i.test(name) && value.startsWith('AWS4-')) {
    return `${name}: ${value.replace(/(?<=Signature=)\S+/, '[hidden]')}`;
  }
  return SECRET_HEADERS.test(name) ? `${name}: [hidden]` : `${name}: ${shownUrl(value)}`;
}

/** A URL or a request line without the signature and the token in its query. */
export function shownUrl(url: string): string {
  return url.replaceAll(/(?<=[?&]X-Amz-(?:Signature|Security-Token)=)[^&#\s]*/gi, '[hidden]');
}

/** A canonical request without the session token. */
export function shownCanonical(text: string): string {
  return shownUrl(text.replaceAll(/(?<=^x-amz-security-token:).*$/gm, '[hidden]'));
}
