// The demo, started and stopped. Shared by run.mjs (one for all files) and by a test that needs one of its own.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The binary under test: THROUGHLINE_BIN, or the one a plain `cargo build` leaves. */
export const binary = process.env.THROUGHLINE_BIN ?? fileURLToPath(new URL('../../target/debug/throughline', import.meta.url));

/** A port nobody listens on, as far as the system knows. */
export function freePort() {
  return new Promise((found, failed) => {
    const probe = createServer();
    probe.once('error', failed);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => found(port));
    });
  });
}

/** Start a demo in a folder of its own; resolves when /readyz says yes. `stop()` ends it and removes the folder. */
export async function startDemo({ seed = 7, people = 300, patience = 120_000 } = {}) {
  const data = await mkdtemp(join(tmpdir(), 'throughline-browser-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const words = ['demo', '--data', data, '--port', port, '--seed', seed, '--people', people, '--no-browser'].map(String);
  const child = spawn(binary, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => said.push(text));
  }
  const ended = new Promise((done) => child.once('close', done).once('error', (e) => done(e)));
  let over = null;
  ended.then((how) => { over = { how }; });
  const stop = async () => {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
    await rm(data, { recursive: true, force: true });
  };
  const log = () => said.join('');
  const deadline = Date.now() + patience;
  while (!(await ready(url))) {
    if (over || Date.now() > deadline) {
      await stop();
      throw new Error(`the demo (${binary} ${words.join(' ')}) ${over ? `ended (${over.how})` : 'was not ready in time'}:\n${log()}`);
    }
    await sleep(100);
  }
  return { url, data, port, log, stop, pid: child.pid };
}

async function ready(url) {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}
