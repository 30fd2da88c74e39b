// The person agrees in advance whom else to ask. When the first service says no, the next one is asked by itself, with the same lines,
// without anybody telling the story again; and the worker makes the same request ready for another one in one press.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { NARROW, inWelsh, open } from './lib.mjs';
import { hands } from './hands.mjs';
import { asRole, disclosure, look, offers, requestFor, wordsAndWay } from './steps.mjs';

const NEED = 'emotional_support';
const NEXT = 'Peckham Lantern Advocacy';

const ways = [
  ['by keyboard alone', {}, { keyboard: true }],
  ['without JavaScript', { javaScript: false }, {}],
  ['on a narrow screen', { width: NARROW }, {}],
];
for (const [how, options, more] of ways) {
  test(`who is next in line is asked by itself after a no, ${how}`, async () => {
    const name = `Ffion ${Date.now()}`;
    const sent = await asRole('work coach', async (page) => {
      const by = hands(page, more);
      await open(page, '/today');
      const caseAt = await disclosure(page, by, { name });
      await wordsAndWay(page, by, caseAt);
      const first = (await offers(page, by, caseAt, NEED)).find((one) => !one.name.includes(NEXT));
      await by.press(`main form[action="${first.href}/ready"] button`);
      await requestFor(page, by, { need: NEED, next: [NEXT], looked: true });
      await by.press('main a[href^="/referrals/"]');
      const request = new URL(page.url()).pathname;
      const row = page.locator('main .govuk-summary-list__row', { hasText: 'Next in line' });
      assert.equal(await row.count(), 1, 'who is next in line does not stand beside it');
      await look(page, 'line first');
      await open(page, await row.locator('a').getAttribute('href'));
      assert.match(await page.locator('main').innerText(), /has not been asked and sees nothing/);
      assert.equal(await page.locator('main form[action$="/answer"]').count(), 0, 'an answer of a service that was not asked');
      await look(page, 'line waits');
      await inWelsh(page, async () => {
        await open(page, new URL(page.url()).pathname);
        await look(page, 'line waits Welsh');
      });
      return { request, next: new URL(page.url()).pathname };
    }, options);

    const inbox = sent.next.replace('/referrals/', '/requests/');
    await asRole('partner worker', async (page) => {
      await page.goto(inbox);
      assert.doesNotMatch(await page.locator('main').innerText(), /I want to talk to somebody/, 'who is in line reads it');
    }).catch((error) => {
      // The page that is not there is the answer: the browser counts it among the problems.
      if (!/404/.test(String(error))) throw error;
    });

    await asRole('work coach', async (page) => {
      const by = hands(page, more);
      await open(page, sent.request);
      await by.choose('via', 'phone');
      await by.choose('answer', 'decline');
      await page.locator('[name=reason]').selectOption('no_capacity_or_no_space');
      await by.press('main form[action$="/answer"] button');
      // The clocks turn every few seconds.
      for (let turn = 0; ; turn += 1) {
        await open(page, sent.next);
        if (!(await page.locator('main .govuk-summary-list').first().innerText()).includes('Next in line')) break;
        assert.ok(turn < 60, `nobody was asked: ${await page.locator('main').innerText()}`);
        await sleep(500);
      }
      await look(page, 'line asked');
      // For another one the same request is ready in one press: what they would see stands there, and is agreed to afresh.
      await open(page, sent.request);
      const ready = page.locator('main form[action$="/ready"]').first();
      if (await ready.count()) {
        await by.press(`main form[action="${await ready.getAttribute('action')}"] button`);
        const words = await page.locator('main').innerText();
        assert.match(words, /I want to talk to somebody\./, 'the statement is not in it');
        assert.equal(await page.locator('main input[name=agreed]:checked').count(), 0, 'an agreement is filled in');
        await look(page, 'line same again');
      }
    }, options);

    await asRole('partner worker', async (page) => {
      await open(page, inbox);
      assert.match(await page.locator('main').innerText(), /I want to talk to somebody\./);
    });
  });
}
