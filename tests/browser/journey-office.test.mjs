// Those who keep the service right: the directory steward, the security officer, the administrator.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW, as, inWelsh, open, stepUp, visitor } from './lib.mjs';
import { hands } from './hands.mjs';
import { signIn } from './sign-in.mjs';
import { asRole, join, linkIn, look } from './steps.mjs';

/** A small feed in Open Referral UK: one good row, one to repair, one whose address must not be stored. */
const feed = (mark) => JSON.stringify([
  { id: `a-${mark}`, name: `Harbour Advice ${mark}`, status: 'active', description: '<b>Free</b> advice', email: 'hello@example.org', organization: { id: `o-${mark}`, name: 'Harbour' } },
  { id: `b-${mark}`, name: `Quiet refuge ${mark}`, status: 'active', description: 'For women fleeing domestic abuse', email: 'quiet@example.org', organization: { id: `o-${mark}`, name: 'Harbour' }, service_at_locations: [{ id: `l-${mark}`, location: { id: `p-${mark}`, location_type: 'physical', latitude: 51.4, longitude: -0.1, addresses: [{ id: `d-${mark}`, address_1: '1 Hidden Row', city: 'London', state_province: 'London', postal_code: 'SE15 0ZZ', country: 'GB', address_type: 'physical' }] } }] },
]);

const ways = [
  ['with JavaScript', {}, {}],
  ['by keyboard alone', {}, { keyboard: true }],
  ['without JavaScript', { javaScript: false }, {}],
  ['on a narrow screen', { width: NARROW }, {}],
  ['in Welsh', {}, {}, 'cy'],
];
const speaking = (lang, page, body) => (lang === 'cy' ? inWelsh(page, body) : body());
for (const [how, options, more, lang] of ways) {
  test(`a steward imports a feed, and what is dangerous waits for them alone, ${how}`, async () => {
    await asRole('directory steward', (page) => speaking(lang, page, async () => {
      const by = hands(page, more);
      const mark = String(Date.now());
      await open(page, '/steward');
      await by.press('main a[href="/steward/import"]');
      await by.press('main form button');
      assert.ok(await page.locator('.govuk-error-summary').isVisible());
      await look(page, 'steward import errors');
      const give = async (name, text) => page.locator('#file').setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
      await by.fill('feed', `Feed ${mark}`);
      await give('feed.json', 'not a feed at all');
      await by.press('main form button');
      assert.ok(await page.locator('.govuk-error-summary').isVisible(), 'a file that is no feed is refused');
      await by.fill('feed', `Feed ${mark}`);
      await give('feed.json', feed(mark));
      await by.press('main form button');
      await open(page, '/steward');
      const page1 = await page.locator('main').innerText();
      assert.match(page1, new RegExp(`Feed ${mark}`));
      assert.doesNotMatch(page1, /Hidden Row/);
      await look(page, 'steward queue');
      const row = page.locator('main tr', { hasText: `Feed ${mark}` }).locator('a[href^="/steward/rows/"]').first();
      assert.ok(await row.count(), 'nothing was set aside');
      // What was set aside is shown only after proof, and the proof leads back to it.
      const href = await row.getAttribute('href');
      await by.press(`main a[href="${href}"]`);
      if (page.url().includes('/step-up')) {
        await by.press('main form button:not([type=button])');
        assert.equal(new URL(page.url()).pathname, href);
      }
      assert.match(await page.locator('main').innerText(), /Hidden Row/);
      await look(page, 'steward row');
      await by.press('main button[name=decision]:not(.govuk-button--warning)');
      if (page.url().includes('/step-up')) {
        await by.press('main form button:not([type=button])');
        await by.press('main button[name=decision]:not(.govuk-button--warning)');
      }
      assert.ok(await page.locator('.govuk-notification-banner').isVisible());
    }), options);
  });
}

