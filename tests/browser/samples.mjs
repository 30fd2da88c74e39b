// A real record for every `{…}` in the list of pages: found by following links as that role, as a person would. What only a
// form leads to is prepared first. A page that nothing leads to has no sample, and its test fails.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { base, open, stepUp, visitor } from './lib.mjs';
import { signIn } from './sign-in.mjs';
import { hands } from './hands.mjs';
import { asRole, confirmedAddress, join, linkIn, offers, ownPage, sendFind, sendTo } from './steps.mjs';

/** Pages that are not looked at here, each with its reason. This list may only become shorter. */
export const LEFT_OUT = new Map([
  ['/steward/runs/{run}/problems', 'a table to download, not a page'],
  // The demo has no sign-in service, and its address is a number, which a passkey cannot be made for: keys.test.mjs looks at these in
  // an installation that has both.
  ['/second-person/{ask}', 'only staff of another organisation can open it: urgent.test.mjs looks at it'],
  ['safety_lead /tasks/{task}/opened', 'the only safety lead of the demo’s site is who opens a record there, and nobody reviews that themselves'],
  ['safety_lead /referrals/{referral}/place', 'for the lead of the case alone, and no case of theirs was given a place; the duty officer’s button stands on the page of the request'],
  ['/sign-in/with', 'leads to a sign-in service'],
  ['/sign-in/back', 'comes back from a sign-in service'],
  ['/sign-in/finish', 'comes back from a sign-in service'],
  ['/sign-in/leave', 'leads to a sign-in service'],
  ['/keys/with', 'leads to a sign-in service'],
  ['/keys/passkey', 'needs an address with a name'],
  ['/sign-in/passkey', 'needs an address with a name'],
  ['/step-up/passkey', 'needs an address with a name'],
]);

/** Whether a page is left out, for everybody or for this role. */
export const leftOut = (role, path) => LEFT_OUT.has(path) || LEFT_OUT.has(`${role} ${path}`);

/** Pages of a role that the list gives to another role only, but which look different for this one. */
export const MORE = [{ path: '/today', role: 'safety_lead', title: 'Today', prints: 'nothing' }];

/** The most pages that are opened in looking for samples, per role. */
const MOST = 250;

const pattern = (path) => new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/?#]+')}$`);

