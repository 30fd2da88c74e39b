// Ways to sign in besides the password, with others on the other side: a certified OpenID Connect service in a process of its own,
// and the browser's own passkeys.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NARROW, accessible, fits, heading, screenshot, visitor } from './lib.mjs';
import { startInstallation } from './installation.mjs';

const PASSWORD = 'three plain words here';
let at;
before(async () => { at = await startInstallation(); });
after(async () => { await at?.stop(); });

/** A fresh visitor of this installation, who may also go to the sign-in service. */
async function comes(body, { unwell = false, ...options } = {}) {
  const { page, problems, close } = await visitor({ baseURL: at.url, also: [at.issuer], ...options });
  // The page of the other service asks for a font of others: it gets none.
  await page.route('https://fonts.googleapis.com/**', (route) => route.fulfill({ body: '' }));
  try {
    await body(page);
    // Where a service is away on purpose, 503 is the answer that is looked at.
    assert.deepEqual(problems.filter((problem) => !(unwell && problem.includes('503'))), []);
  } catch (error) {
    await screenshot(page, `failed-${Date.now()}`).catch(() => {});
    throw error;
  } finally {
    await close();
  }
}

const path = (page) => new URL(page.url()).pathname;
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();

/** One page as everybody must be able to use it. */
async function looksRight(page, name) {
  await accessible(page, name);
  await screenshot(page, `keys ${name} wide`);
  await page.setViewportSize({ width: NARROW, height: 700 });
  await fits(page);
  await screenshot(page, `keys ${name} narrow`);
  await page.setViewportSize({ width: 1280, height: 900 });
}

async function withPassword(page) {
  await page.goto('/sign-in');
  await page.fill('[name=email]', 'ada@example.org');
  await page.fill('[name=password]', PASSWORD);
  await press(page, 'Sign in');
  await page.waitForURL('**/admin');
}

async function proves(page) {
  assert.equal(path(page), '/step-up');
  await page.fill('[name=password]', PASSWORD);
  await press(page, 'Continue');
}

/** Signs in at the other service, as whoever it is asked to believe. */
async function atProvider(page, who) {
  await page.waitForURL(`${at.issuer}/**`);
  const name = page.locator('[name=login]');
  if (await name.count()) {
    await name.fill(who);
    await page.fill('[name=password]', 'anything');
    await page.locator('button[type=submit]').click();
  }
  // It asks once whether we may know who they are.
  await page.waitForLoadState('load');
  if (page.url().startsWith(at.issuer)) await page.locator('button[type=submit]').click();
  await page.waitForURL(`${at.url}/**`);
}

test('the first person joins by the link, chooses a password and ties the account to the other service', async () => {
  await comes(async (page) => {
    await page.goto(at.welcome);
    await page.fill('[name=password]', PASSWORD);
    await press(page, 'Save password');
    await withPassword(page);
    await page.getByRole('link', { name: 'How you sign in' }).click();
    await proves(page);
    await page.waitForURL('**/keys');
    await looksRight(page, 'ways');
    await page.getByRole('button', { name: /Sign in with Example/ }).click();
    await atProvider(page, 'ada-there');
    await page.waitForURL('**/keys');
    assert.match(await page.locator('main').innerText(), /From now on you can sign in this way/);
    await looksRight(page, 'ways tied');
  });
});

for (const javaScript of [true, false]) {
  test(`whoever is tied signs in at the other service, JavaScript ${javaScript ? 'on' : 'off'}`, async () => {
    await comes(async (page) => {
      await page.goto('/sign-in');
      if (javaScript) await looksRight(page, 'sign in');
      await page.getByRole('link', { name: 'Sign in with Example sign-in' }).click();
      await atProvider(page, 'ada-there');
      await page.waitForURL('**/admin');
      assert.match(await page.locator('.tl-who').innerText(), /Ada Price/);
    }, { javaScript });
  });
}

test('whoever is not tied is told that they could not be let in, and is not', async () => {
  await comes(async (page) => {
    await page.goto('/sign-in');
    await page.getByRole('link', { name: 'Sign in with Example sign-in' }).click();
    await atProvider(page, 'ada@example.org');
    assert.equal(await heading(page), 'We could not let you in');
    await looksRight(page, 'not let in');
    await page.goto('/today');
    assert.equal(path(page), '/sign-in');
  });
});

