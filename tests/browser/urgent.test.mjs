// A record that is kept to others is opened because it cannot wait: what whoever opens it reads first and sees while it is open, what a
// second person of another organisation learns, and the review by somebody else. In both languages, wide and narrow.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW, accessible, fits, inWelsh, open, screenshot, stepUp } from './lib.mjs';
import { hands } from './hands.mjs';
import { openedUrgently, reviewOf } from './samples.mjs';
import { asRole } from './steps.mjs';

/** The page that is open, in every form in which somebody may meet it. */
async function looked(page, name) {
  const at = new URL(page.url()).pathname;
  await accessible(page, at);
  await screenshot(page, `${name} wide`);
  await page.setViewportSize({ width: NARROW, height: 700 });
  await fits(page);
  await screenshot(page, `${name} narrow`);
  await inWelsh(page, async () => {
    await open(page, at);
    await fits(page);
    await accessible(page, `${at} in Welsh`);
    await screenshot(page, `${name} welsh`);
  });
  await page.setViewportSize({ width: 1280, height: 900 });
  await open(page, at);
}

test('whoever is on duty opens a kept record, every page says that it is open, and its worker reviews it', async () => {
  const opened = await openedUrgently();
  await asRole('safety lead', async (page) => {
    await stepUp(page);
    await open(page, opened.caseAt);
    assert.match(await page.locator('main').innerText(), /open to you until/);
    await looked(page, 'a record open for an hour');
    await open(page, '/today');
    assert.match(await page.locator('main').innerText(), /open to you until/);
    await open(page, opened.asking);
    assert.match(await page.locator('main').innerText(), new RegExp(opened.name));
    await looked(page, 'what is open');
  });
  await asRole('work coach', async (page) => {
    const by = hands(page);
    await open(page, await reviewOf(page, opened));
    assert.match(await page.locator('main').innerText(), /he is at the door/);
    await looked(page, 'a review');
    await by.choose('verdict', 'in_order');
    await by.fill('reason', 'He was at the door.');
    await by.press('main form[action$="/opened"] button');
    assert.equal(new URL(page.url()).pathname, '/today');
  });
});

test('a second person of another organisation learns who asks and why, and nothing of whom it is about', async () => {
  const name = `Zelda${Date.now()}`;
  let asking;
  await asRole('safety lead', async (page) => {
    const by = hands(page);
    await stepUp(page);
    await open(page, '/with-me/again');
    await Promise.all([page.waitForEvent('load'), page.locator('main a[href="/urgent-access"]').click()]);
    await looked(page, 'asking');
    await by.fill('name', name);
    await by.fill('reason', `${name} must be found tonight.`);
    await by.choose('how', 'second');
    await by.press('main form[action="/urgent-access"] button');
    assert.match(await page.locator('main').innerText(), /Take out names/);
    await by.fill('reason', 'A call from the ward: she must be found tonight.');
    await by.press('main form[action="/urgent-access"] button');
    asking = new URL(page.url()).pathname;
    await screenshot(page, 'waiting for a second person');
  });
  await asRole('Nerys Applegarth', async (page) => {
    const by = hands(page);
    await stepUp(page);
    await open(page, '/security');
    await Promise.all([page.waitForEvent('load'), page.locator('main a[href="/second-person"]').click()]);
    await looked(page, 'what waits for a second person');
    await by.press('main a[href^="/second-person/"]');
    const words = await page.locator('main').innerText();
    assert.match(words, /must be found tonight/);
    assert.ok(!words.includes(name), 'whom it is about is told');
    await looked(page, 'a second person');
    await by.press('main form[action$="/yes"] button');
  });
  await asRole('safety lead', async (page) => {
    const by = hands(page);
    await open(page, '/today');
    assert.equal(await page.locator(`main a[href="${asking}"]`).count(), 1);
    await stepUp(page);
    await open(page, asking);
    await looked(page, 'before it is opened');
    await by.press(`main form[action="${asking}/open"] button`);
    // Nobody bears this name: that is said only now.
    assert.match(await page.locator('main').innerText(), /Nobody at your site fits/);
  });
});
