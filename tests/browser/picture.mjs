// Makes the picture of the README anew: what a work coach of the demo finds for somebody with two children.
//   THROUGHLINE_URL=http://127.0.0.1:8080 node picture.mjs
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { open, visitor } from './lib.mjs';
import { signIn } from './sign-in.mjs';
import { unfold } from './steps.mjs';

const folder = fileURLToPath(new URL('../../docs/images/', import.meta.url));
await mkdir(folder, { recursive: true });
const { page } = await visitor({ height: 1240 });
await signIn(page, 'work coach');
await open(page, '/find');
await unfold(page);
await page.locator('main [name=place]').fill('Southwark');
await page.locator('main [name=need][value=safe_accommodation]').check();
await page.locator('main [name=children][value=yes]').check();
await page.locator('main [name=ages]').fill('4, 9');
await page.locator('main [name=avoid]').fill('Lewisham');
await Promise.all([page.waitForEvent('load'), page.locator('main form button').last().click()]);
await page.screenshot({ path: `${folder}find.png` });
await page.context().browser().close();
