// A service that was asked: with an account, and with a link and a code on an old phone. What it answers reaches the worker.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW, as, inWelsh, open } from './lib.mjs';
import { hands } from './hands.mjs';
import { signIn } from './sign-in.mjs';
import { asRole, confirmedAddress, found, linkIn, look, sendTo, unfold } from './steps.mjs';

/** The request of this person in the partner's inbox: found by opening those that arrived, newest last. */
const requestOf = (request) => request.replace('/referrals/', '/requests/');

/** Accept, with a name and a time; then the rules stand before the number. */
async function accept(page, by, form) {
  await by.choose('answer', 'accept');
  await by.fill('name', 'Esi');
  await by.fill('first', 'Tomorrow at ten');
  await by.press(`main form[action$="${form}"] button`);
}

function rulesFirst(words, lang = 'en') {
  const headings = lang === 'en' ? ['Read the rules before', 'Voicemail'] : [];
  const order = [...headings, 'Say it is the library.', '07700 900456'].map((part) => words.indexOf(part));
  assert.ok(order.every((at) => at >= 0), `something is missing (${order}): ${words.slice(0, 1500)}`);
  assert.deepEqual(order, [...order].sort((a, b) => a - b), 'the rules stand before the number');
}

const ways = [
  ['by keyboard alone', {}, { keyboard: true }],
  ['without JavaScript', { javaScript: false }, {}],
  ['on a narrow screen', { width: NARROW }, {}],
  ['in Welsh', {}, {}, 'cy'],
];
for (const [how, options, more, lang] of ways) {
  test(`a partner accepts by account, reaches them by the rules, and records what came of it, ${how}`, async () => {
    const { request } = await asRole('work coach', (page) =>
      sendTo(page, hands(page), { name: `Cai ${Date.now()}`, need: 'emotional_support', to: 'Peckham Lantern' }));
    await asRole('partner worker', (page) => (lang === 'cy' ? inWelsh(page, () => answered(page)) : answered(page)), options);
    async function answered(page) {
      const by = hands(page, more);
      await open(page, '/inbox');
      assert.ok(await page.locator(`main a[href="${requestOf(request)}"]`).count(), 'it is not in the inbox');
      await open(page, requestOf(request));
      assert.doesNotMatch(await page.locator('main').innerText(), /07700 900456/, 'a number before anybody accepted');
      await look(page, 'partner request');
      // Without an answer nothing is sent, and what is wrong is said.
      await by.press('main form[action$="/answer"] button');
      assert.ok(await page.locator('.govuk-error-summary').isVisible());
      await look(page, 'partner request errors');
      await accept(page, by, '/answer');
      assert.doesNotMatch(await page.locator('main').innerText(), /07700 900456/, 'a number before anybody said why');
      await look(page, 'partner accepted');
      await by.press('main a[href$="/reach"]');
      // Whoever has not proved themselves lately is asked to, and comes back.
      assert.equal(new URL(page.url()).pathname, '/step-up');
      await by.press('main form button:not([type=button])');
      await look(page, 'partner says why');
      await by.choose('reveal', 'first_contact');
      await by.press('main form[action$="/reach"] button');
      rulesFirst(await page.locator('main').innerText(), lang);
      await look(page, 'partner reached');
      await open(page, requestOf(request));
      for (const what of ['contact', 'started']) {
        await by.choose('outcome', what);
        await by.press('main form[action$="/outcome"] button');
      }
      await by.choose('outcome', 'ended');
      await by.select('why', 'finished');
      await by.choose('helped', 'yes');
      await by.press('main form[action$="/outcome"] button');
      assert.equal(new URL(page.url()).pathname, '/caseload');
    }
    await asRole('work coach', async (page) => {
      await open(page, request);
      const words = await page.locator('main').innerText();
      assert.match(words, /Did it help\?/);
      assert.match(words, /Esi/);
    });
  });
}

test('a partner’s no becomes the worker’s task, with another option and the same words', async () => {
  const { request, caseAt, service } = await asRole('work coach', (page) =>
    sendTo(page, hands(page), { name: `Dai ${Date.now()}`, need: 'emotional_support', to: 'Peckham Lantern' }));
  await as({}, async (page) => {
    await signIn(page, 'partner worker');
    await inWelsh(page, async () => {
      const by = hands(page);
      await open(page, requestOf(request));
      await look(page, 'partner request Welsh');
      await by.choose('answer', 'decline');
      await by.select('reason', 'no_capacity_or_no_space');
      await by.press('main form[action$="/answer"] button');
      assert.equal(new URL(page.url()).pathname, '/inbox');
    });
  });
  await asRole('work coach', async (page) => {
    const by = hands(page);
    await open(page, request);
    assert.match(await page.locator('main').innerText(), /Offer them the next option/);
    await look(page, 'coach declined');
    await open(page, '/today');
    await unfold(page);
    assert.ok(await page.locator('main a[href^="/tasks/"]', { hasText: 'Dai' }).count(), 'no task to offer the next option');
    // The page names at least one other service, and never the one that said no.
    await open(page, request);
    const declined = `${caseAt}/refer/${service}`;
    const named = await page.locator('main form[action*="/refer/"]').evaluateAll((all) => all.map((a) => a.getAttribute('action').replace('/ready', '')));
    assert.ok(named.length > 0, 'no alternative is named');
    assert.ok(!named.includes(declined), 'who said no is named as an alternative');
    // On to the finder with the need filled in: who said no is marked and comes after the others.
    await by.press('main form[action^="/find/for/"] button');
    assert.ok(await page.locator('main input[name=need][value=emotional_support]').isChecked(), 'the need is not filled in');
    const all = await found(page, by);
    const [another] = all;
    assert.notEqual(another.href, declined, 'the other option is the service that said no');
    const again = all.find((one) => one.href === declined);
    if (again) assert.match(again.words, /This service said no on/);
    await look(page, 'coach found after a no');
    await by.press(`main form[action="${another.href}/ready"] button`);
    assert.ok(!page.url().includes(service));
    assert.match(await page.locator('main').innerText(), /I want to talk to somebody\./, 'the statement is kept');
  });
});

