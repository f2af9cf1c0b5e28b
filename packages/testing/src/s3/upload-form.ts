import { headerValues, type RawRequest } from '../wire/raw-request.ts';

/** A form that uploads a file, as S3 reads it: what comes after the file does not count. */
export interface UploadForm {
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly file: { readonly name: string; readonly size: number; readonly content: Uint8Array };
}

/**
 * @returns `undefined` if the request has none, or one that is not well-formed
 * @see https://www.rfc-editor.org/rfc/rfc7578
 */
export function readUploadForm(request: RawRequest): UploadForm | undefined {
  const [type = '', ...more] = headerValues(request, 'content-type');
  const [, quoted, plain] =
    /^multipart\/form-data[ \t]*;[ \t]*boundary=(?:"([^"]{1,70})"|([\w'()+,./:=?-]{1,70}))[ \t]*$/i.exec(
      type,
    ) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined || more.length > 0) return undefined;
  const body = Buffer.from(request.body).toString('latin1');
  const [before, ...parts] = `\r\n${body}`.split(`\r\n--${boundary}`);
  const last = parts.pop();
  if (before !== '' || !/^--(?:\r\n)?$/.test(last ?? '')) return undefined;

  const fields: [string, string][] = [];
  for (const part of parts) {
    const [, head = '', content = ''] =
      /^\r\n((?:[\w!#$%&'*+.^`|~-]+:[^\r\n]*\r\n)+)\r\n([\s\S]*)$/.exec(part) ?? [];
    const [, name, fileName] =
      /^content-disposition: ?form-data; ?name="([^"\r\n]*)"(?:; ?filename="([^"\r\n]*)")?(?:; ?[\w*-]+=(?:"[^"\r\n]*"|[\w!#$%&'*+.^`|~-]+))*\r$/im.exec(
        head,
      ) ?? [];
    if (name === undefined) return undefined;
    if (name.toLowerCase() === 'file') {
      const bytes = new Uint8Array(Buffer.from(content, 'latin1'));
      return {
        fields,
        file: { name: lastOf(text(fileName ?? '')), size: bytes.length, content: bytes },
      };
    }
    fields.push([text(name), text(content)]);
  }
  return undefined;
}

/** "Only the text following the last slash or backslash is used." */
function lastOf(path: string): string {
  return path.replace(/^.*[/\\]/s, '');
}

function text(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
