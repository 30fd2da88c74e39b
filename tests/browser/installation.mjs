// An installation of its own, as a service would set one up, at a name (a passkey needs one), with a sign-in service of others.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { binary, freePort } from './server.mjs';

const SECRET = 'a secret, with signs: 100% & more';

async function answers(url) {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await fetch(url).then((answer) => answer.ok, () => false)) return;
    await sleep(100);
  }
  assert.fail(`${url} does not answer`);
}

/** Start it: `{ url, issuer, welcome, providerStop, stop }`. `welcome` is the link of the first administrator. */
export async function startInstallation() {
  const data = await mkdtemp(join(tmpdir(), 'throughline-keys-'));
  const [port, providerPort] = [await freePort(), await freePort()];
  const [url, issuer] = [`http://localhost:${port}`, `http://127.0.0.1:${providerPort}`];
  const config = join(data, 'throughline.toml');
  await writeFile(join(data, 'secret'), `${SECRET}\n`, { mode: 0o400 });
  await writeFile(config, `
[server]
bind = "127.0.0.1:${port}"
base_url = "${url}"
[database]
sqlite = "${join(data, 'throughline.db')}"
[keys]
file = "${join(data, 'root.key')}"
[mail]
folder = true
[sign_in.oidc]
issuer = "${issuer}"
client_id = "throughline"
secret_file = "${join(data, 'secret')}"
name = "Example sign-in"
`);
  const say = (...words) => execFileSync(binary, ['--config', config, ...words], { encoding: 'utf8' });
  say('migrate', '--new-key');
  const made = JSON.parse(say('set-up', '--organisation', 'North', '--admin-name', 'Ada Price', '--admin-email', 'ada@example.org', '--json'));
  const here = fileURLToPath(new URL('.', import.meta.url));
  const start = (program, words) => spawn(program, words, { cwd: here, stdio: ['ignore', 'ignore', process.env.LOUD ? 'inherit' : 'ignore'] });
  const provider = start(process.execPath, ['provider.mjs', providerPort, 'throughline', SECRET, `${url}/sign-in/back`].map(String));
  const server = start(binary, ['--config', config, 'serve']);
  const end = async (child) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('close', done));
    child.kill('SIGTERM');
    await ended;
  };
  const stop = async () => {
    await end(server);
    await end(provider);
    await rm(data, { recursive: true, force: true });
  };
  try {
    await answers(`${url}/readyz`);
    await answers(`${issuer}/.well-known/openid-configuration`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, issuer, welcome: made.link, providerStop: () => end(provider), stop };
}
