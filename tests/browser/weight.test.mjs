// What a first visit weighs: everything that a browser with an empty cache fetches, as it travels. 60 kB open on an old telephone
// and a bad line within a few seconds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { as, open } from './lib.mjs';
import { signIn } from './sign-in.mjs';
import { sendFind } from './steps.mjs';

const MOST = 60_000;

/** Run `go` with an empty cache; gives what travelled, in bytes with headers: `{ total, each: [[path, bytes, encoding]] }`. */
async function weigh(page, go) {
  const wire = await page.context().newCDPSession(page);
  await wire.send('Network.enable');
  await wire.send('Network.clearBrowserCache');
  const seen = new Map();
  wire.on('Network.responseReceived', ({ requestId, response }) => {
    const encoding = Object.entries(response.headers).find(([name]) => name.toLowerCase() === 'content-encoding')?.[1];
    seen.set(requestId, { path: new URL(response.url).pathname, encoding, bytes: 0 });
  });
  wire.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (seen.has(requestId)) seen.get(requestId).bytes = encodedDataLength;
  });
  await go();
  await page.waitForLoadState('networkidle');
  const each = [...seen.values()];
  return { each, total: each.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function insist({ each, total }, what) {
  const told = each.map(({ path, bytes, encoding }) => `${bytes} ${encoding ?? 'as it is'} ${path}`).join('\n');
  assert.ok(each.some(({ path }) => path.endsWith('.css')), `the style was not fetched:\n${told}`);
  assert.ok(each.every(({ bytes }) => bytes > 0), `something weighs nothing:\n${told}`);
  assert.ok(total <= MOST, `${what} weighs ${total} bytes:\n${told}`);
  for (const { path, bytes, encoding } of each) {
    assert.ok(bytes < 1_500 || encoding, `${path} travels as it is (${bytes} bytes)`);
  }
}

test('the first load is small', async (t) => {
  for (const path of ['/', '/sign-in', '/find-help']) {
    await t.test(path, () => as({}, async (page) => {
      const all = await weigh(page, () => open(page, path));
      t.diagnostic(`${path}: ${all.total} bytes in ${all.each.length} answers`);
      insist(all, path);
    }));
  }
  await t.test('/today, on a busy day', () => as({}, async (page) => {
    await signIn(page, 'work coach');
    const all = await weigh(page, () => open(page, '/today'));
    t.diagnostic(`/today: ${all.total} bytes in ${all.each.length} answers`);
    insist(all, '/today');
  }));
  await t.test('what was found', () => as({}, async (page) => {
    // The answer to the form, with all that belongs to it, as if nothing had been kept.
    const all = await weigh(page, await sendFind(page, '/find-help', { place: 'Southwark', later: true }));
    t.diagnostic(`what was found: ${all.total} bytes in ${all.each.length} answers`);
    insist(all, 'what was found');
  }));
});