test('proving oneself again works at the other service, which asks again', async () => {
  await comes(async (page) => {
    await page.goto('/sign-in');
    await page.getByRole('link', { name: 'Sign in with Example sign-in' }).click();
    await atProvider(page, 'ada-there');
    await page.waitForURL('**/admin');
    await page.goto('/keys');
    assert.equal(path(page), '/step-up');
    await looksRight(page, 'step up');
    await page.getByRole('link', { name: 'Sign in with Example sign-in' }).click();
    await atProvider(page, 'ada-there');
    await page.waitForURL('**/keys');
    await press(page, 'Lock screen');
    await page.waitForURL('**/locked');
    await page.getByRole('link', { name: 'Sign in with Example sign-in' }).click();
    await atProvider(page, 'ada-there');
    await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
    await page.goto('/admin');
    assert.equal(path(page), '/admin');
  });
});

test('an answer that another browser asked for lets nobody in', async () => {
  let answer;
  await comes(async (page) => {
    await page.goto('/sign-in');
    // Kept from the browser that asked: it is still good.
    await page.route(/\/sign-in\/finish/, (route) => { answer = route.request().url(); return route.fulfill({ body: 'kept' }); });
    await page.getByRole('link', { name: 'Sign in with Example sign-in' }).click();
    await atProvider(page, 'ada-there');
    await page.waitForURL('**/sign-in/finish?*');
  });
  assert.match(answer, /code=/);
  await comes(async (page) => {
    await page.goto(answer);
    assert.equal(await heading(page), 'This took too long');
    await page.goto('/today');
    assert.equal(path(page), '/sign-in');
  });
});

/** The browser's own passkeys, on a device that makes sure of its owner. */
async function device(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return { cdp, authenticatorId };
}

test('a passkey is added, signs in, proves, lifts the lock, and goes; a copy of it is stopped', async () => {
  await comes(async (page) => {
    const { cdp, authenticatorId } = await device(page);
    await withPassword(page);
    await page.goto('/keys');
    await proves(page);
    await page.waitForURL('**/keys');
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await looksRight(page, 'new passkey');
    await page.fill('[name=name]', 'Work laptop');
    await press(page, 'Add the passkey');
    await page.waitForURL('**/keys');
    assert.match(await page.locator('main').innerText(), /Work laptop/);
    await looksRight(page, 'with a passkey');
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();

    await page.waitForURL('**/sign-in');
    await page.getByRole('link', { name: 'Use a passkey' }).click();
    await looksRight(page, 'use a passkey');
    await press(page, 'Use a passkey');
    await page.waitForURL('**/admin');
    await page.goto('/keys');
    await page.getByRole('link', { name: 'Use a passkey' }).click();
    await press(page, 'Use a passkey');
    await page.waitForURL('**/keys');
    await press(page, 'Lock screen');
    await page.getByRole('link', { name: 'Use a passkey' }).click();
    await press(page, 'Use a passkey');
    await page.waitForURL((url) => url.pathname !== '/locked/passkey');
    await page.goto('/admin');
    assert.equal(path(page), '/admin');

    // A device that did not make sure of its owner is not believed.
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await page.goto('/step-up/passkey');
    await press(page, 'Use a passkey');
    await page.locator('[data-passkey-failed]').waitFor({ state: 'visible' });
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true });

    // Somebody copies it: the copy has not counted as far.
    const { credentials: [kept] } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
    await cdp.send('WebAuthn.clearCredentials', { authenticatorId });
    await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...kept, signCount: 1 } });
    await page.goto('/step-up/passkey');
    await press(page, 'Use a passkey');
    await page.locator('.govuk-error-summary').waitFor();
    await page.goto('/keys');
    if (path(page) === '/step-up') await proves(page);
    assert.match(await page.locator('main').innerText(), /somebody may have a copy/);
    await screenshot(page, 'keys copied');
    await press(page, 'Remove Work laptop');
    await page.waitForURL('**/keys');
    assert.doesNotMatch(await page.locator('main table').allInnerTexts().then((all) => all.join()), /Work laptop/);
  });
});

test('without JavaScript the page of a passkey says so, and the password is one link away', async () => {
  await comes(async (page) => {
    await page.goto('/sign-in/passkey');
    assert.match(await page.locator('main').innerText(), /Use your password instead/);
    assert.ok(!(await page.getByRole('button', { name: 'Use a passkey' }).isVisible()));
    await page.getByRole('link', { name: 'Use another way' }).click();
    assert.equal(path(page), '/sign-in');
  }, { javaScript: false });
});

// The last: from here on the other service is away.
test('when the other service is away that is said, and the password still signs in', async () => {
  await at.providerStop();
  await comes(async (page) => {
    await page.goto('/sign-in');
    await page.getByRole('link', { name: 'Sign in with Example sign-in' }).click();
    assert.equal(await heading(page), 'We cannot reach the other sign-in service');
    await looksRight(page, 'away');
    await withPassword(page);
  }, { unwell: true });
});
