// Runs the browser tests: one demo for all files, four files at a time: each signs in as itself.
//   node run.mjs                 every *.test.mjs here
//   node run.mjs pages journeys  only the files whose names start so
// THROUGHLINE_URL=http://127.0.0.1:8080 uses a demo that already runs.
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startDemo } from './server.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
const files = (await readdir(here))
  .filter((name) => name.endsWith('.test.mjs'))
  .filter((name) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)))
  // The longest first, so that it does not run alone at the end.
  .sort((a, b) => Number(b.startsWith('pages')) - Number(a.startsWith('pages')) || a.localeCompare(b));
if (files.length === 0) {
  console.error(`no test file starts with: ${wanted.join(', ')}`);
  process.exit(2);
}

const demo = process.env.THROUGHLINE_URL ? null : await startDemo();
const runner = spawn(process.execPath, ['--test', '--test-concurrency=4', '--test-reporter=spec', ...files], {
  cwd: here,
  stdio: 'inherit',
  env: { ...process.env, THROUGHLINE_URL: process.env.THROUGHLINE_URL ?? demo.url },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => runner.kill(signal));
const code = await new Promise((done) => runner.once('close', (status) => done(status ?? 1)));
if (demo) {
  if (code !== 0) console.log(`-- the demo said, last:\n${demo.log().split('\n').slice(-30).join('\n')}`);
  await demo.stop();
}
process.exitCode = code;
