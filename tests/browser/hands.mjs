// How a person works a page: with a pointer, or with the keyboard alone. Everything is found by the names that the forms send,
// so that the same journey is walked in English and in Welsh.
import assert from 'node:assert/strict';
import { focused } from './lib.mjs';

/** The one way to do things on this page: `keyboard` never touches a pointer. */
export function hands(page, { keyboard = false } = {}) {
  return keyboard ? byKeyboard(page) : byPointer(page);
}

const field = (name) => `main [name="${name}"]`;
const valued = (name, value) => `${field(name)}[value="${value}"]`;

function byPointer(page) {
  return {
    fill: (name, words) => page.locator(field(name)).first().fill(words),
    choose: (name, value) => page.locator(valued(name, value)).first().check(),
    tick: (name, value, on = true) => page.locator(valued(name, value)).first().setChecked(on),
    select: (name, value) => page.locator(field(name)).first().selectOption(value),
    // A page that is sent to itself has the same address: wait for the answer, not for another address.
    press: (selector) => Promise.all([page.waitForEvent('load'), page.locator(selector).first().click()]),
    open: (selector) => page.locator(selector).first().click(),
  };
}

function byKeyboard(page) {
  /** Tab until the keyboard is on an element of this selector. */
  const reach = async (selector, most = 250) => {
    for (let i = 0; i < most; i += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector)) {
        const on = await focused(page);
        assert.ok(on.visible, `the keyboard is on ${selector}, which cannot be seen`);
        return;
      }
    }
    assert.fail(`no way to ${selector} by keyboard on ${page.url()}`);
  };
  /** From the top again, so that the order of the calls need not be the order of the page. */
  const top = () => page.evaluate(() => { document.activeElement?.blur(); getSelection()?.removeAllRanges(); });
  const to = async (selector) => { await top(); await reach(selector); };
  const on = (what) => page.evaluate((w) => document.activeElement[w], what);
  return {
    async fill(name, words) {
      await to(field(name));
      await page.keyboard.press('Control+A');
      await page.keyboard.type(words);
    },
    async choose(name, value) {
      // Tab reaches a group of radio buttons at one of them; the arrows go through the others.
      await to(`${field(name)}[type=radio]`);
      for (let i = 0; i < 40; i += 1) {
        if ((await on('value')) === value) break;
        await page.keyboard.press('ArrowDown');
      }
      if (!(await on('checked'))) await page.keyboard.press('Space');
      assert.equal(await on('value'), value);
      assert.equal(await on('checked'), true);
    },
    async tick(name, value, wanted = true) {
      await to(valued(name, value));
      if ((await on('checked')) !== wanted) await page.keyboard.press('Space');
      assert.equal(await on('checked'), wanted);
    },
    async select(name, value) {
      await to(field(name));
      for (let i = 0; i < 60 && (await on('value')) !== value; i += 1) await page.keyboard.press('ArrowDown');
      assert.equal(await on('value'), value);
    },
    async press(selector) {
      await to(selector);
      await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
    },
    async open(selector) {
      await to(selector);
      await page.keyboard.press('Enter');
    },
  };
}