test('a security officer sees what happened and verifies that the record is whole', async () => {
  for (const [options, more] of [[{}, {}], [{}, { keyboard: true }], [{ javaScript: false }, {}], [{ width: NARROW }, {}]]) {
    await asRole('security officer', async (page) => {
      const by = hands(page, more);
      await open(page, '/security');
      const words = await page.locator('main').innerText();
      assert.doesNotMatch(words, /07700|I want to talk|library/, 'the record of access holds no content');
      await by.press('main form[action="/security/check"] button');
      assert.match(await page.locator('main').innerText(), /whole|nothing was changed/i);
      await look(page, 'security checked');
      await by.press('main a[href="/security"]');
      await by.press('main a[href^="/security/people/"]');
      await look(page, 'security person');
    }, options);
  }
});

/** A service that no partner answers for yet: the administrator looks for it by name. */
async function toJoin(page, by, nth) {
  await stepUp(page);
  await open(page, '/admin/partners');
  await by.fill('name', 'kestrel');
  await by.press('main form[action="/admin/partners"] button');
  const services = await page.locator('main ul a[href^="/admin/partners/"]').evaluateAll((all) => all.map((a) => a.getAttribute('href')));
  assert.ok(services.length > nth, `only ${services.length} services were found`);
  await by.press(`main a[href="${services[nth]}"]`);
  return services[nth];
}

const joins = [
  ['by keyboard alone', {}, { keyboard: true }, 'en'],
  ['without JavaScript', { javaScript: false }, {}, 'en'],
  ['on a narrow screen, in Welsh', { width: NARROW }, {}, 'cy'],
];
for (const [nth, [how, options, more, lang]] of joins.entries()) {
  test(`two administrators let a partner in, and its first person signs in, ${how}`, async () => {
    const email = `first.${nth}.${Date.now()}@partner.example`;
    const place = await asRole('administrator', (page) => speaking(lang, page, async () => {
      const by = hands(page, more);
      const at = await toJoin(page, by, nth);
      const send = `main form[action="${at}"] button`;
      await by.press(send);
      assert.ok(await page.locator('.govuk-error-summary').isVisible(), 'what is missing is said');
      await look(page, 'partner join errors');
      await by.fill('name', `Harbour Money ${nth} ${Date.now()}`);
      await by.select('kind', 'charity');
      await by.select('nation', 'wales');
      await by.fill('person', 'Sam Rowan');
      await by.fill('email', email);
      await by.tick('called_back', 'yes');
      await by.press(send);
      assert.ok(await page.locator('.govuk-notification-banner').isVisible(), await page.locator('main').innerText());
      assert.equal(await page.locator('main form[action$="/confirm"]').count(), 0, 'whoever proposed it does not confirm it');
      await look(page, 'partner join proposed');
      return at;
    }), options);
    await asRole('Hannah Osterley', (page) => speaking(lang, page, async () => {
      const by = hands(page, more);
      await stepUp(page);
      await open(page, place);
      assert.match(await page.locator('main').innerText(), new RegExp(email));
      await by.press('main form[action$="/confirm"] button');
      assert.ok(await page.locator('.govuk-notification-banner').isVisible());
      await look(page, 'partner joined');
    }), options);
    await as(options, (page) => speaking(lang, page, async () => {
      const by = hands(page, more);
      await open(page, await linkIn(page, email, '/welcome/'));
      await look(page, 'partner welcome');
      await by.fill('password', 'a third long invented sentence');
      await by.press('main form button:not([type=button])');
      await by.fill('email', email);
      await by.fill('password', 'a third long invented sentence');
      await by.press('main form[action="/sign-in"] button:not([type=button])');
      assert.equal(new URL(page.url()).pathname, '/admin');
      await look(page, 'partner first page');
    }));
  });
}

