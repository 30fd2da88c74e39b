// What a shared device keeps when somebody has gone: nothing by Back after signing out (D1), nothing told to the site that a link
// leads to (D2), nothing in the browser's own stores (D5), and nothing of a screen that was turned to the person (C6). Each check
// is run once more against a set-up that is broken on purpose, and must fail there.
import assert from 'node:assert/strict';
import { createServer, request } from 'node:http';
import { after, test } from 'node:test';
import { chromium } from 'playwright-core';
import { as, base, executablePath, open, visitor } from './lib.mjs';
import { hands } from './hands.mjs';
import { sendFind } from './steps.mjs';
import { signIn } from './sign-in.mjs';

// ---------------------------------------------------------------- D1: Back after signing out

/** A browser that keeps whole pages for Back, as people's own do: Playwright turns that off, and a test that listens in on requests would turn it off again. */
const keeping = await chromium.launch({
  executablePath,
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--enable-features=BackForwardCache,CacheControlNoStoreEnterBackForwardCache'],
  ignoreDefaultArgs: ['--disable-back-forward-cache'],
});
after(() => keeping.close());

/** The demo behind a door of its own, whose answers `change` may alter. Gives `{ url, close }`. */
async function door(change = (headers) => headers) {
  const own = new URL(base);
  const server = createServer((asked, answer) => {
    const on = request({ host: own.hostname, port: own.port, method: asked.method, path: asked.url, headers: asked.headers }, (got) => {
      answer.writeHead(got.statusCode, change({ ...got.headers }));
      got.pipe(answer);
    });
    asked.pipe(on);
  });
  await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => { server.closeAllConnections(); server.close(); } };
}

/** Signs in, opens somebody's case, signs out, presses Back. Gives the name on the case and what the screen says then. */
async function backAfterSigningOut(url) {
  const context = await keeping.newContext({ baseURL: url, locale: 'en-GB' });
  try {
    const page = await context.newPage();
    await signIn(page, 'work coach');
    await page.goto('/cases');
    const link = page.locator('main .tl-card a[href^="/cases/"]').first();
    const name = (await link.innerText()).trim();
    await Promise.all([page.waitForEvent('load'), link.click()]);
    assert.ok((await page.locator('main').innerText()).includes(name), `${name} is not on the page of their case`);
    await Promise.all([page.waitForEvent('load'), page.locator('form[action="/sign-out"] button').first().click()]);
    await page.goBack().catch(() => null);
    await page.waitForTimeout(500);
    return { name, said: await page.locator('body').innerText() };
  } finally {
    await context.close();
  }
}

test('D1 back after signing out shows nobody', async () => {
  const own = await door();
  const { name, said } = await backAfterSigningOut(own.url).finally(own.close);
  assert.ok(!said.includes(name), `${name} is on the screen after signing out:\n${said}`);
});

test('back after signing out would show somebody if pages could be kept', async () => {
  const careless = await door((headers) => {
    delete headers['clear-site-data'];
    return { ...headers, 'cache-control': 'max-age=600' };
  });
  const { name, said } = await backAfterSigningOut(careless.url).finally(careless.close);
  assert.ok(said.includes(name), 'a page that may be kept was not: the check above proves nothing');
});

// ---------------------------------------------------------------- D2: a link that leaves

/** Clicks a link that leaves on the page of a service, after `change` had its way with it. Gives what the other site was told. */
async function told(change = () => {}) {
  const { page, context, close } = await visitor();
  try {
    // The council's feed of the demo has one with a site of its own.
    await open(page, '/find-help');
    await page.locator('#words').fill('kitchen');
    await Promise.all([page.waitForEvent('load'), page.locator('main form button').last().click()]);
    const services = await page.locator('main .tl-card a[href^="/services/"]').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    for (const service of services.slice(0, 12)) {
      await open(page, service);
      const link = page.locator('main a[href^="http"]').first();
      if (!(await link.count())) continue;
      const to = new URL(await link.getAttribute('href'));
      let referrer;
      await context.route(`${to.origin}/**`, async (route) => {
        referrer = (await route.request().allHeaders()).referer ?? null;
        await route.fulfill({ contentType: 'text/html', body: '<title>Elsewhere</title>' });
      });
      await link.evaluate(change);
      const opened = context.waitForEvent('page', { timeout: 3_000 }).catch(() => page);
      await link.click();
      const there = await opened;
      await there.waitForURL(`${to.origin}/**`);
      return referrer;
    }
    return assert.fail('no service on the first page has a site of its own');
  } finally {
    await close();
  }
}

test('D2 a site that a link leads to is not told where they came from', async () => {
  assert.equal(await told(), null);
  const careless = await told((link) => {
    link.rel = '';
    link.referrerPolicy = 'unsafe-url';
  });
  assert.match(careless ?? '', /\/services\//, 'the check would not see where they came from');
});

// ---------------------------------------------------------------- D5: the browser's own stores

/** What a page has left with the browser, besides its cookies. */
const left = (page) => page.evaluate(async () => ({
  local: { ...localStorage },
  session: { ...sessionStorage },
  databases: (await indexedDB.databases()).map(({ name }) => name),
  caches: await caches.keys(),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  readable: document.cookie,
}));
const nothing = { local: {}, session: {}, databases: [], caches: [], workers: 0, readable: '' };

test('D5 a whole journey leaves nothing in the browser', async () => {
  await as({}, async (page) => {
    await sendFind(page, '/find-help');
    assert.deepEqual(await left(page), nothing);
    await signIn(page, 'work coach');
    const by = hands(page);
    await open(page, '/with-me');
    await by.press('main button[name=mode][value=in_person]');
    for (const [name, value] of [['alone', 'yes'], ['overheard', 'nobody'], ['interpreter', 'none']]) await by.choose(name, value);
    await by.press('main form[action$="/first"] button');
    await page.locator('main textarea').first().fill('words that are kept by the server');
    await page.waitForTimeout(1_500);
    assert.deepEqual(await left(page), nothing);
    for (const path of ['/today', '/cases', '/find', '/emergency']) {
      await open(page, path);
      assert.deepEqual(await left(page), nothing, path);
    }
    // The same look finds what a script would leave.
    await page.evaluate(() => { localStorage.setItem('told', 'words'); document.cookie = 'told=words'; });
    assert.notDeepEqual(await left(page), nothing);
  });
});

// ---------------------------------------------------------------- C6: a screen that is turned to the person

/** Turns the screen to the person, leaves by the way out; gives whether Back leads to the turned screen again. */
async function leave(page) {
  await page.context().route('https://www.bbc.co.uk/**', (route) => route.fulfill({ contentType: 'text/html', body: '<title>Weather</title>' }));
  await signIn(page, 'work coach');
  await sendFind(page, '/find');
  await Promise.all([page.waitForEvent('load'), page.locator('form[action="/find/turned"] button').first().click()]);
  const shown = await page.locator('main h1').innerText();
  await page.locator('.tl-exit a').click();
  await page.waitForURL('https://www.bbc.co.uk/**');
  assert.equal(await page.title(), 'Weather');
  await page.goBack().catch(() => null);
  await page.waitForLoadState('load').catch(() => null);
  return (await page.locator('main h1').innerText({ timeout: 2_000 }).catch(() => '')) === shown;
}

test('a turned screen is left at once and nothing leads back', async () => {
  await as({}, async (page) => { assert.equal(await leave(page), false); });
});

test('a turned screen is left at once also without JavaScript', async () => {
  // A plain link: Back is then the browser's own, and asks whether to send the form again.
  await as({ javaScript: false }, async (page) => { await leave(page); });
});
