// What the pages gain from JavaScript. All of it works without: this only makes it quicker or quieter.
import * as govuk from './govuk-frontend.min.js'

const { body, documentElement: root } = document
body.classList.add('js-enabled')
if ('noModule' in HTMLScriptElement.prototype) body.classList.add('govuk-frontend-supported')
// Each by itself, so that one that fails does not take the others with it. Not ExitThisPage: ours replaces the page in
// the history as well.
for (const name of ['Button', 'CharacterCount', 'Checkboxes', 'ErrorSummary', 'NotificationBanner', 'PasswordInput', 'Radios', 'ServiceNavigation', 'SkipLink', 'Tabs']) {
  try { govuk.createAll(govuk[name]) } catch { /* the page works without */ }
}
// A radio button may not say that it is expanded (WAI-ARIA 1.2); what it opens follows it, and that is said in words.
const quiet = () => { for (const radio of document.querySelectorAll('input[type=radio][aria-expanded]')) radio.removeAttribute('aria-expanded') }
quiet()
addEventListener('click', quiet)
addEventListener('pageshow', quiet)

// Leave: blank at once, forget what was typed, replace this page in the history.
const exit = document.querySelector('[data-tl-exit] a')
if (exit) {
  const leave = event => {
    event?.preventDefault()
    root.classList.add('tl-gone')
    document.title = '\u00a0'
    for (const form of document.forms) form.reset()
    location.replace(exit.href)
  }
  exit.addEventListener('click', leave)
  let presses = 0
  let timer
  let alone = false
  addEventListener('keydown', event => { alone = event.key === 'Shift' && !event.repeat })
  addEventListener('keyup', event => {
    if (event.key !== 'Shift' || !alone) { presses = 0; return }
    presses += 1
    clearTimeout(timer)
    timer = setTimeout(() => { presses = 0 }, 5000)
    if (presses === 3) leave()
  })
}
// A page kept by the browser for "back" may be out of date or not for these eyes.
addEventListener('pageshow', event => { if (event.persisted) location.reload() })

// Drafts: saved a second after the last key, and when the page is left.
for (const form of document.querySelectorAll('form[data-autosave]')) {
  const said = form.querySelector('[data-saved-words]')
  let timer
  let dirty = false
  let sent = false
  let going
  const save = async last => {
    clearTimeout(timer)
    if (!dirty || sent || root.classList.contains('tl-gone')) return
    dirty = false
    try {
      const answer = await fetch(form.dataset.autosave, { method: 'POST', body: new URLSearchParams(new FormData(form)), credentials: 'same-origin', keepalive: last, redirect: 'error', signal: (going = new AbortController()).signal })
      if (!answer.ok) throw answer
      if (said) { said.hidden = false; said.textContent = said.dataset.savedWords }
    } catch {
      dirty = true
      if (said) { said.hidden = true }
      if (!last) timer = setTimeout(save, 10000)
    }
  }
  form.addEventListener('input', () => { dirty = true; clearTimeout(timer); timer = setTimeout(save, 1000) })
  form.addEventListener('submit', () => { sent = true; clearTimeout(timer); going?.abort() })
  addEventListener('pagehide', () => { save(true) })
}

for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false
  button.addEventListener('click', () => print())
}

// Passkeys: only where a page has a form for one.
if (document.querySelector('form[data-passkey]')) import('./passkey.js')
