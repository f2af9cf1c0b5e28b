import { headerValues, type RawRequest } from '../wire/raw-request.ts';

/**
 * Whether payload format 2.0 has this body as text; else it is in Base64.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function isTextBody(request: RawRequest): boolean {
  const [type = 'application/json'] = headerValues(request, 'content-type');
  const isEncoded = headerValues(request, 'content-encoding').some((value) => value !== 'identity');
  return (
    !isEncoded &&
    /^(?:text\/|application\/(?:json|javascript|xml)\b|[^;]+\+(?:json|xml)\b)/i.test(type)
  );
}

/**
 * Whether a REST API takes a media type as binary.
 *
 * @param header of Content-Type, or of Accept, of which the first type counts
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html
 */
export function isBinaryType(header = '', mediaTypes: readonly string[] = []): boolean {
  const type = header.split(/[;,]/)[0]?.trim().toLowerCase() ?? '';
  return mediaTypes.some(
    (pattern) =>
      pattern === '*/*' ||
      pattern.toLowerCase() === type ||
      (pattern.endsWith('/*') && type.startsWith(pattern.slice(0, -1).toLowerCase())),
  );
}
