// Every page there is, as every role it is for, with a real record in it: the binary itself lists them
// (`throughline pages --json`), so a new page cannot be forgotten here.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { NARROW, accessible, as, fits, heading, inWelsh, open, printed, screenshot, stepUp, zoomed } from './lib.mjs';
import { LEFT_OUT, MORE, leftOut, samples } from './samples.mjs';
import { binary } from './server.mjs';
import { signIn } from './sign-in.mjs';

// Words that must not stand in a tab, a history or a task bar that somebody else may see.
const UNSAFE_TITLE = /abuse|violence|victim|survivor|refuge|perpetrator|idva|marac|cam-drin|trais|dioddef|lloches/i;

/** [{ path, role, title, prints }], from the binary. */
function pages() {
  const { pages: rows } = JSON.parse(execFileSync(binary, ['pages', '--json'], { encoding: 'utf8' }));
  assert.ok(Array.isArray(rows) && rows.length > 50, 'the binary lists too few pages');
  return [...rows, ...MORE];
}

const byRole = new Map();
for (const row of pages()) byRole.set(row.role, [...(byRole.get(row.role) ?? []), row]);
const paths = new Set(pages().map(({ path }) => path));

/** Where nothing that is typed is kept: what the public types leaves no trace, and a search is no record. */
const FORGOTTEN = [/^\/find/, /^\/r\//, /^\/urgent-access$/];

/** What is typed in more than a line is saved while it is typed, so that no lock and no crash takes it. */
async function keepsWhatIsTyped(page, path) {
  const lost = await page.locator('main form:not([data-autosave]) textarea').evaluateAll((areas) => areas.map((area) => area.name));
  // The one address that a service gives stands in no draft: it is sealed when it is sent, or it is nowhere.
  const kept = lost.filter((name) => !(path === '/requests/{referral}' && name === 'address'));
  if (!FORGOTTEN.some((pages) => pages.test(path))) assert.deepEqual(kept, [], `typed on ${path} and not kept`);
}

const inWelshAlready = new Set();

/** What a visitor without JavaScript is to see again: found once, by the same person's eyes. */
const found = new Map();

/** Roles some of whose pages ask for proof first; here it is given once. */
const PROVED = ['work_coach', 'administrator', 'directory_steward', 'safety_lead', 'security_officer'];

test('the list of pages that are left out names only pages', () => {
  for (const key of LEFT_OUT.keys()) assert.ok(paths.has(key.slice(key.indexOf('/'))), `${key} is no page any more`);
});

for (const [role, rows] of byRole) {
  test(`every page for ${role}`, async (t) => {
    await as({}, async (page) => {
      if (role !== 'public') await signIn(page, role);
      if (rows.some(({ path }) => path === '/second-step') || PROVED.includes(role)) await stepUp(page);
      const sample = await samples(page, role, rows);
      found.set(role, sample);
      for (const { path, title, prints } of rows) {
        if (leftOut(role, path)) continue;
        await t.test(path, async () => {
          const at = sample.get(path);
          assert.ok(at, `nothing in the demo leads ${role} to ${path}`);
          await page.setViewportSize({ width: 1280, height: 900 });
          await open(page, at);
          assert.doesNotMatch(await page.title(), UNSAFE_TITLE);
          assert.ok((await page.title()).includes(title), `the title is "${await page.title()}", not "${title}"`);
          assert.notEqual(await heading(page), '');
          assert.match(await page.locator('.tl-help').innerText(), /999.*press 55/s, 'the emergency strip');
          await keepsWhatIsTyped(page, path);
          await accessible(page, path);
          await screenshot(page, `${role} ${path} wide`);
          await printed(page, prints);
          await zoomed(page, 2, () => fits(page));
          await page.setViewportSize({ width: NARROW, height: 700 });
          await fits(page);
          await screenshot(page, `${role} ${path} narrow`);
          // The same page of another role was read in Welsh already.
          if (inWelshAlready.has(path)) return;
          inWelshAlready.add(path);
          await inWelsh(page, async () => {
            await open(page, at);
            assert.equal(await page.locator('html').getAttribute('lang'), 'cy');
            assert.doesNotMatch(await page.title(), UNSAFE_TITLE);
            await fits(page);
            await accessible(page, `${path} in Welsh`);
            await screenshot(page, `${role} ${path} welsh`);
          });
        });
      }
    });
  });

  test(`every page for ${role} opens without JavaScript`, async () => {
    await as({ javaScript: false }, async (page) => {
      if (role !== 'public') await signIn(page, role);
      if (found.get(role).has('/second-step') || PROVED.includes(role)) await stepUp(page);
      for (const [path, at] of found.get(role)) {
        if (!at || leftOut(role, path)) continue;
        await open(page, at);
        assert.notEqual(await heading(page), '', path);
        assert.ok(await page.locator('main').isVisible(), path);
      }
    });
  });
}
