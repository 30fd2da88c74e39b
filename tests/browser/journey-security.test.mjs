// Somebody who may not opens a record: they see what does not exist, the security officer sees who tried, and the person's own
// worker sees who has looked. Nowhere does it say whose record it was.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW, as, inWelsh, open, visitor } from './lib.mjs';
import { hands } from './hands.mjs';
import { signIn } from './sign-in.mjs';
import { asRole, disclosure, join, look } from './steps.mjs';

const PASSWORD = 'a long invented sentence';

/** Signs in with the password, on the page that is open. */
async function withPassword(page, email) {
  await page.locator('#email').fill(email);
  await page.locator('#password').fill(PASSWORD);
  await Promise.all([page.waitForEvent('load'), page.locator('main form[action="/sign-in"] button:not([type=button])').click()]);
}

/** A coach of another site has joined: `body(page)` as them. */
async function elsewhere({ name, email }, body) {
  const link = await asRole('administrator', (page) => join(page, { name, email, site: 'last' }));
  const { page, problems, close } = await visitor();
  try {
    await open(page, link);
    await page.locator('#password').fill(PASSWORD);
    await page.locator('main form button:not([type=button])').last().click();
    await withPassword(page, email);
    assert.equal(new URL(page.url()).pathname, '/today');
    await body(page);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
}

/** The rows of the table with this caption that hold a name, as words. */
const rows = (page, caption, name) => page.locator('main table', { hasText: caption }).locator('tbody tr', { hasText: name }).allInnerTexts();

const ways = [
  ['by keyboard alone', {}, { keyboard: true }],
  ['without JavaScript', { javaScript: false }, {}],
  ['on a narrow screen', { width: NARROW }, {}],
];
for (const [how, options, more] of ways) {
  test(`who tried to open a record is seen by the security officer, and who opened it by their worker, ${how}`, async () => {
    const [person, name] = [`Ffion ${Date.now()}`, `Pat ${Date.now()}`];
    const email = `pat.${Date.now()}@example.org`;
    const { caseAt, coach } = await asRole('work coach', async (page) => {
      await open(page, '/today');
      const at = await disclosure(page, hands(page), { name: person });
      await open(page, `${at}/looks`);
      return { caseAt: at, coach: (await page.locator('main .moj-timeline__item, main li').first().innerText()) };
    });
    await elsewhere({ name, email }, async (page) => {
      await open(page, caseAt, 404);
      const refused = await page.locator('main').innerText();
      await open(page, '/cases/00000000000000000000000000', 404);
      assert.equal(await page.locator('main').innerText(), refused, 'what is hidden is not what does not exist');
    });

    await asRole('security officer', async (page) => {
      const by = hands(page, more);
      await open(page, '/security');
      const tried = await rows(page, 'Refusals, newest first', name);
      assert.ok(tried.some((row) => /Opened the record/.test(row) && /Refused: nothing to do with them/.test(row)), tried.join('\n'));
      assert.ok(tried.some((row) => /Not found/.test(row)), 'what does not exist was looked for, and it is on the record');
      const says = async () => assert.ok(!(await page.locator('body').innerText()).includes(person), 'it says whose record it was');
      await says();
      await look(page, 'security refusals');
      // Everything that they did, and nothing of whom.
      const link = page.locator('main table a', { hasText: name }).first();
      await by.press(`main table a[href="${await link.getAttribute('href')}"]`);
      assert.equal(await page.locator('h1').innerText(), name);
      const did = await page.locator('main').innerText();
      assert.match(did, /Signed in/);
      assert.match(did, /Refused: nothing to do with them/);
      await says();
      await look(page, 'security who tried');
      await open(page, '/security');
      await by.press('main form[action="/security/check"] button');
      assert.match(await page.locator('main').innerText(), /Checked on .*, and every one fits\./);
      await by.press('main a[href="/security"]');
      assert.match(await page.locator('main').innerText(), /Checked on .*, and every one fits\./, 'the last check is shown to the next who comes');
      // Who keeps watch over looking may not look.
      await open(page, caseAt, 404);
    }, options);

    await asRole('work coach', async (page) => {
      await open(page, `${caseAt}/looks`);
      const looked = await page.locator('main').innerText();
      assert.ok(looked.includes(coach.split('\n')[0]), looked);
      assert.ok(!looked.includes(name), 'who was refused did not look');
      await look(page, 'coach who looked');
      await open(page, '/security', 404);
    }, options);
  });
}

test('whoever left stays out, their try is on the record, and the officer’s pages are there in Welsh', async () => {
  const name = `Lou ${Date.now()}`;
  const email = `lou.${Date.now()}@example.org`;
  await elsewhere({ name, email }, async (page) => {
    await asRole('administrator', async (admin) => {
      await open(admin, '/admin');
      const colleague = admin.locator('main a', { hasText: name });
      while (await colleague.count() === 0) await admin.locator('main .govuk-pagination__next a').click();
      await colleague.click();
      await admin.locator('main form[action$="/end"] button').click();
      assert.ok(await admin.locator('.govuk-notification-banner').isVisible());
    });
    await page.goto('/cases');
    assert.equal(new URL(page.url()).pathname, '/sign-in');
    await withPassword(page, email);
    assert.ok(await page.locator('.govuk-error-summary').isVisible(), 'somebody who left came in');
  });
  await as({}, async (page) => {
    await signIn(page, 'security officer');
    await open(page, '/security');
    assert.equal((await rows(page, 'Those who left, latest first', name)).length, 1);
    assert.ok((await rows(page, 'Entries, newest first', 'Tried to sign in')).length, 'the try is not on the record');
    await inWelsh(page, async () => {
      await open(page, '/security');
      await look(page, 'security Welsh');
      await page.locator('main table a', { hasText: name }).first().click();
      await look(page, 'security person Welsh');
    });
  });
});
