// Steps that more than one journey takes.
import assert from 'node:assert/strict';
import { NARROW, accessible, fits, open, screenshot } from './lib.mjs';

/** Ask for help with these needs and in this place; every question may be left out. */
export async function sendFind(page, path, { needs = [], place = '' } = {}) {
  await open(page, path);
  for (const need of needs) await page.getByLabel(need, { exact: true }).check();
  if (place) await page.locator('#place').fill(place);
  await page.locator('main form button').last().click();
  await page.waitForLoadState('load');
}

/** As an administrator: give a colleague access. Gives the path of the link that is passed on to them. */
export async function join(page, { name, email, role = 'Work coach' }) {
  await open(page, '/admin/people/new');
  await page.locator('#name').fill(name);
  await page.locator('#email').fill(email);
  await page.locator('#role').selectOption({ label: role });
  await page.locator('#site').selectOption({ index: 1 });
  await page.locator('main form button').last().click();
  const link = await page.locator('.govuk-inset-text').innerText();
  return new URL(link.trim()).pathname;
}

/** Look at a page that only a form leads to: accessible, fits, photographed wide and narrow. */
export async function look(page, name, { axe = true } = {}) {
  const size = page.viewportSize();
  // Without JavaScript nothing can be evaluated in the page by axe-core: its look is enough.
  if (axe && (await page.evaluate(() => document.body.classList.contains('js-enabled')))) await accessible(page, name);
  await screenshot(page, `step ${name} ${size.width}`);
  await page.setViewportSize({ width: NARROW, height: 700 });
  await fits(page);
  await page.setViewportSize(size);
}

/** From today to a case: someone is with me, it is safe to talk, signs and disclosure, a name. Gives the case's address. */
export async function disclosure(page, by, { name, looked = false }) {
  await by.press('main a[href="/with-me"]');
  await by.press('main button[name=mode][value=in_person]');
  await by.choose('alone', 'yes');
  await by.choose('overheard', 'nobody');
  await by.choose('interpreter', 'none');
  await by.press('main form[action$="/first"] button');
  await by.tick('signs', 'afraid_of_someone');
  await by.choose('heard', 'told');
  await by.fill('told', 'Invented words of somebody invented.');
  if (looked) await look(page, 'coach notes');
  await by.press('main button[name=then][value=continue]');
  if (looked) await look(page, 'coach name');
  await by.fill('chosen', name);
  await by.press('main form[action$="/continue"] button');
  const at = new URL(page.url()).pathname;
  assert.match(at, /^\/cases\/[^/]+$/);
  return at;
}

/** On the page of a request: choose lines, see the preview, agree and send. */
export async function requestFor(page, by, { need, strike = 0, looked = false, alone = 'yes' }) {
  await by.choose('need', need);
  if (strike) await by.tick('line', String(strike), false);
  if (looked) await look(page, 'coach lines');
  await by.press('main form:not([action$="/send"]) button:not([name])');
  const preview = await page.locator('main').innerText();
  await by.choose('alone', alone);
  await by.choose('agreed', 'spoken');
  if (looked) await look(page, 'coach agree');
  await by.press('main form[action$="/send"] button');
  const words = await page.locator('main').innerText();
  assert.ok(await page.locator('.govuk-panel').isVisible(), `it was not sent: ${words.slice(0, 600)}`);
  return { preview, code: (await page.locator('.govuk-inset-text h2').allInnerTexts())[0]?.trim() };
}
