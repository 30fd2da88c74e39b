// Anybody, on any device, perhaps with somebody at their shoulder: find help, say nothing of who they are, leave at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW, as, inWelsh, open, tabTo } from './lib.mjs';
import { hands } from './hands.mjs';
import { look } from './steps.mjs';

async function walk(page, by) {
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  await open(page, '/');
  await by.press('main a[href="/find-help"]');
  await by.fill('words', 'somewhere to sleep');
  await by.fill('place', 'Nowhere-on-Sea');
  await by.press('main form[action="/find-help"] button');
  assert.ok(await page.locator('.govuk-error-summary').isVisible(), 'a place that is not known is asked for again');
  await look(page, 'public place unknown');
  await by.fill('place', 'Southwark');
  await by.tick('need', 'safe_accommodation');
  await by.press('main form[action="/find-help"] button');
  assert.ok((await page.locator('main .tl-card').count()) > 0, 'nothing was found');
  await look(page, 'public found');
  await by.press('main .tl-card a[href^="/services/"]');
  await look(page, 'public service');
  // What was asked is in no address: not in ours, and nothing was told to anybody else.
  for (const url of asked) assert.doesNotMatch(decodeURIComponent(url), /sleep|southwark|safe_accommodation|nowhere|\?(?!to=)/i);
  assert.match(page.url(), /\/services\/[^/?#]+$/);
}

const ways = [
  ['by keyboard alone', {}, { keyboard: true }],
  ['without JavaScript', { javaScript: false }, {}],
  ['on a narrow screen', { width: NARROW }, {}],
];
for (const [how, options, more] of ways) {
  test(`somebody finds help without leaving a trace, ${how}`, async () => {
    await as(options, (page) => walk(page, hands(page, more)));
  });
}

test('somebody finds help in Welsh', async () => {
  await as({}, (page) => inWelsh(page, () => walk(page, hands(page))));
});

test('C6 NE 17: one press leaves at once: the page is blank, what was typed is gone, back does not lead here', async () => {
  // The way out leads to another site, which no test may reach: what counts is what is left here.
  for (const how of ['press', 'keys']) {
    await as({}, async (page) => {
      await page.context().route('https://www.bbc.co.uk/**', (route) => route.fulfill({ contentType: 'text/html', body: '<title>Weather</title>' }));
      await open(page, '/find-help');
      await page.locator('#words').fill('words nobody may see');
      if (how === 'press') {
        await page.locator('.tl-exit a').click();
      } else {
        for (let i = 0; i < 3; i += 1) await page.keyboard.press('Shift');
      }
      await page.waitForURL('https://www.bbc.co.uk/**');
      assert.equal(await page.title(), 'Weather');
      await page.goBack().catch(() => null);
      assert.doesNotMatch(page.url(), /find-help/, 'back leads to where they were');
    });
  }
});

test('the way out is reached by keyboard before anything is typed, and works without JavaScript', async () => {
  await as({}, async (page) => {
    await open(page, '/find-help');
    await tabTo(page, /Exit this page/, 12);
  });
  await as({ javaScript: false }, async (page) => {
    await open(page, '/find-help');
    const exit = page.locator('.tl-exit a');
    assert.equal(await exit.getAttribute('rel'), 'nofollow noreferrer');
    assert.match(await exit.getAttribute('href'), /^https:\/\/www\.bbc\.co\.uk\/weather/);
  });
});
