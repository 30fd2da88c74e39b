// Every page there is, as the role it is for: the binary itself lists them (`throughline pages --json`), so a new page
// cannot be forgotten here.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { NARROW, accessible, as, fits, heading, open, screenshot } from './lib.mjs';
import { binary } from './server.mjs';
import { signIn } from './sign-in.mjs';

// Words that must not stand in a tab, a history or a task bar that somebody else may see.
const UNSAFE_TITLE = /abuse|violence|victim|survivor|refuge|perpetrator|idva|marac/i;

/** [{ path, role, title }], from the binary. A path may hold no blanks to fill: the demo's own records stand in it. */
function pages() {
  const listed = JSON.parse(execFileSync(binary, ['pages', '--json'], { encoding: 'utf8' }));
  const rows = Array.isArray(listed) ? listed : listed.pages;
  assert.ok(Array.isArray(rows) && rows.length > 0, 'the binary lists no pages');
  return rows.filter((row) => !/[{}]/.test(row.path));
}

const byRole = new Map();
for (const row of pages()) {
  const role = row.role ?? 'public';
  byRole.set(role, [...(byRole.get(role) ?? []), row]);
}

for (const [role, rows] of byRole) {
  test(`every page for ${role}: accessible, fits 320 px, quiet title, nothing from elsewhere`, async (t) => {
    await as({}, async (page) => {
      if (role !== 'public') await signIn(page, role);
      for (const { path, title } of rows) {
        await t.test(path, async () => {
          await page.setViewportSize({ width: 1280, height: 900 });
          await open(page, path);
          assert.doesNotMatch(await page.title(), UNSAFE_TITLE);
          if (title) assert.ok((await page.title()).includes(title), `the title is "${await page.title()}", not "${title}"`);
          assert.notEqual(await heading(page), '');
          await accessible(page, path);
          await screenshot(page, `${role} ${path} wide`);
          await page.setViewportSize({ width: NARROW, height: 700 });
          await fits(page);
          await screenshot(page, `${role} ${path} narrow`);
        });
      }
    });
  });

  test(`every page for ${role} opens without JavaScript`, async () => {
    await as({ javaScript: false }, async (page) => {
      if (role !== 'public') await signIn(page, role);
      for (const { path } of rows) {
        await open(page, path);
        assert.notEqual(await heading(page), '', path);
      }
    });
  });
}
