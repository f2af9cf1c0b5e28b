import { expect, test } from 'vitest';

import { orAborted } from '@sigv4/signer/client';

test('what is there is given, and a signal that is aborted meanwhile counts all the same', async () => {
  const { signal } = new AbortController();
  expect(await orAborted(Promise.resolve(1), signal)).toBe(1);
  await expect(orAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  const controller = new AbortController();
  const arriving = (async () => {
    await Promise.resolve();
    controller.abort();
    return 1;
  })();
  await expect(orAborted(arriving, controller.signal)).rejects.toThrow(/abort/);
  await expect(orAborted(Promise.resolve(1), controller.signal)).rejects.toThrow(/abort/);
});

test('an abort ends the wait for what never comes', async () => {
  const controller = new AbortController();
  const waiting = orAborted(new Promise(() => {}), controller.signal);
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  controller.abort();
  await expect(waiting).rejects.toThrow(/abort/);
});