/** The pages of our own that some HTML links to, without what is no page. */
function links(html) {
  const found = [...html.matchAll(/href="(\/[^"#]*)"/g)].map(([, href]) => href.replaceAll('&amp;', '&').split('?')[0]);
  return [...new Set(found)].filter((href) => !/^\/(assets|language|api|sign-out)\b/.test(href));
}

/** The way in of somebody who has just joined. */
async function welcome() {
  const { page, close } = await visitor();
  try {
    await signIn(page, 'administrator');
    return await join(page, { name: 'Pat Sample', email: `pat.${Date.now()}@example.org` });
  } finally {
    await close();
  }
}

/** A link that a service without an account was sent. */
async function oneTimeLink(page) {
  const email = `link.${Date.now()}@example.org`;
  const asked = { need: 'emotional_support', to: 'Peckham Carers' };
  const { service } = await asRole('work coach', (own) => sendTo(own, hands(own), { ...asked, name: `Ela ${Date.now()}` }));
  await confirmedAddress(service, email);
  await asRole('work coach', (own) => sendTo(own, hands(own), { ...asked, name: `Ela ${Date.now()}` }));
  return linkIn(page, email);
}

/** The address of somebody's own page. */
function theirOwn() {
  const asked = { need: 'emotional_support', to: 'Peckham Lantern', name: `Own ${Date.now()}` };
  return asRole('work coach', async (own) => (await ownPage(own, hands(own), (await sendTo(own, hands(own), asked)).caseAt)).path);
}

/** Somebody tells, without any plan yet: the task to judge the risk, whose conversation can be taken up. */
async function riskWithoutPlan(page) {
  const by = hands(page);
  await open(page, '/with-me');
  await by.press('main button[name=mode][value=in_person]');
  for (const [name, value] of [['alone', 'yes'], ['overheard', 'nobody'], ['interpreter', 'none']]) await by.choose(name, value);
  await by.press('main form[action$="/first"] button');
  await by.choose('heard', 'told');
  await by.press('main button[name=then][value=stay]');
  await open(page, '/today');
  const task = page.locator('main a[href^="/tasks/"]', { hasText: /^\s*Judge the risk\s*$/ }).first();
  return task.getAttribute('href');
}

/** A letter to somebody, in a worker's hands. */
async function letterFor(page, caseAt) {
  const by = hands(page);
  await open(page, `${caseAt}/contact/add`);
  for (const [name, value] of [['channel', 'post_to_alternative'], ['verdict', 'safe'], ['answered_by', 'only_them'], ['voicemail', 'no'], ['neutral_only', 'yes'], ['shared_account', 'no']]) await by.choose(name, value);
  await by.fill('value', `${Date.now()} Example Street`);
  await by.press('main form[action$="/contact/add"] button');
  await open(page, `${caseAt}/messages`);
  await page.locator('main input[name=what][value$=".letter_please_call"]').first().check();
  await by.press('main form[action$="/messages"] button');
  return new URL(page.url()).pathname;
}

/** Somebody with an appointment at this time of a day in three weeks; gives where their record is. */
async function booked(page, chosen, family, time) {
  const by = hands(page);
  await open(page, '/cases/new');
  await by.fill('chosen', chosen);
  await by.fill('family', family);
  await by.press('main form[action="/cases/new"] button');
  const at = new URL(page.url()).pathname;
  await open(page, `${at}/appointments/add`);
  const day = new Date(Date.now() + 21 * 86_400_000);
  await by.fill('day-day', String(day.getUTCDate()));
  await by.fill('day-month', String(day.getUTCMonth() + 1));
  await by.fill('day-year', String(day.getUTCFullYear()));
  await by.fill('time', time);
  await by.press('main form[action$="/appointments/add"] button');
  return at;
}

/** Two who are to be kept apart have appointments on one day; gives the planner's page, once a job has told the planner. */
async function planApart(page) {
  const family = `Sample${Date.now()}`;
  await asRole('work coach', async (own) => {
    const by = hands(own);
    await booked(own, 'Rory', family, '10:00');
    const at = await booked(own, 'Mina', family, '15:00');
    await open(own, `${at}/apart/add`);
    await by.fill('name', `Rory ${family}`);
    await by.choose('role', 'alleged_perpetrator');
    await by.press('main form[action$="/apart/add"] button');
  });
  // The job comes by once a minute.
  for (let tries = 0; tries < 30; tries += 1) {
    await open(page, '/today');
    const task = page.locator('main a[href^="/tasks/"]', { hasText: 'Plan two appointments apart' }).first();
    if (await task.count()) return `${await task.getAttribute('href')}/apart`;
    await sleep(3_000);
  }
  return assert.fail('nobody was told to plan two appointments apart');
}

/** Something shared first because a life was at stake, and something taken back: what follows each has a page of its own. */
async function sharing(page) {
  const by = hands(page);
  const asked = { need: 'emotional_support', to: 'Peckham Lantern' };
  const first = await sendTo(page, by, { ...asked, name: `First ${Date.now()}`, life: true });
  const back = await sendTo(page, by, { ...asked, name: `Back ${Date.now()}` });
  await open(page, `${back.caseAt}/sharing`);
  await by.press('main a[href*="/sharing/"]:not([href$="/again"]):not([href$="/less"])');
  await by.press('main form[action*="/sharing/"] button');
  return [`${first.caseAt}/sharing`, new URL(page.url()).pathname];
}

/** A record that is kept to its worker is opened by whoever is on duty; gives where their asking is, and the worker's review. */
export async function openedUrgently() {
  const name = `Kept ${Date.now()}`;
  const kept = async (page) => {
    const by = hands(page);
    await stepUp(page);
    await open(page, '/cases/new');
    await by.fill('chosen', name);
    await by.press('main form[action="/cases/new"] button');
    const at = new URL(page.url()).pathname;
    await open(page, `${at}/who-may-see`);
    await by.fill('reason', 'Her cousin works here.');
    await by.press('main form:has(input[value=keep]) button');
    return at;
  };
  const caseAt = await asRole('work coach', kept);
  const asking = await asRole('safety lead', async (page) => {
    const by = hands(page);
    await stepUp(page);
    await open(page, '/urgent-access');
    await by.fill('name', name);
    await by.fill('reason', 'A call: he is at the door.');
    await by.choose('how', 'alone');
    await by.press('main form[action="/urgent-access"] button');
    const at = new URL(page.url()).pathname;
    await by.press(`main form[action="${at}/open"] button`);
    return at;
  });
  return { asking, caseAt, name };
}

/** Where the worker of a record that was opened reviews it. */
export async function reviewOf(page, { name }) {
  await open(page, '/today');
  const task = page.locator('main a[href^="/tasks/"]', { hasText: name }).and(page.locator('a', { hasText: 'Review' })).first();
  return `${await task.getAttribute('href')}/opened`;
}

/** A request that a service said yes to; gives where it is for the service. */
async function accepted(page) {
  const { request } = await asRole('work coach', (own) =>
    sendTo(own, hands(own), { name: `Ida ${Date.now()}`, need: 'emotional_support', to: 'Peckham Lantern' }));
  const by = hands(page);
  const at = request.replace('/referrals/', '/requests/');
  await open(page, at);
  await by.choose('answer', 'accept');
  await by.fill('name', 'Esi');
  await by.press('main form[action$="/answer"] button');
  return at;
}

/** An address that a service gave, and that waits to be seen; gives where the worker sees it. */
async function placeGiven() {
  const at = await asRole('partner worker', async (own) => {
    const request = await accepted(own);
    await open(own, request);
    await own.locator('main details', { has: own.locator('form[action$="/place"]') }).locator('summary').click();
    await own.locator('main #address').fill('41 Example Row');
    await Promise.all([own.waitForEvent('load'), own.locator('main form[action$="/place"] button').click()]);
    return request;
  });
  return `${at.replace('/requests/', '/referrals/')}/place`;
}

/** What a role has to do first, because only a form leads there. Gives more places to begin at. */
const prepare = {
  async public(page) {
    await sendFind(page, '/find-help');
    const services = links(await page.content());
    await open(page, '/demo/mail');
    return [...services, ...links(await page.content()), await welcome(), await oneTimeLink(page), await theirOwn()];
  },
  async work_coach(page, role = 'work_coach') {
    // An appointment that goes on, and one that ended with the choice of what is next.
    await open(page, '/with-me');
    await page.getByRole('button', { name: 'In person' }).click();
    const talk = new URL(page.url()).pathname;
    // Somebody of theirs, and a service for them.
    await open(page, '/cases');
    const caseAt = await page.locator('main .tl-card a[href^="/cases/"]').first().getAttribute('href');
    const [offer] = await offers(page, hands(page), caseAt, 'emotional_support');
    await open(page, `${caseAt}/children`);
    await page.locator('main #chosen').fill('Sam');
    await Promise.all([page.waitForEvent('load'), page.locator('main form[action$="/children"] button').click()]);
    const child = new URL(page.url()).pathname;
    const risk = await riskWithoutPlan(page);
    const letter = await letterFor(page, caseAt);
    const reviews = role === 'work_coach' ? [await reviewOf(page, await openedUrgently())] : [];
    const later = await booked(page, `Ines ${Date.now()}`, 'Sample', '11:00');
    const shared = await sharing(page);
    const place = await placeGiven();
    await stepUp(page);
    await sendTo(page, hands(page), { name: `Sample ${Date.now()}`, need: 'emotional_support', to: 'Peckham Lantern' });
    return [...reviews, letter, place, ...shared, `${risk}/talk`, new URL(page.url()).pathname, `${later}/appointments`, child, offer.href, talk, ...['/first', '/notes', '/end', '/continue'].map((part) => `${talk}${part}`)];
  },
  async safety_lead(page) {
    const places = [await planApart(page), ...(await prepare.work_coach(page, 'safety_lead')), (await openedUrgently()).asking];
    // Somebody asks what is held about them.
    await stepUp(page);
    await open(page, '/cases');
    // Not of a record that is open to them for an hour only.
    const one = await page.locator('main .tl-card a[href^="/cases/"]', { hasNotText: 'Kept' }).first().getAttribute('href');
    await open(page, `${one}/access`);
    await page.locator('main input[name=asked_by]').first().check();
    await page.locator('main #recipient').fill('Robin Fairweather');
    await page.locator('main input[name=answer_lang]').first().check();
    await page.locator('main input[name=checked]').check();
    await Promise.all([page.waitForEvent('load'), page.locator('main form[action$="/access"] button').click()]);
    return [...places, new URL(page.url()).pathname];
  },
  async security_officer(page) {
    // Somebody else asks for a closed record to be erased; the officer decides.
    await asRole('safety lead', async (own) => {
      await stepUp(own);
      await open(own, '/cases?page=999999');
      const closed = await own.locator('main .tl-card a[href^="/cases/"]').last().getAttribute('href');
      await open(own, `${closed}/keeping`);
      await own.locator('main input[name=ground]').first().check();
      await own.locator('main #reason').fill('An invented letter.');
      await Promise.all([own.waitForEvent('load'), own.locator('main form[action$="/erase"] button').click()]);
    });
    return ['/security/erasures'];
  },
  async partner_worker(page) {
    // Who has just proved themselves: only then is there a way to reach somebody.
    await stepUp(page);
    const at = await accepted(page);
    return [at, `${at}/reach`];
  },
  async administrator(page) {
    // A service that a partner could join for: only a search leads there.
    await open(page, '/admin/partners?name=Peckham');
    return links(await page.content());
  },
};

/** Map from each path of `rows` to an address that can be opened as this role; `undefined` where none was found. */
export async function samples(page, role, rows) {
  const wanted = new Map(rows.map(({ path }) => [path, /[{}]/.test(path) ? undefined : path]));
  const exact = new Set(rows.map(({ path }) => path));
  const patterns = rows.filter(({ path }) => /[{}]/.test(path)).map(({ path }) => ({ path, is: pattern(path) }));
  const queue = [...rows.filter(({ path }) => !/[{}]/.test(path)).map(({ path }) => path), ...((await prepare[role]?.(page)) ?? [])];
  const seen = new Set(queue);
  const note = async (href) => {
    // A path of words is no sample of a path with a reference in the same place: /cases/new is not a case.
    const fits = exact.has(href) ? undefined : patterns.find(({ path, is }) => wanted.get(path) === undefined && is.test(href));
    if (!fits) return;
    const answer = await page.request.get(`${base}${href}`, { maxRedirects: 0 });
    if (answer.status() === 200 && (answer.headers()['content-type'] ?? '').startsWith('text/html')) wanted.set(fits.path, href);
  };
  for (const href of [...queue]) await note(href);
  let opened = 0;
  while (queue.length > 0 && opened < MOST && [...wanted].some(([path, found]) => found === undefined && !leftOut(role, path))) {
    // First what has the shape of a page that has no sample yet leads on to others: breadth first is enough.
    const href = queue.shift();
    opened += 1;
    const answer = await page.request.get(`${base}${href}`, { maxRedirects: 0 });
    if (answer.status() !== 200 || !(answer.headers()['content-type'] ?? '').startsWith('text/html')) continue;
    for (const next of links(await answer.text())) {
      if (seen.has(next)) continue;
      seen.add(next);
      // The first of a kind goes to the front: it may lead to what is still missing.
      const fresh = patterns.some(({ path, is }) => wanted.get(path) === undefined && is.test(next));
      if (fresh) queue.unshift(next); else queue.push(next);
      await note(next);
    }
  }
  assert.ok(opened <= MOST);
  return wanted;
}
