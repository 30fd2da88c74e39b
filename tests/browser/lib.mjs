// What every browser test stands on: a browser that cannot leave the machine, pages that report on themselves, and the
// assertions that hold on every page. To add a helper: only when a second test needs it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

/** The address of the demo under test. */
export const base = process.env.THROUGHLINE_URL ?? 'http://127.0.0.1:8080';

/** The narrowest screen a page must fit without scrolling sideways (WCAG 1.4.10), in CSS pixels. */
export const NARROW = 320;

const out = fileURLToPath(new URL('./out/', import.meta.url));
const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// The shell of Chromium that has no window needs half the time of the whole one, for the same pages.
export const executablePath = [
  process.env.CHROMIUM,
  ...['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`),
].find((path) => path && existsSync(path));

let browser = null;
/** The browser of this test file, started once and closed after the last test. */
async function launch() {
  if (!browser) {
    assert.ok(executablePath, 'Chromium is not installed (Debian: apt-get install chromium), and CHROMIUM names none');
    browser = await chromium.launch({
      executablePath,
      headless: true,
      args: [
        '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--disable-extensions',
        // Not by trust: no other name resolves, so nothing can be fetched from elsewhere.
        '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
      ],
    });
  }
  return browser;
}
after(async () => { await browser?.close(); });

/**
 * A fresh visitor: no cookies, no history. Gives `{ page, problems, close }`.
 * `problems` collects what no page may do: write an error to the console, throw, ask another host, or answer 5xx.
 * `also`: other origins that this visitor may go to.
 */
export async function visitor({ javaScript = true, width = 1280, height = 900, also = [], ...more } = {}) {
  const context = await (await launch()).newContext({
    baseURL: base, javaScriptEnabled: javaScript, viewport: { width, height }, locale: 'en-GB', timezoneId: 'Europe/London', ...more,
  });
  context.setDefaultTimeout(15_000);
  const problems = [];
  const ours = [more.baseURL ?? base, ...also].map((url) => new URL(url).origin);
  await context.route((url) => !ours.includes(url.origin) && url.protocol.startsWith('http'), (route) => {
    problems.push(`asked another host: ${route.request().url()}`);
    return route.abort();
  });
  context.on('page', (page) => {
    page.on('console', (message) => {
      // A page that answers 404 or 422 on purpose makes Chromium say so: the answer itself is what a test looks at.
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) problems.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => problems.push(`script: ${error.message}`));
    page.on('response', (response) => {
      if (response.status() >= 500) problems.push(`${response.status()} from ${response.url()}`);
    });
  });
  const page = await context.newPage();
  return { page, context, problems, close: () => context.close() };
}

/** Run `body(page)` as a fresh visitor, then insist that no page did what none may do. */
export async function as(options, body) {
  const { page, problems, close } = await visitor(options);
  try {
    await body(page);
    assert.deepEqual(problems, []);
  } catch (error) {
    await screenshot(page, `failed-${Date.now()}`).catch(() => {});
    throw error;
  } finally {
    await close();
  }
}

/** Open a path and insist on the status. */
export async function open(page, path, status = 200) {
  const response = await page.goto(path, { waitUntil: 'load' });
  assert.equal(response.status(), status, `${path} answered ${response.status()}`);
  return response;
}

/** No violation that axe-core can see, in WCAG 2.2 AA and its best practices. Needs a visitor with JavaScript. */
export async function accessible(page, where = page.url()) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    resultTypes: ['violations'],
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  const told = violations.flatMap((v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${v.help}\n    ${n.target.join(' ')}\n    ${n.html}`));
  assert.deepEqual(told, [], `axe-core on ${where}:\n${told.join('\n')}`);
}

/** The page fits the screen: nobody has to scroll sideways to read. */
export async function fits(page) {
  const { wide, room, widest } = await page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    // Name the culprit: the innermost element that sticks out and is not inside something that scrolls by itself.
    const scrolls = (e) => e && (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
    const out = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > room + 1 && !scrolls(e.parentElement));
    return { wide: document.documentElement.scrollWidth, room, widest: out.at(-1)?.outerHTML.slice(0, 200) };
  });
  assert.ok(wide <= room, `${page.url()} is ${wide} px wide on a ${room} px screen; look at ${widest}`);
}

/** What the keyboard is on: `{ tag, name, visible }`. */
export function focused(page) {
  return page.evaluate(() => {
    const e = document.activeElement;
    const label = e.labels?.[0]?.textContent ?? e.getAttribute('aria-label') ?? e.textContent ?? '';
    const box = e.getBoundingClientRect();
    return { tag: e.tagName.toLowerCase(), name: (label || e.value || '').trim().replace(/\s+/g, ' '), visible: box.width > 0 && box.height > 0 };
  });
}

/** Press Tab until the keyboard is on something with this name (a string: exactly; or a pattern). */
export async function tabTo(page, name, most = 200) {
  const is = (text) => (name instanceof RegExp ? name.test(text) : text === name);
  for (let i = 0; i < most; i += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    if (now.tag !== 'body' && is(now.name)) {
      assert.ok(now.visible, `the keyboard is on "${now.name}", which cannot be seen`);
      return;
    }
  }
  assert.fail(`no way to "${name}" by keyboard on ${page.url()}`);
}

/** Keep a picture in out/. The name says which page and which state. */
export async function screenshot(page, name) {
  await mkdir(out, { recursive: true });
  await page.screenshot({ path: `${out}${name.replace(/[^a-z0-9]+/gi, '-').replace(/^-|-$/g, '').toLowerCase()}.jpg`, type: 'jpeg', quality: 75, fullPage: true });
}

/** The main heading, in words. */
export async function heading(page) {
  return (await page.locator('h1').first().innerText()).trim().replace(/\s+/g, ' ');
}

/** The same page with letters `times` as large as usual, then as before. */
export async function zoomed(page, times, body) {
  await page.evaluate((size) => { document.documentElement.style.fontSize = size; }, `${times * 100}%`);
  try { await body(); } finally { await page.evaluate(() => { document.documentElement.style.fontSize = ''; }); }
}

const plain = (words) => words.replace(/\s+/g, ' ').trim();

/**
 * What a printer would make of a page (ASSURANCE D7). `prints` is what its row in the list of pages says: `nothing` but a line that
 * says so; what is `marked` for paper, and else nothing; or the `whole` of it, without what is of use on a screen only.
 */
export async function printed(page, prints) {
  await page.emulateMedia({ media: 'print' });
  try {
    const { words, marked } = await page.evaluate(() => ({
      words: document.body.innerText,
      marked: [...document.querySelectorAll('.tl-paper')].map((part) => part.innerText).join(' '),
    }));
    if (prints !== 'whole') {
      const line = /^(This page is not for paper\.|Nid yw’r dudalen hon ar gyfer papur\.)$/;
      if (prints === 'marked' && marked) assert.equal(plain(words), plain(marked), `${page.url()} prints more than is marked`);
      else assert.match(plain(words), line, `${page.url()} prints what is not for paper`);
      return;
    }
    assert.ok(await page.locator('h1').first().isVisible(), `the heading of ${page.url()} is not printed`);
    assert.ok(await page.locator('.tl-print-heading').isVisible(), `${page.url()} has no neutral heading on paper`);
    const left = await page.evaluate(() => {
      const only = 'header, footer, nav, .tl-exit, .tl-demo-bar, .govuk-back-link, .govuk-button, .govuk-skip-link, .moj-sub-navigation';
      return [...document.querySelectorAll(only)].filter((e) => e.checkVisibility()).map((e) => e.outerHTML.slice(0, 120));
    });
    assert.deepEqual(left, [], `${page.url()} prints what is of no use on paper`);
  } finally {
    await page.emulateMedia({ media: null });
  }
}

/** What `body` opens is in Welsh; afterwards pages are in English again. Gives what `body` gives. */
export async function inWelsh(page, body) {
  const cookie = (value) => page.context().addCookies([{ name: 'lang', value, url: base }]);
  await cookie('cy');
  try { return await body(); } finally { await cookie('en'); }
}

/** Prove oneself again. Nobody the demo begins with has a password: there the field stays empty. */
export async function stepUp(page, password = '') {
  await open(page, '/step-up');
  await page.locator('#password').fill(password);
  await page.locator('main form button[type=submit], main form button:not([type])').last().click();
  await page.waitForLoadState('load');
  assert.ok(!new URL(page.url()).pathname.startsWith('/step-up'), 'the proof was not taken');
}
