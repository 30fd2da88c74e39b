// The duty to refer: what cannot wait first, then where they must stay away from, the council, three agreements, sending and chasing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW, inWelsh, open } from './lib.mjs';
import { hands } from './hands.mjs';
import { asRole, disclosure, look, wordsAndWay } from './steps.mjs';

const ways = [
  ['by keyboard alone', {}, { keyboard: true }],
  ['without JavaScript', { javaScript: false }, {}],
  ['on a narrow screen', { width: NARROW }, {}],
];
for (const [how, options, more] of ways) {
  test(`a council that they choose is asked for help with their home, ${how}`, () =>
    asRole('work coach', async (page) => {
      const by = hands(page, more);
      await open(page, '/today');
      const caseAt = await disclosure(page, by, { name: `Ines ${Date.now()}` });
      await wordsAndWay(page, by, caseAt);
      await open(page, `${caseAt}/plan`);
      await by.press('main a[href$="/home"]');
      assert.equal(await page.locator('main h1').innerText(), 'Ask a council for help with their home');
      const text = await page.locator('main').innerText();
      assert.ok(text.indexOf('safe to sleep tonight') < text.indexOf('Where must they stay away from'), 'tonight does not come first');
      assert.ok(text.indexOf('stay away from') < text.indexOf('Which council do they choose'), 'the council is asked before the danger');
      await look(page, `home asked ${how}`);
      await by.fill('avoid', 'Camden');
      await by.fill('authority', 'Camden');
      await by.fill('reason', 'They must leave by Friday.');
      await by.press('main form[action$="/home"] button');
      assert.match(await page.locator('main').innerText(), /They said that they must stay away from there/);
      await look(page, `home avoided ${how}`);
      await by.fill('authority', 'Leeds');
      await by.press('main form[action$="/home"] button');
      await look(page, `home agreements ${how}`);
      await by.choose('referred', 'yes');
      await by.choose('authority_agreed', 'yes');
      await by.choose('contact_details', 'yes');
      const way = page.locator('main input[name=way]').first();
      await by.choose('way', await way.getAttribute('value'));
      await by.press('main button[value=agree]');
      await look(page, `home send ${how}`);
      await by.choose('sent_by', 'phone');
      await by.fill('words', 'Sam at the front desk');
      await by.press('main button[value=send]');
      assert.match(await page.locator('main').innerText(), /The council has not answered/);
      await by.press('main button[value=acknowledge]');
      assert.match(await page.locator('main').innerText(), /The council has it/);
      await look(page, `home acknowledged ${how}`);
      await inWelsh(page, async () => {
        await open(page, `${caseAt}/home`);
        await look(page, `home Welsh ${how}`);
      });
      await open(page, `${caseAt}/home`);
      await by.choose('outcome', 'relief_duty');
      await by.press('main button[value=conclude]');
      assert.match(await page.locator('main').innerText(), /The council must help them to find somewhere/);
    }, options));
}