test('a joiner, a mover and a leaver: access begins, changes and ends on the next click', async () => {
  const email = `joiner.${Date.now()}@example.org`;
  const name = `Kit ${Date.now()}`;
  const password = 'another long invented sentence';
  const link = await asRole('administrator', async (page) => {
    const by = hands(page);
    await open(page, '/admin/people/new');
    await by.press('main form button');
    assert.ok(await page.locator('.govuk-error-summary').isVisible());
    await look(page, 'admin joiner errors');
    const at = await join(page, { name, email });
    await look(page, 'admin welcome');
    return at;
  });
  const { page: own, problems, close } = await visitor();
  try {
    await open(own, link);
    await own.locator('#password').fill('short');
    await own.locator('main form button:not([type=button])').last().click();
    assert.match(await own.locator('.govuk-error-summary').innerText(), /at least 12/);
    await look(own, 'welcome errors');
    await own.locator('#password').fill(password);
    await own.locator('main form button:not([type=button])').last().click();
    await own.locator('#email').fill(email);
    await own.locator('#password').fill(password);
    await own.locator('main form[action="/sign-in"] button:not([type=button])').click();
    await own.waitForURL('**/today');
    // The link is used up.
    await asRole('front desk', async (page) => {
      await open(page, link);
      assert.equal(await page.locator('#password').count(), 0);
    });
    const person = await asRole('administrator', async (page) => {
      for (let at = 1; ; at += 1) {
        await open(page, `/admin?page=${at}`);
        const found = page.locator('main a', { hasText: name });
        if (await found.count()) return found.getAttribute('href');
        assert.ok(await page.locator('main .govuk-pagination__next').count(), 'whoever joined is on one of the pages');
      }
    });
    await asRole('administrator', async (page) => {
      const by = hands(page, { keyboard: true });
      await open(page, person);
      await by.select('role', 'front_desk');
      await by.press('main form[action$="/move"] button');
      assert.ok(await page.locator('.govuk-notification-banner').isVisible());
    });
    // On the next click the old session is over, and what the old role could see is gone.
    await own.goto('/cases');
    assert.equal(new URL(own.url()).pathname, '/sign-in');
    await own.locator('#email').fill(email);
    await own.locator('#password').fill(password);
    await own.locator('main form[action="/sign-in"] button:not([type=button])').click();
    await own.waitForURL('**/front-desk');
    await open(own, '/cases', 404);
    await look(own, 'not found');
    await asRole('administrator', async (page) => {
      await open(page, person);
      await look(page, 'admin person');
      await page.locator('main form[action$="/end"] button').click();
      assert.ok(await page.locator('.govuk-notification-banner').isVisible());
      await open(page, person);
      assert.match(await page.locator('main').innerText(), /Left/i);
      await look(page, 'admin person left');
    }, { javaScript: false });
    await own.goto('/front-desk');
    assert.equal(new URL(own.url()).pathname, '/sign-in');
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
});

test('an administrator lets a program in, in Welsh and on a narrow screen, and out again', async () => {
  await as({ width: NARROW }, async (page) => {
    await signIn(page, 'administrator');
    await inWelsh(page, async () => {
      const by = hands(page);
      await page.goto('/admin/programs/new');
      await look(page, 'admin step up');
      await page.locator('main form button:not([type=button])').last().click();
      assert.equal(new URL(page.url()).pathname, '/admin/programs/new', 'the proof leads back');
      await by.fill('name', `Program ${Date.now()}`);
      await page.locator('main input[name=scopes]').first().check();
      await by.press('main form[action="/admin/programs/new"] button');
      await look(page, 'admin secret');
      await open(page, '/admin/programs');
      await look(page, 'admin programs');
      await by.press('main form[action$="/revoke"] button');
      assert.ok(await page.locator('.govuk-notification-banner').isVisible());
    });
  });
});

test('D6 somebody who walks away locks the screen, and only they come back to the page', async () => {
  await as({}, async (page) => {
    await signIn(page, 'work coach');
    await open(page, '/cases');
    assert.ok(await page.locator('form[action="/lock"] button').count(), 'nobody can lock their screen');
    await Promise.all([page.waitForEvent('load'), page.locator('form[action="/lock"] button').click()]);
    assert.doesNotMatch(await page.locator('body').innerText(), /Rhian|Riverside/);
    await look(page, 'locked');
    await page.goto('/cases');
    assert.equal(new URL(page.url()).pathname, '/locked');
    await page.locator('main form[action="/locked"] button:not([type=button])').click();
    assert.equal(new URL(page.url()).pathname, '/cases');
    await stepUp(page);
  });
});
