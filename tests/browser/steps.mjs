// Steps that more than one journey takes.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { NARROW, accessible, fits, open, screenshot, stepUp, visitor } from './lib.mjs';
import { signIn } from './sign-in.mjs';

/** Ask for help with these needs and in this place; every question may be left out. `later`: gives what sends it. */
export async function sendFind(page, path, { needs = [], place = '', later = false } = {}) {
  await open(page, path);
  for (const need of needs) await page.locator(`main input[name=need][value=${need}]`).check();
  if (place) await page.locator('#place').fill(place);
  const send = () => Promise.all([page.waitForEvent('load'), page.locator('main form button').last().click()]);
  if (later) return send;
  return send();
}

/** As an administrator: give a colleague access. Gives the path of the link that is passed on to them. `site`: the first or the last of the list. */
export async function join(page, { name, email, role = 'Work coach', site = 'first' }) {
  await open(page, '/admin/people/new');
  await page.locator('#name').fill(name);
  await page.locator('#email').fill(email);
  await page.locator('#role').selectOption({ label: role });
  const sites = await page.locator('#site option').count();
  await page.locator('#site').selectOption({ index: site === 'last' ? sites - 1 : 1 });
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
export async function disclosure(page, by, { name, looked = false, before = false }) {
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
  if (before) {
    await look(page, 'coach met before');
    await by.press('main .tl-card form button');
  }
  const at = new URL(page.url()).pathname;
  assert.match(at, /^\/cases\/[^/]+$/);
  return at;
}

/** On the page of a request: choose lines, see the preview, agree and send. `next`: words in the names of whoever may be asked after it. */
export async function requestFor(page, by, { need, strike = 0, looked = false, alone = 'yes', life = false, next = [] }) {
  await by.choose('need', need);
  if (strike) await by.tick('line', String(strike), false);
  if (looked) await look(page, 'coach lines');
  await by.press('main form:not([action$="/send"]) button:not([name])');
  const preview = await page.locator('main').innerText();
  await by.choose('alone', alone);
  await by.choose('agreed', 'spoken');
  await by.choose('rests', life ? 'other' : 'agreed');
  if (life) {
    await page.locator('[name=basis]').selectOption('vital_interests_6_1_d');
    await page.locator('[name=art9]').selectOption('health_or_social_care_9_2_h');
    await by.tick('life', 'yes');
  }
  // Asked where the risk is high.
  if (await page.locator('[name="decision"]').count()) await by.fill('decision', 'They asked for this. Invented.');
  for (const words of next) {
    const box = page.locator('main .govuk-checkboxes__item', { hasText: words }).locator('input[name=next]');
    await by.tick('next', await box.getAttribute('value'));
  }
  if (looked) await look(page, 'coach agree');
  await by.press('main form[action$="/send"] button');
  const words = await page.locator('main').innerText();
  assert.ok(await page.locator('.govuk-panel').isVisible(), `it was not sent: ${words.slice(0, 600)}`);
  return { preview, code: (await page.locator('.govuk-inset-text h2').allInnerTexts())[0]?.trim() };
}

/** As a visitor of one's own, signed in as this role: run `body(page)`, then leave. */
export async function asRole(role, body, options = {}) {
  const { page, problems, close } = await visitor(options);
  try {
    await signIn(page, role);
    const gave = await body(page);
    assert.deepEqual(problems, []);
    return gave;
  } catch (error) {
    await screenshot(page, `failed-${role}-${Date.now()}`).catch(() => {});
    throw error;
  } finally {
    await close();
  }
}

/** Writes their own words and a safe way to reach them into a case. */
export async function wordsAndWay(page, by, caseAt) {
  await open(page, `${caseAt}/words`);
  await by.fill('words', 'I want to talk to somebody.');
  await by.press('main form[action$="/words"] button');
  await open(page, `${caseAt}/contact/add`);
  await by.choose('channel', 'phone_mobile');
  await by.fill('value', '07700 900456');
  await by.choose('verdict', 'safe');
  await by.choose('answered_by', 'only_them');
  await by.choose('voicemail', 'no');
  await by.fill('say', 'Say it is the library.');
  await by.press('main form[action$="/contact/add"] button');
}

/** The services that the finder, as it stands open for a case, offers for these needs: `[{ name, href }]`, in its order. */
export async function found(page, by, { place = 'Southwark' } = {}) {
  if (place) await by.fill('place', place);
  await by.press('main form[action="/find"] button:not([name])');
  return page.locator('main .tl-card').evaluateAll((cards) => cards.flatMap((card) => {
    const refer = card.querySelector('form[action*="/refer/"]');
    const name = card.querySelector('.tl-card__title').textContent.trim();
    return refer ? [{ name, href: refer.getAttribute('action').replace('/ready', ''), words: card.innerText }] : [];
  }));
}

/** The services that the finder of a case offers for one need: `[{ name, href }]`. One that still has a request is not among them. */
export async function offers(page, by, caseAt, need) {
  await open(page, caseAt.replace('/cases/', '/find/for/'));
  // What the plan says is filled in: here it is this need alone.
  for (const ticked of await page.locator('main input[name=need]:checked').evaluateAll((all) => all.map((one) => one.value))) {
    await by.tick('need', ticked, false);
  }
  await by.tick('need', need);
  return found(page, by);
}

/** A coach sends a request to a service whose name holds `to`. Gives the case, the request and the code, if there is one. */
export async function sendTo(page, by, { name, need, to, life }) {
  await open(page, '/today');
  const caseAt = await disclosure(page, by, { name });
  await wordsAndWay(page, by, caseAt);
  const offer = (await offers(page, by, caseAt, need)).find((one) => one.name.includes(to));
  assert.ok(offer, `nothing called ${to} is offered`);
  await open(page, offer.href);
  const { code } = await requestFor(page, by, { need, life });
  const request = await page.locator('main a[href^="/referrals/"]').getAttribute('href');
  return { caseAt, request, code, service: offer.href.split('/').at(-1) };
}

const PASSWORD = 'a long invented sentence';

/** A second steward, who joins by the link that the administrator passes on, signs in with a password, and gives it again. */
export async function secondSteward(body) {
  const email = `steward.${Date.now()}@example.org`;
  const link = await asRole('administrator', (page) => join(page, { name: 'Robin Second', email, role: 'Directory steward' }));
  const { page, problems, close } = await visitor();
  try {
    await open(page, link);
    await page.locator('#password').fill(PASSWORD);
    await page.locator('main form button:not([type=button])').last().click();
    await page.locator('#email').fill(email);
    await page.locator('#password').fill(PASSWORD);
    await page.locator('main form[action="/sign-in"] button:not([type=button])').click();
    await page.waitForURL('**/steward');
    await stepUp(page, PASSWORD);
    await body(page);
    assert.deepEqual(problems, []);
  } finally {
    await close();
  }
}

/** Requests to this service go by mail from now on: one steward proposes the address, another confirms it. */
export async function confirmedAddress(service, email) {
  await asRole('directory steward', async (page) => {
    await stepUp(page);
    await open(page, `/services/${service}/address`);
    await page.locator('#email').fill(email);
    await page.locator('#code_route').fill('01632 960999, ask for the duty worker');
    await page.locator('main input[name=called_back]').check();
    await page.locator('main form button').last().click();
    assert.match(await page.locator('main').innerText(), /Somebody else must confirm it/);
    assert.equal(await page.locator('main form[action$="/confirm"]').count(), 0, 'nobody confirms their own proposal');
  });
  await secondSteward(async (page) => {
    await open(page, `/services/${service}/address`);
    await page.locator('main form[action$="/confirm"] button').click();
    assert.match(await page.locator('main').innerText(), /In use/);
  });
}

/** The one-time link in the newest mail to this address; mail leaves within seconds. */
export async function linkIn(page, email, under = '/r/') {
  for (let i = 0; i < 60; i += 1) {
    await open(page, '/demo/mail');
    const row = page.locator('main tr', { hasText: email }).first();
    if (await row.count()) {
      assert.doesNotMatch(await row.innerText(), /07700|library|talk to somebody|refuge|abuse/i, 'a mail names nobody and nothing');
      return row.locator(`a[href*="${under}"]`).first().getAttribute('href');
    }
    await sleep(500);
  }
  return assert.fail(`no mail to ${email} left`);
}

/** The worker turns the screen: the address of the person's own page, and its three words. */
export async function ownPage(page, by, caseAt) {
  await open(page, `${caseAt}/own-page`);
  await by.press('main button[name=do][value=give]');
  const [address, words] = await page.locator('main dd').allInnerTexts();
  return { path: new URL(address.trim()).pathname, words: words.trim() };
}

/** Open everything that is folded away on this page. */
export function unfold(page) {
  return page.evaluate(() => { for (const details of document.querySelectorAll('main details')) details.open = true; });
}