const doors = [
  ['on an old phone', { javaScript: false, width: NARROW }, {}],
  ['by keyboard alone', {}, { keyboard: true }],
];
for (const [how, options, more] of doors) {
  test(`a partner without an account answers by link and code, ${how}`, async () => {
    const email = `duty.${Date.now()}@example.org`;
    const asked = { name: `Eli ${Date.now()}`, need: 'emotional_support', to: 'Peckham Kestrel' };
    const { service } = await asRole('work coach', (page) => sendTo(page, hands(page), asked));
    await confirmedAddress(service, email);
    const { request, code } = await asRole('work coach', (page) => sendTo(page, hands(page), { ...asked, name: `Eli2 ${Date.now()}` }));
    assert.match(code ?? '', /^\w{4} ?\w{4}$/, 'the sender is shown a code to read out');
    await as(options, async (page) => {
      const by = hands(page, more);
      const link = await linkIn(page, email);
      // A scanner that follows the link changes nothing.
      for (let i = 0; i < 3; i += 1) await open(page, link);
      await look(page, 'link code');
      await by.fill('code', 'AAAA 2222');
      await by.press('main form button');
      assert.match(await page.locator('.govuk-error-summary').innerText(), /not the code/);
      await look(page, 'link wrong code');
      // The same page in Welsh: what is wrong is said, and the way in stays.
      await inWelsh(page, async () => {
        await open(page, link);
        await by.fill('code', 'AAAA 3333');
        await by.press('main form button');
        assert.ok(await page.locator('.govuk-error-summary').isVisible());
        assert.doesNotMatch(await page.locator('main').innerText(), /not the code/);
        await look(page, 'link wrong code Welsh');
      });
      await open(page, link);
      await by.fill('code', code);
      await by.press('main form button');
      const words = await page.locator('main').innerText();
      assert.ok(words.includes('I want to talk to somebody.'), words.slice(0, 800));
      assert.ok(!words.includes('07700 900456'));
      await look(page, 'link request');
      await accept(page, by, '/answer');
      assert.ok(await page.locator('.govuk-panel').isVisible());
      await look(page, 'link accepted');
      await by.press('main form button');
      assert.ok(!(await page.content()).includes(code), 'the code stands on no page');
      assert.match(page.url(), /\/r\/[^/?#]+$/, 'nothing but the link is in the address');
      await look(page, 'link says why');
      await by.choose('reveal', 'first_contact');
      await by.press('main form[action$="/reach"] button');
      rulesFirst(await page.locator('main').innerText());
      await look(page, 'link reached');
      assert.deepEqual((await page.context().cookies()).filter(({ name }) => /session/.test(name)), [], 'nothing stays on a borrowed phone');
    });
    await asRole('work coach', async (page) => {
      await open(page, request);
      assert.match(await page.locator('main').innerText(), /Accepted by\s+Esi/);
    });
  });
}

for (const [how, options, lang] of [['by keyboard alone', {}], ['on a narrow screen without JavaScript', { javaScript: false, width: NARROW }], ['in Welsh', {}, 'cy']]) {
  test(`a service says where somebody can come and their worker sees it once, ${how}`, async () => {
    const { request } = await asRole('work coach', (page) =>
      sendTo(page, hands(page), { name: `Fay ${Date.now()}`, need: 'emotional_support', to: 'Peckham Lantern' }));
    const spoken = (page, body) => (lang ? inWelsh(page, body) : body());
    const more = { keyboard: how.includes('keyboard') };
    await asRole('partner worker', (page) => spoken(page, async () => {
      const by = hands(page, more);
      await open(page, requestOf(request));
      await accept(page, by, '/answer');
      await unfold(page);
      await by.fill('address', '41 Example Row');
      await by.press('main form[action$="/place"] button');
      assert.ok(await page.locator('.govuk-notification-banner').isVisible());
      assert.ok(!(await page.content()).includes('41 Example Row'), 'it stands where it was given');
      await unfold(page);
      await look(page, 'partner gave a place');
    }), options);
    await asRole('work coach', (page) => spoken(page, async () => {
      const by = hands(page, more);
      await open(page, request);
      await look(page, 'coach place waits');
      await by.press('main a[href$="/place"]');
      assert.equal(new URL(page.url()).pathname, '/step-up');
      await by.press('main form button:not([type=button])');
      await look(page, 'coach says why');
      await by.choose('reveal', 'tell_them');
      await by.press('main form[action$="/place"] button');
      assert.match(await page.locator('main').innerText(), /41 Example Row/);
      await look(page, 'coach sees a place');
      await open(page, request);
      assert.ok(!(await page.content()).includes('41 Example Row'), 'it is gone with the showing');
      assert.equal(await page.locator('main a[href$="/place"]').count(), 0);
    }), options);
  });
}
