// Makes or uses a passkey: asks the browser, puts its answer into the form and sends that like any other.
const form = document.querySelector('form[data-passkey]')
const { passkey, challenge, host, service, user, name, known } = form.dataset
const bytes = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0))
const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
const put = (field, value) => { form.elements[field].value = value === null ? '' : text(value) }

const make = async () => {
  const { rawId, response } = await navigator.credentials.create({
    publicKey: {
      challenge: bytes(challenge),
      rp: { id: host, name: service },
      user: { id: bytes(user), name, displayName: name },
      pubKeyCredParams: [-7, -257].map(alg => ({ type: 'public-key', alg })),
      authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      excludeCredentials: known.split(' ').filter(Boolean).map(id => ({ type: 'public-key', id: bytes(id) })),
      attestation: 'none'
    }
  })
  put('credential', rawId)
  put('client', response.clientDataJSON)
  put('device', response.getAuthenticatorData())
  put('key', response.getPublicKey())
}

const use = async () => {
  const { rawId, response } = await navigator.credentials.get({
    publicKey: { challenge: bytes(challenge), rpId: host, userVerification: 'required' }
  })
  put('credential', rawId)
  put('client', response.clientDataJSON)
  put('device', response.authenticatorData)
  put('signature', response.signature)
  put('user', response.userHandle)
}

if (window.PublicKeyCredential) {
  const failed = document.querySelector('[data-passkey-failed]')
  document.querySelector('[data-passkey-without]').hidden = true
  form.hidden = false
  form.addEventListener('submit', async event => {
    event.preventDefault()
    failed.hidden = true
    try {
      await (passkey === 'make' ? make() : use())
      form.submit()
    } catch {
      failed.hidden = false
    }
  })
}
