// What nobody was asked for, in one press; what a service was told, changed after it was sent; words both ways; and whether there is room,
// in two presses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW, inWelsh, open } from './lib.mjs';
import { hands } from './hands.mjs';
import { asRole, disclosure, look, offers, sendTo, wordsAndWay } from './steps.mjs';

const NEED = 'emotional_support';
const ways = [
  ['by keyboard alone', {}, { keyboard: true }],
  ['without JavaScript', { javaScript: false }, {}],
  ['on a narrow screen', { width: NARROW }, {}],
];

for (const [how, options, more] of ways) {
  test(`one press says that nothing is worth sending, ${how}`, () =>
    asRole('work coach', async (page) => {
      const by = hands(page, more);
      await open(page, '/today');
      const caseAt = await disclosure(page, by, { name: `Gwen ${Date.now()}` });
      await open(page, `${caseAt}/needs/add`);
      await by.choose('need', NEED);
      await by.choose('told', 'told');
      await by.press('main form button');
      await offers(page, by, caseAt, NEED);
      await look(page, `nothing worth sending ${how}`);
      await by.press('main form[action$="/not-sent"]:not(details form) button[value=no_room]');
      const words = await page.locator('main').innerText();
      assert.match(words, /Nobody has room/);
      await look(page, `plan with an unmet need ${how}`);
      await open(page, caseAt);
      assert.match(await page.locator('main').innerText(), /Nobody has room/, 'the story does not say why');
    }, options));

  test(`what a service was told is changed after it was sent, and both write, ${how}`, async () => {
    const request = await asRole('work coach', async (page) => {
      const by = hands(page, more);
      const { request } = await sendTo(page, by, { name: `Hana ${Date.now()}`, need: NEED, to: 'Peckham Lantern Advocacy' });
      await open(page, request);
      await by.press('main a[href$="/change"]');
      await look(page, `change lines ${how}`);
      const ticked = page.locator('main input[name=item][value=statement]');
      assert.ok(await ticked.isChecked(), 'what they read now is not ticked');
      await by.tick('item', 'statement', false);
      await by.press('main form[action$="/change"] button');
      await by.choose('alone', 'yes');
      await by.choose('agreed', 'spoken');
      await by.choose('rests', 'agreed');
      await look(page, `change looked at ${how}`);
      await by.press('main form[action$="/change/send"] button');
      const words = await page.locator('main').innerText();
      assert.match(words, /The worker changed what was told/);
      await look(page, `changed ${how}`);
      return request;
    }, options);
    const theirs = request.replace('/referrals/', '/requests/');
    await asRole('partner worker', async (page) => {
      const by = hands(page, more);
      await open(page, theirs);
      const words = await page.locator('main').innerText();
      assert.match(words, /The worker changed what was told/);
      assert.doesNotMatch(words, /I want to talk to somebody/, 'what was taken away is still read');
      await by.fill('question', 'She came on Monday.');
      await by.press('main form[action$="/ask"] button[value=nothing]');
      assert.match(await page.locator('main').innerText(), /She came on Monday\./);
      await look(page, `partner wrote ${how}`);
      await inWelsh(page, async () => {
        await open(page, theirs);
        await look(page, `partner wrote Welsh ${how}`);
      });
    }, options);
    await asRole('work coach', async (page) => {
      // That it is a task too is tested with the clocks: a busy day shows the first of many.
      await open(page, request);
      assert.match(await page.locator('main').innerText(), /She came on Monday\./);
    });
  });
}

test('whether there is room is said in two presses, without JavaScript', () =>
  asRole('partner worker', async (page) => {
    const by = hands(page);
    await open(page, '/inbox');
    await by.press('nav a[href="/room-for-people"]');
    await look(page, 'room for people');
    await by.press('main form button[value="wait-2"]');
    assert.match(await page.locator('main').innerText(), /You said: Wait: up to 2 weeks/);
    await look(page, 'room said');
    await by.press('main form button[value=now]');
    await inWelsh(page, async () => {
      await open(page, '/room-for-people');
      await look(page, 'room said Welsh');
    });
  }, { javaScript: false, width: NARROW }));
