import { defaultCredentials } from '@sigv4/credentials';
import { createSigner } from '@sigv4/signer';

import { escapeHtml, html, required, type ApiEvent, type ApiResult } from './api-event.ts';

const SECONDS = 300;

const bucket = required('UPLOADS_BUCKET');
const region = required('AWS_REGION');
const signer = createSigner({ credentials: defaultCredentials(), service: 's3', region });

/** `GET /confirm?key=…`, to which S3 sends the browser: a link to what was uploaded. */
export async function handler(event: ApiEvent): Promise<ApiResult> {
  const key = event.queryStringParameters?.['key'] ?? '';
  // Anyone can call this with any key, so it signs only for keys that the other function made.
  const [, name] = /^uploads\/[0-9a-f-]{36}\/([^/]+)$/.exec(key) ?? [];
  if (name === undefined || name === '.' || name === '..')
    return html(400, 'Not found', '<p>That is no upload.');
  const path = key.split('/').map(encodeURIComponent).join('/');
  // S3 would show an uploaded page on the bucket's own address; as an attachment it is only saved.
  const query = new URLSearchParams({ 'response-content-disposition': 'attachment' });
  const link = await signer.presign(
    { method: 'GET', url: `https://${bucket}.s3.${region}.amazonaws.com/${path}?${query}` },
    { expiresIn: SECONDS },
  );
  return html(
    200,
    'Uploaded',
    `<p>${escapeHtml(name)}
<p><a href="${escapeHtml(String(link))}">Download</a> within ${SECONDS / 60} minutes
<p><a href="./">Upload another file</a>`,
  );
}
