// How a test becomes one of the demo's people: the only file that knows. The demo's sign-in page offers one button per
// role, so that a visitor to the demo can look at the service with different eyes; a test presses the same button.
import assert from 'node:assert/strict';
import { open } from './lib.mjs';

/** Sign in as the demo's person for this role ("work-coach", "Work coach": the same). Works without JavaScript. */
export async function signIn(page, role) {
  await open(page, '/sign-in');
  const words = role.replace(/[-_]/g, ' ').trim();
  const button = page.getByRole('button', { name: new RegExp(words, 'i') }).first();
  assert.ok(await button.count(), `the demo's sign-in page offers nobody for "${role}"`);
  await button.click();
  await page.waitForLoadState('load');
  assert.ok(!new URL(page.url()).pathname.startsWith('/sign-in'), `still on the sign-in page after choosing "${role}"`);
}
