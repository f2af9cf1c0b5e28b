import { expect, test } from 'vitest';

import { findElement, readXml } from '../src/sts/xml.ts';

const code = (document: string): string | undefined => {
  const root = readXml(document);
  return root && findElement(root, 'Code')?.text;
};

test.each([
  ['<A><Code>x</Code></A>', 'x'],
  ['<?xml version="1.0" encoding="UTF-8"?>\n<A><Code>x</Code></A>\n', 'x'],
  ['\uFEFF<A><Code>x</Code></A>', 'x'],
  [`<a:A xmlns:a="u"><a:Code a:b="c>" d='e'>x</a:Code></a:A>`, 'x'],
  ['<A>\n <B/>\n <Code\n> x </Code ></A>', 'x'],
  ['<Code> x &amp; &lt;y&gt; &quot;&apos; &#65;&#x42; &#x1F600;</Code>', `x & <y> "' AB 😀`],
  ['<Code>&amp;lt;</Code>', '&lt;'],
  ['<Code></Code>', ''],
  ['<A><Code>first</Code><Code>second</Code></A>', 'first'],
])('%s', (document, text) => {
  expect(code(document)).toBe(text);
});

test.each([
  ['an entity of its own', '<!DOCTYPE a [<!ENTITY e "x">]><Code>&e;</Code>'],
  ['an external one', '<!DOCTYPE a SYSTEM "file:///etc/passwd"><Code>x</Code>'],
  ['a billion laughs', '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><Code>&b;</Code>'],
  ['an entity that is not known', '<Code>&other;</Code>'],
  ["one of the object's own names", '<Code>&constructor;</Code>'],
  ['a bare ampersand', '<Code>a & b</Code>'],
  ['a reference that does not end', '<Code>&#65</Code>'],
  ['NUL', '<Code>&#0;</Code>'],
  ['half a surrogate pair', '<Code>&#xD800;</Code>'],
  ['a character beyond Unicode', '<Code>&#x110000;</Code>'],
  ['CDATA', '<Code><![CDATA[x]]></Code>'],
  ['a comment', '<Code><!-- x --></Code>'],
  ['a processing instruction', '<Code><?php x ?></Code>'],
  ['an end that is missing', '<A><Code>x</Code>'],
  ['an end that is cut', '<A><Code>x</Co'],
  ['an end of another', '<A><Code>x</A></Code>'],
  ['an end too many', '<Code>x</Code></Code>'],
  ['two roots', '<Code>x</Code><Code>y</Code>'],
  ['text outside', 'x<Code>y</Code>'],
  ['text after', '<Code>x</Code>y'],
  ['an attribute without quotes', '<Code a=b>x</Code>'],
  ['an attribute of an end', '<Code>x</Code a="b">'],
  ['HTML', '<!doctype html><html><body>Sign in<br></body></html>'],
  ['JSON', '{"Code":"x"}'],
  ['nothing', ''],
  ['a tower', `${'<a>'.repeat(100)}<Code>x</Code>${'</a>'.repeat(100)}`],
])('%s is refused', (_name, document) => {
  expect(readXml(document)).toBeUndefined();
});

test('what is long and wrong is refused in no time', () => {
  const started = performance.now();
  for (const long of [
    `<Code ${'a="b" '.repeat(20_000)}`,
    `<Code ${' '.repeat(100_000)}`,
    '<a'.repeat(50_000),
    `<Code>${'&#x'.repeat(30_000)}</Code>`,
    `<Code ${'a '.repeat(50_000)}>`,
  ]) {
    expect(readXml(long)).toBeUndefined();
  }
  expect(performance.now() - started).toBeLessThan(1000);
});
