import { expect, test } from 'vitest';

import { elementText } from '../src/sts-answer.ts';

test.each([
  ['<A><Code>x</Code></A>', 'x'],
  ['<a:A xmlns:a="u"><a:Code a:b="c">x</a:Code></a:A>', 'x'],
  ['<Code> x &amp; &lt;y&gt; &quot;&apos; &#65;&#x42; </Code>', `x & <y> "' AB`],
  ['<Code>&other; &#x110000; &constructor;</Code>', '&other; &#x110000; &constructor;'],
  ['<Code></Code>', ''],
  ['<Codes>x</Codes>', undefined],
  ['<Code><b>x</b></Code>', undefined],
  ['<Code>x', undefined],
  ['', undefined],
  ['<!DOCTYPE a [<!ENTITY e "x">]><Code>&e;</Code>', undefined],
  ['<Code><![CDATA[x]]></Code>', undefined],
  [`<Code>x</Code>${' '.repeat(1_000_000)}`, undefined],
])('%.40s', (xml, text) => {
  expect(elementText(xml, 'Code')).toBe(text);
});
