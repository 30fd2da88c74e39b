// The doors: the page a stranger meets and the page where staff sign in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW, accessible, as, fits, focused, heading, open, screenshot, tabTo } from './lib.mjs';

const doors = ['/', '/sign-in'];

test('the doors are accessible and fit a narrow screen', async () => {
  for (const path of doors) {
    await as({ width: NARROW }, async (page) => {
      await open(page, path);
      await accessible(page);
      await fits(page);
      await screenshot(page, `door ${path} narrow`);
    });
  }
});

test('the doors say the same without JavaScript', async () => {
  for (const path of doors) {
    let withScript;
    await as({}, async (page) => { await open(page, path); withScript = await heading(page); });
    await as({ javaScript: false }, async (page) => {
      await open(page, path);
      assert.equal(await heading(page), withScript);
    });
  }
});

test('the first thing the keyboard meets is the way past the header', async () => {
  for (const path of doors) {
    await as({}, async (page) => {
      await open(page, path);
      await page.keyboard.press('Tab');
      assert.match((await focused(page)).name, /^Skip to main content$/);
    });
  }
});

test('a page is in English, says so, and its title would embarrass nobody', async () => {
  for (const path of doors) {
    await as({}, async (page) => {
      await open(page, path);
      assert.match(await page.locator('html').getAttribute('lang'), /^en/);
      assert.doesNotMatch(await page.title(), /abuse|violence|victim|refuge|survivor/i);
    });
  }
});

test('a wrong password is told kindly, keeps the address typed, and says nothing about accounts', async () => {
  await as({ javaScript: false }, async (page) => {
    const tell = async (address) => {
      await open(page, '/sign-in');
      await page.getByLabel(/email/i).fill(address);
      await page.getByLabel(/^password/i).fill('not the password');
      await page.getByRole('button', { name: /sign in|continue/i }).first().click();
      assert.equal(await page.getByLabel(/email/i).inputValue(), address);
      return page.locator('.govuk-error-summary').innerText();
    };
    const first = await tell('nobody@example.org');
    assert.match(first, /There is a problem/);
    assert.equal(await tell('somebody@example.org'), first);
  });
});

test('staff can reach the sign in form by keyboard alone', async () => {
  await as({}, async (page) => {
    await open(page, '/sign-in');
    await tabTo(page, /^Email/);
    await page.keyboard.type('nobody@example.org');
    await tabTo(page, /^Password/);
  });
});
