// Somebody opens a page of their own with the address and the three words that they were told: what they agreed to, one line less,
// who has looked, all of it taken back, and the way out. No cookie is left, and nothing telling stands in an address or a title.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW, as, inWelsh, open } from './lib.mjs';
import { hands } from './hands.mjs';
import { asRole, look, ownPage, sendTo } from './steps.mjs';

const goes = (where) => `main form:has(input[name=go][value=${where}]) button`;

const ways = [
  ['by keyboard alone', {}, { keyboard: true }],
  ['without JavaScript', { javaScript: false }, {}],
  ['on a narrow screen', { width: NARROW }, {}],
];
for (const [how, options, more] of ways) {
  test(`somebody sees what they agreed to and takes it back by themselves, ${how}`, async () => {
    const name = `Own ${Date.now()}`;
    const given = await asRole('work coach', async (page) => {
      const by = hands(page);
      const { caseAt } = await sendTo(page, by, { name, need: 'emotional_support', to: 'Peckham Lantern' });
      const told = await ownPage(page, by, caseAt);
      await look(page, 'own page told');
      return { ...told, caseAt };
    });
    await as(options, async (page) => {
      const by = hands(page, more);
      const neutral = async () => {
        assert.equal(new URL(page.url()).pathname, given.path, 'one address, which holds nothing');
        assert.doesNotMatch(await page.title(), /abuse|refuge|agreed|share|Lantern/i);
        const cookies = await page.context().cookies();
        assert.deepEqual(cookies.map((one) => one.name).filter((one) => one !== 'lang'), []);
        assert.ok(await page.locator('[data-tl-exit]').count(), 'no way out on this page');
        assert.ok(!(await page.locator('body').innerText()).includes(name), 'it says whose page it is');
      };
      await open(page, given.path);
      await neutral();
      await look(page, 'own page words');
      await by.fill('words', 'not these words');
      await by.press('main form button');
      assert.equal(await page.locator('main [name=words]').inputValue(), '', 'what was typed is put back');
      await by.fill('words', given.words);
      await by.press('main form button');
      await neutral();
      assert.match(await page.locator('main').innerText(), /Peckham Lantern/);
      await look(page, 'own page agreed');
      await by.press(goes('one'));
      await look(page, 'own page one');
      await by.press(goes('less'));
      assert.match(await page.locator('main, .govuk-error-summary').first().innerText(), /Tick a line|shorter time/);
      const line = await page.locator('main input[name=line]').first().getAttribute('value');
      await by.tick('line', line);
      await by.press(goes('less'));
      await neutral();
      assert.match(await page.locator('.govuk-notification-banner').innerText(), /only what is left/);
      await by.press(goes('receipt'));
      await look(page, 'own page receipt');
      await by.press(goes('looks'));
      assert.match(await page.locator('main').innerText(), /You/);
      await look(page, 'own page looks');
      await inWelsh(page, async () => {
        await by.press(goes('agreed'));
        await look(page, 'own page agreed Welsh');
      });
      await by.press(goes('one'));
      await by.press(goes('back'));
      assert.match(await page.locator('.govuk-notification-banner').innerText(), /taken back/);
      await neutral();
      await by.press(goes('leave'));
      assert.match(await page.locator('main').innerText(), /You can close this window/);
    });
    await asRole('work coach', async (page) => {
      await open(page, `${given.caseAt}/sharing`);
      assert.match(await page.locator('main').innerText(), /Taken back/);
      await open(page, `${given.caseAt}/looks`);
      assert.match(await page.locator('main').innerText(), /They themselves, on their own page/);
    });
  });
}
