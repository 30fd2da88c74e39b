// A sign-in service that is not ours: oidc-provider (certified OpenID Connect), as a process of its own, in memory. Whoever gives a
// name is let in by it, whatever the password: what is looked at is what our side does with its answers.
//   node provider.mjs PORT CLIENT SECRET BACK
import { Provider } from 'oidc-provider';

const [port, client, secret, back] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: client, client_secret: secret, redirect_uris: [back], response_types: ['code'], grant_types: ['authorization_code'] }],
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  cookies: { keys: ['only for a test'] },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listening'));
