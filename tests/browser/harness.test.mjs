// The negative controls: each assertion of lib.mjs must fail on a page that is wrong in just that way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NARROW, accessible, as, fits, open, printed, tabTo, visitor } from './lib.mjs';

const wrap = (body) => `<!doctype html><html lang="en"><title>Control</title><main><h1>Control</h1>${body}</main></html>`;

test('a field without a label is not accessible', async () => {
  await as({}, async (page) => {
    await page.setContent(wrap('<label>Name <input></label>'));
    await accessible(page);
    await page.setContent(wrap('<input>'));
    await assert.rejects(accessible(page), /label/);
  });
});

test('a box wider than the screen does not fit', async () => {
  await as({ width: NARROW }, async (page) => {
    await page.setContent(wrap('<p>Short.</p>'));
    await fits(page);
    await page.setContent(wrap('<div id="wide" style="width:600px">Long.</div>'));
    await assert.rejects(fits(page), /id="wide"/);
  });
});

test('D4 a page that asks another host, throws or writes an error is caught', async () => {
  const { page, problems, close } = await visitor();
  await page.setContent(wrap('<img alt="" src="http://203.0.113.1/pixel.gif"><script>console.error("no"); throw new Error("thrown")</script>'));
  await close();
  assert.equal(problems.length >= 3, true, problems.join('\n'));
  for (const word of ['another host', 'console: no', 'thrown']) assert.ok(problems.some((p) => p.includes(word)), word);
});

test('a control the keyboard cannot reach is missed', async () => {
  await as({}, async (page) => {
    await page.setContent(wrap('<button>Send</button>'));
    await tabTo(page, 'Send', 5);
    await page.setContent(wrap('<button tabindex="-1">Send</button>'));
    await assert.rejects(tabTo(page, 'Send', 5), /no way to/);
  });
});

test('a page that prints what is not for paper is caught', async () => {
  await as({}, async (page) => {
    await open(page, '/');
    await printed(page, 'nothing');
    // A row that says nothing, and a page that prints all the same.
    await page.evaluate(() => document.body.classList.remove('tl-prints-nothing'));
    await assert.rejects(printed(page, 'nothing'), /not for paper/);
    await assert.rejects(printed(page, 'marked'), /not for paper/);
    // A page that prints more than is marked.
    await page.evaluate(() => document.querySelector('main').insertAdjacentHTML('beforeend', '<div class="tl-paper">A letter</div>'));
    await assert.rejects(printed(page, 'marked'), /more than is marked/);
    await page.evaluate(() => document.body.classList.add('tl-prints-paper'));
    await printed(page, 'marked');
  });
});
