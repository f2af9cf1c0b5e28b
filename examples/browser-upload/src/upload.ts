import { randomUUID } from 'node:crypto';

import { defaultCredentials } from '@sigv4/credentials';
import { presignPost, type PresignedPost } from '@sigv4/signer';

import { escapeHtml, html, ownUrl, required, type ApiEvent, type ApiResult } from './api-event.ts';

const LARGEST = 5_000_000;
const SECONDS = 600;

const bucket = required('UPLOADS_BUCKET');
const region = required('AWS_REGION');
// Outside the handler, so that all calls of a warm function share them.
const credentials = defaultCredentials();

/** `GET /`: a form. `GET /with-progress`: the same with a progress bar, which asks `GET /form`. */
export async function handler(event: ApiEvent): Promise<ApiResult> {
  if (event.path === '/form') {
    const post = await signForm({ success_action_status: '201' });
    return {
      statusCode: 200,
      headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
      body: JSON.stringify(post),
    };
  }
  if (event.path === '/with-progress') return html(200, 'Upload a file', PAGE_WITH_PROGRESS);
  const post = await signForm({ success_action_redirect: `${ownUrl(event)}/confirm` });
  return html(200, 'Upload a file', pageWithForm(post));
}

/** Each form is for one key, which nobody can guess. */
function signForm(fields: Readonly<Record<string, string>>): Promise<PresignedPost> {
  return presignPost({
    url: `https://${bucket}.s3.${region}.amazonaws.com/`,
    region,
    credentials,
    key: `uploads/${randomUUID()}/\${filename}`,
    fields,
    conditions: [['content-length-range', 1, LARGEST]],
    expiresIn: SECONDS,
  });
}

function pageWithForm({ url, fields }: PresignedPost): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) =>
      `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  // S3 reads no field behind the file.
  return `<form action="${escapeHtml(url)}" method="post" enctype="multipart/form-data">
${inputs.join('\n')}
<p><input type="file" name="file" required aria-label="File">
<p><button>Upload</button> up to ${LARGEST / 1e6} MB, within ${SECONDS / 60} minutes
</form>
<p><a href="with-progress">The same with a progress bar</a>`;
}

const PAGE_WITH_PROGRESS = `<form>
<p><input type="file" required aria-label="File">
<p><button>Upload</button> up to ${LARGEST / 1e6} MB
<progress value="0" hidden></progress>
<p role="status"></p>
</form>
<script type="module">
const form = document.querySelector('form');
const bar = document.querySelector('progress');
const status = document.querySelector('[role=status]');

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  status.textContent = '';
  try {
    const key = await upload(form.querySelector('[type=file]').files[0]);
    location.assign('confirm?' + new URLSearchParams({ key }));
  } catch (error) {
    status.textContent = error.message;
  }
});

async function upload(file) {
  // A new form for each upload: one that the page had would expire.
  const { url, fields } = await (await fetch('form')).json();
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  data.append('file', file);
  const answer = await send(url, data);
  const text = (name) => answer.querySelector(name)?.textContent ?? '';
  if (text('Key') === '') throw new Error(text('Message') || 'S3 did not take the file');
  return text('Key');
}

/** fetch() does not tell how far an upload is, so this part is XMLHttpRequest's. */
function send(url, data) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.responseType = 'document';
    request.overrideMimeType('application/xml');
    request.upload.onprogress = ({ loaded, total }) => {
      bar.hidden = false;
      bar.max = total;
      bar.value = loaded;
    };
    request.onload = () => resolve(request.response ?? new Document());
    request.onerror = () => reject(new Error('S3 cannot be reached, or its CORS rules refuse this page'));
    request.open('POST', url);
    request.send(data);
  });
}
</script>`;
