/** What these functions read of the event of a REST API. */
export interface ApiEvent {
  readonly path: string;
  readonly queryStringParameters: Readonly<Record<string, string | undefined>> | null;
  readonly requestContext: { readonly domainName?: string; readonly stage: string };
}

export interface ApiResult {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The API's own address, as the browser has it. */
export function ownUrl({ requestContext: { domainName, stage } }: ApiEvent): string {
  return `https://${domainName}/${stage}`;
}

export function html(statusCode: number, title: string, body: string): ApiResult {
  return {
    statusCode,
    headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' },
    body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; }
  form, progress { display: block; margin: 1rem 0; width: 100%; }
</style>
<h1>${title}</h1>
${body}
</html>`,
  };
}

/** Whatever a browser sent comes back as text, never as markup. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set`);
}
