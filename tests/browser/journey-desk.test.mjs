// The front desk asks for a private room and the lead comes; the lead sees who is at high risk and takes the task.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW, as, inWelsh, open } from './lib.mjs';
import { hands } from './hands.mjs';
import { signIn } from './sign-in.mjs';
import { asRole, disclosure, look, unfold } from './steps.mjs';

// What a list that others can see over a shoulder must never say.
const WHY = /abuse|violence|danger from|partner|afraid|ask for ani|\bani\b|police|injur|refuge/i;

/** Press the one neutral button of the front desk; gives what the screen then says. */
async function askForRoom(page, by) {
  await open(page, '/front-desk');
  await by.press('main form[action="/front-desk/room"] button');
  assert.ok(await page.locator('.govuk-notification-banner').isVisible());
  return page.locator('main').innerText();
}

const ways = [
  ['by keyboard alone', {}, { keyboard: true }],
  ['without JavaScript', { javaScript: false }, {}],
  ['on a narrow screen', { width: NARROW }, {}],
];
for (const [how, options, more] of ways) {
  test(`a private room is asked for, the lead comes, and nothing says why, ${how}`, async () => {
    await asRole('front desk', async (page) => {
      const words = await askForRoom(page, hands(page, more));
      assert.doesNotMatch(words, WHY);
      assert.match(words, /Private room requested/);
      await look(page, 'desk asked');
    }, options);
    await asRole('safety lead', async (page) => {
      const by = hands(page, more);
      await open(page, '/today');
      assert.doesNotMatch(await page.locator('main .tl-card').first().innerText(), WHY);
      await look(page, 'lead today');
      await by.press('main form[action$="/come"] button');
      await open(page, '/front-desk');
      // Every request that this test and others made is brought to its end.
      while (await page.locator('main form[action$="/over"] button').count()) {
        await by.press('main form[action$="/over"] button');
        await open(page, '/front-desk');
      }
      assert.match(await page.locator('main').innerText(), /No room is waiting/);
    }, options);
  });
}

test('the front desk in Welsh', async () => {
  await as({}, async (page) => {
    await signIn(page, 'front desk');
    await inWelsh(page, async () => {
      assert.doesNotMatch(await askForRoom(page, hands(page)), /cam-drin|trais|partner|ofn/i);
      await look(page, 'desk Welsh');
    });
  });
});

for (const [how, options, more, lang] of [
  ['by keyboard alone', {}, { keyboard: true }, 'en'],
  ['without JavaScript', { javaScript: false }, {}, 'en'],
  ['on a narrow screen, in Welsh', { width: NARROW }, {}, 'cy'],
]) test(`a high risk reaches the lead the same day, who takes the task, ${how}`, async () => {
  const name = `Bea ${Date.now()}`;
  await asRole('work coach', async (page) => {
    const by = hands(page);
    await open(page, '/today');
    const caseAt = await disclosure(page, by, { name });
    await open(page, `${caseAt}/risk`);
    await by.choose('band', 'high');
    await by.fill('reason', 'Invented threats.');
    await by.choose('by', 'me');
    await by.press('main form[action$="/risk"] button');
  });
  await asRole('safety lead', (page) => (lang === 'cy' ? inWelsh(page, () => lead(page)) : lead(page)), options);
  async function lead(page) {
    const by = hands(page, more);
    const says = async (words) => lang === 'cy' || assert.match(await page.locator('main').innerText(), words);
    await open(page, '/today');
    // The lists are long in a busy town: what is folded away is opened.
    await unfold(page);
    const row = page.locator('main .govuk-task-list__item', { hasText: name }).first();
    if (lang === 'en') assert.match(await row.innerText(), /Risk judged as high/);
    const task = page.locator('main a[href^="/tasks/"]', { hasText: name }).first();
    assert.ok(await task.count(), 'no task names this person');
    await Promise.all([page.waitForEvent('load'), task.click()]);
    await look(page, 'lead task');
    await by.press('main form[action$="/take"] button');
    await says(/Somebody has taken this|You have it now/);
    await by.press('main form[action$="/finish"] button');
    await says(/Choose how it ended/);
    await by.choose('outcome', 'done');
    await by.press('main form[action$="/finish"] button');
    assert.equal(new URL(page.url()).pathname, '/today');
  }
});
