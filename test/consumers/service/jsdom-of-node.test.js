// What many set for jsdom, so that packages give it what they give Node.
const { observe } = require('./service');

test('signed calls come to what unsigned ones do', async () => {
  expect(typeof window).toBe('object');
  const { pairs } = await observe(['http']);
  expect(pairs.http[1]).toEqual(pairs.http[0]);
});
