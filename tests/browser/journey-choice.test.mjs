// Two services are asked for the same need, and both say yes: nothing is decided for the person. The worker sees both, asks, and
// records whom they choose; the other service is told, and can read nothing more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW, inWelsh, open } from './lib.mjs';
import { hands } from './hands.mjs';
import { asRole, look, offers, requestFor, sendTo, unfold } from './steps.mjs';

const NEED = 'emotional_support';

/** Records an acceptance that came by telephone. */
async function acceptedByPhone(page, by, request) {
  await open(page, request);
  await by.choose('via', 'phone');
  await by.choose('answer', 'accept');
  await by.fill('name', 'Esi');
  await by.press('main form[action$="/answer"] button');
  assert.ok(await page.locator('.govuk-notification-banner').isVisible(), await page.locator('main').innerText());
}

/** The state that stands beside the other service. */
const beside = (page) => page.locator('main .govuk-summary-list__row', { has: page.locator('a[href^="/referrals/"]') }).allInnerTexts();

const ways = [
  ['by keyboard alone', {}, { keyboard: true }],
  ['without JavaScript', { javaScript: false }, {}],
  ['on a narrow screen', { width: NARROW }, {}],
];
for (const [how, options, more] of ways) {
  test(`two services say yes, the first is not chosen by being first, and the person chooses, ${how}`, async () => {
    const name = `Gwen ${Date.now()}`;
    const first = await asRole('work coach', (page) => sendTo(page, hands(page), { name, need: NEED, to: 'Peckham Lantern' }));
    const second = await asRole('work coach', async (page) => {
      const by = hands(page);
      const other = (await offers(page, by, first.caseAt, NEED)).find((offer) => !offer.href.endsWith(first.service));
      await open(page, other.href);
      await requestFor(page, by, { need: NEED });
      return { name: other.name, request: await page.locator('main a[href^="/referrals/"]').getAttribute('href') };
    });
    const inbox = first.request.replace('/referrals/', '/requests/');

    // The first says yes by itself: the second is held, and a task says what to ask.
    await asRole('partner worker', async (page) => {
      const by = hands(page);
      await open(page, inbox);
      await by.choose('answer', 'accept');
      await by.fill('name', 'Rhian');
      await by.press('main form[action$="/answer"] button');
    });
    await asRole('work coach', async (page) => {
      const by = hands(page, more);
      await open(page, second.request);
      assert.match(await page.locator('main').innerText(), /Another service said yes\./);
      assert.match((await beside(page)).join(), /Peckham Lantern[^]*Accepted/);
      await look(page, 'choice held');
      await open(page, '/today');
      // Without JavaScript what is folded away is in the page all the same.
      await unfold(page).catch(() => {});
      const task = page.locator('main a[href^="/tasks/"]', { hasText: name }).filter({ hasText: 'Ask which offer they choose' });
      assert.ok(await task.count(), 'nobody is told to ask which one they choose');
      await open(page, await task.first().getAttribute('href'));
      assert.match(await page.locator('main').innerText(), /Ask which offer they choose/);
      // They have not decided: the second is asked again, and says yes as well.
      await open(page, second.request);
      await by.press('main form[action$="/ask-again"] button');
      assert.match(await page.locator('.govuk-notification-banner').innerText(), /Asked again\./);
      await acceptedByPhone(page, by, second.request);
      const both = await beside(page);
      assert.match(both.join(), /Peckham Lantern[^]*Accepted/, 'the second yes took the first one away');
      await look(page, 'choice two accepted');
      await inWelsh(page, async () => {
        await open(page, first.request);
        await look(page, 'choice two accepted Welsh');
      });
      // Either may be chosen: here it is the one that was second.
      for (const request of [first.request, second.request]) {
        await open(page, request);
        assert.ok(await page.locator('main form[action$="/choose"] button').count(), `${request} cannot be chosen`);
      }
      await by.press('main form[action$="/choose"] button');
      assert.match(await page.locator('.govuk-notification-banner').innerText(), /The other requests were taken back\./);
      assert.deepEqual(await beside(page), [], 'another request is still open');
      await look(page, 'choice made');
      await open(page, first.request);
      assert.match(await page.locator('main').innerText(), /Taken back/);
      assert.equal(await page.locator('main form[action$="/choose"]').count(), 0, 'what was taken back can still be chosen');
    }, options);

    // Who was not chosen sees nothing of the person any more.
    await asRole('partner worker', async (page) => {
      const answer = await page.goto(inbox);
      const words = await page.locator('main').innerText();
      assert.doesNotMatch(words, /07700 900456|I want to talk to somebody/, `${answer.status()}: the packet is still open`);
    });
  });
}
