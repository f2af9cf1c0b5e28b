/** A page that lists requests as they come. It shows what they say as text, never as HTML. */
export const PAGE: string = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Local AWS</title>
<style>
  body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5rem; color: #222; background: #fff; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: .35rem .6rem; border-bottom: 1px solid #ddd; vertical-align: top; }
  td { overflow-wrap: anywhere; }
  .refused, .faulted { color: #b00020; }
  .allowed { color: #1b6e20; }
  pre { margin: .3rem 0 0; white-space: pre-wrap; color: #555; }
</style>
</head>
<body>
<h1>Requests</h1>
<table>
<thead><tr><th>Request</th><th>Who</th><th>Verdict</th><th>Why</th></tr></thead>
<tbody id="requests"></tbody>
</table>
<p id="none">No request has come yet.</p>
<script>
  const rows = document.getElementById('requests');
  const none = document.getElementById('none');
  function cell(row, text, className) {
    const td = row.insertCell();
    td.textContent = text;
    if (className) td.className = className;
    return td;
  }
  let shown = '';
  async function show() {
    try {
      const text = await (await fetch('/_local/requests')).text();
      if (text === shown) return;
      shown = text;
      rows.replaceChildren();
      for (const one of JSON.parse(text).reverse()) {
        const row = rows.insertRow();
        cell(row, one.method + ' ' + (one.action || one.api || one.service) + ' ' + one.path + one.query);
        cell(row, one.callerArn || one.accessKeyId || 'unsigned');
        cell(row, one.verdict + (one.status ? ' ' + one.status : ''), one.verdict);
        const why = [(one.refusal || '').split('\\n')[0], one.because, one.failure];
        const td = cell(row, why.filter(Boolean).join(' '));
        if (one.comparison) {
          const pre = document.createElement('pre');
          pre.textContent = one.comparison;
          td.append(pre);
        }
      }
      none.hidden = rows.rows.length > 0;
    } catch {
      // The local AWS has ended, or is being restarted.
    } finally {
      setTimeout(show, 1000);
    }
  }
  show();
</script>
</body>
</html>
`;
