// A work coach with twenty minutes: from "someone is with me" to a request that was sent, each line of it agreed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW, as, inWelsh, open } from './lib.mjs';
import { signIn } from './sign-in.mjs';
import { disclosure, look, requestFor } from './steps.mjs';
import { hands } from './hands.mjs';

async function walk(page, by, name) {
  await open(page, '/today');
  const caseAt = await disclosure(page, by, { name, looked: true });

  // Children first: the decision does not wait for anybody's consent.
  await by.press(`main a[href="${caseAt}/children"]`);
  await by.fill('chosen', 'Sam');
  await by.press('main form[action$="/children"] button');
  await by.choose('decision', 'referred');
  await look(page, 'coach child');
  await by.press('main form[action*="/children/"] button');
  await open(page, caseAt);

  // Right now: each card answered or put off.
  await by.press(`main a[href="${caseAt}/now/bed"]`);
  await by.choose('answer', 'unavailable');
  await by.press('main form[action$="/now/bed"] button');
  await by.press(`main a[href="${caseAt}/now/money"]`);
  await by.choose('answer', 'given');
  await by.choose('only_theirs', 'no');
  await by.choose('how', 'hand');
  await look(page, 'coach money');
  await by.press('main form[action$="/now/money"] button');
  await by.press(`main a[href="${caseAt}/now/essentials"]`);
  await by.choose('answer', 'declined');
  await by.press('main form[action$="/now/essentials"] button');

  // Risk: a band, a reason, a named judge; never a score.
  await by.press(`main a[href="${caseAt}/risk"]`);
  await by.press('main form[action$="/risk"] button');
  await look(page, 'coach risk errors');
  assert.ok(await page.locator('.govuk-error-summary').isVisible());
  await by.choose('band', 'high');
  await by.fill('reason', 'Threats this week. Invented.');
  await by.choose('by', 'me');
  await by.press('main form[action$="/risk"] button');
  await look(page, 'coach case high');

  // The person's own words, and a way to reach them.
  await open(page, `${caseAt}/plan`);
  await by.press(`main a[href="${caseAt}/words"]`);
  await by.fill('words', 'I need somewhere to sleep.\nDo not call my brother.\nI can travel.');
  await by.press('main form[action$="/words"] button');
  await open(page, `${caseAt}/contact`);
  await by.press(`main a[href="${caseAt}/contact/add"]`);
  await by.choose('channel', 'phone_mobile');
  await by.fill('value', '07700 900123');
  await by.choose('verdict', 'safe');
  await by.choose('answered_by', 'only_them');
  await by.choose('voicemail', 'no');
  await by.press('main form[action$="/contact/add"] button');
  await look(page, 'coach contact');

  // Find, with the case along; then strike a line out, see exactly what goes, and send.
  await open(page, `${caseAt}/plan`);
  await by.press(`main a[href^="/find/for/"]`);
  await by.tick('need', 'safe_accommodation');
  await by.press('main form[action="/find"] button:not([name])');
  await look(page, 'coach found');
  await by.press('main form[action*="/refer/"] button');
  const sent = await requestFor(page, by, { need: 'safe_accommodation', strike: 2, looked: true });
  assert.ok(!sent.preview.includes('Do not call my brother.'), 'a line that was struck out is in the preview');
  assert.ok(sent.preview.includes('I need somewhere to sleep.'), sent.preview);
  await look(page, 'coach sent');
  await by.press('main a[href^="/referrals/"]');
  const kept = await page.locator('main').innerText();
  assert.ok(kept.includes('I can travel.') && !kept.includes('Do not call my brother.'), 'what they see is not what was agreed');
  await look(page, 'coach request');

  // What this has left behind: nothing of it in any address, and it waits on the list of today.
  assert.match(page.url(), /\/referrals\/[^/?#]+$/);
}

const ways = [
  ['by keyboard alone', {}, { keyboard: true }],
  ['without JavaScript', { javaScript: false }, {}],
  ['on a narrow screen', { width: NARROW }, {}],
];
for (const [how, options, more] of ways) {
  test(`a work coach hears, helps and sends, ${how}`, async () => {
    await as(options, async (page) => {
      await signIn(page, 'work coach');
      await walk(page, hands(page, more), `Ada ${Date.now()}`);
    });
  });
}

test('a work coach hears, helps and sends, in Welsh', async () => {
  await as({}, async (page) => {
    await signIn(page, 'work coach');
    await inWelsh(page, () => walk(page, hands(page), `Ada Cymraeg ${Date.now()}`));
  });
});

test('somebody who was here before is recognised, and need not tell it twice', async () => {
  await as({}, async (page) => {
    await signIn(page, 'work coach');
    const by = hands(page);
    const name = `Fay ${Date.now()}`;
    await open(page, '/today');
    const first = await disclosure(page, by, { name });
    await open(page, '/today');
    const again = await disclosure(page, by, { name, before: true });
    assert.equal(again, first);
  });
});

test('whoever told and wants no plan is not let go around the guards', async () => {
  await as({}, async (page) => {
    await signIn(page, 'work coach');
    const by = hands(page);
    await open(page, '/with-me');
    await by.press('main button[name=mode][value=in_person]');
    await by.choose('alone', 'yes');
    await by.choose('overheard', 'nobody');
    await by.choose('interpreter', 'none');
    await by.press('main form[action$="/first"] button');
    await by.choose('heard', 'told');
    await by.press('main button[name=then][value=end]');
    for (const [kind, answer] of [['bed', 'unavailable'], ['money', 'given'], ['essentials', 'declined']]) await by.choose(kind, answer);
    await by.choose('only_theirs', 'no');
    await by.choose('how', 'hand');
    await by.choose('children', 'yes');
    await look(page, 'coach close told');
    await by.press('main button[name=ending][value=close]');
    assert.ok(await page.locator('.govuk-error-summary').isVisible(), 'children without a decision were let go');
    await look(page, 'coach close errors');
    await by.choose('decision', 'referred');
    await by.press('main button[name=ending][value=close]');
    assert.equal(new URL(page.url()).pathname, '/today');
  });
});

test('what is not known to be safe is an ordinary appointment', async () => {
  await as({}, async (page) => {
    await signIn(page, 'work coach');
    const by = hands(page);
    await open(page, '/with-me');
    await by.press('main button[name=mode][value=telephone]');
    await by.choose('alone', 'not_sure');
    await by.press('main form[action$="/first"] button');
    await look(page, 'coach ordinary');
    assert.doesNotMatch(await page.locator('main').innerText(), /abuse|violence|signs|afraid/i);
  });
});

test('"I called 999" is one press away on every page, and nothing else is asked', async () => {
  await as({ javaScript: false }, async (page) => {
    await signIn(page, 'work coach');
    for (const path of ['/find', '/with-me/again']) {
      await open(page, path);
      const field = page.locator('main input[type=text]').first();
      await field.fill('half-way through');
      const [tab] = await Promise.all([
        page.context().waitForEvent('page'),
        page.locator('header form[action="/emergency/called"] button').click(),
      ]);
      assert.match(await tab.locator('.govuk-notification-banner').innerText(), /recorded that you called 999/);
      await tab.close();
      assert.equal(await field.inputValue(), 'half-way through', 'nothing that was typed is lost');
    }
    for (const path of ['/today', '/cases', '/front-desk']) {
      await open(page, path);
      await page.locator('form[action="/emergency/called"] button').click();
      assert.equal(new URL(page.url()).pathname, path, 'nobody loses their place for having called');
      assert.match(await page.locator('.govuk-notification-banner').innerText(), /recorded that you called 999/);
    }
    await open(page, '/emergency');
    await look(page, 'coach emergency', { axe: false });
    await page.locator('main form[action="/emergency/called"] button').click();
    assert.match(await page.locator('.govuk-notification-banner').innerText(), /recorded that you called 999/);
  });
});
