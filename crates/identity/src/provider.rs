//! The organisation's own sign-in service: OpenID Connect, authorization code with a proof key (OpenID Connect Core 1.0; RFC 7636,
//! 9207, 9700). Here is what is said to it and what of its answer is believed; [`crate::outside`] says what follows.

use std::sync::{Arc, Mutex};

use serde::Deserialize;
use subtle::ConstantTimeEq as _;
use throughline_core::time::At;
use tokio::sync::Semaphore;

use crate::flow::Flow;
use crate::signature::{Jwk, base64url, from_base64url};

/// For how many seconds the service's own description and keys are believed.
const KEPT_SECONDS: i64 = 3_600;
/// How many ask it at once: one that hangs must not hold every thread that passwords are checked on.
const AT_ONCE: usize = 16;
/// How far its clock may be from ours, in seconds.
const SKEW_SECONDS: i64 = 60;

/// Which service, and what is believed of it.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Its issuer, to the letter.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// The secret it gave us; without one the proof key alone stands for us.
    pub secret: Option<String>,
    /// What people call it, for the button.
    pub name: String,
    /// Values of `acr` that mean that two factors were asked.
    pub second_factor_acr: Vec<String>,
    /// Values in `amr` that mean the same.
    pub second_factor_amr: Vec<String>,
    /// Where it sends people back to: one of our pages.
    pub back: String,
}

/// How questions to the service travel. Blocking: it is called off the async threads.
pub trait Wire: Send + Sync {
    /// Fetches a document. Errors say why it did not come; they go into the log.
    fn get(&self, url: &str) -> Result<Vec<u8>, String>;
    /// Posts a form, with a value for `Authorization` where there is one; gives the status and the answer.
    fn post(
        &self,
        url: &str,
        form: &str,
        authorization: Option<&str>,
    ) -> Result<(u16, Vec<u8>), String>;
}

/// The service, with what was learnt of it.
pub struct Provider {
    settings: Settings,
    wire: Box<dyn Wire>,
    known: Mutex<Option<Known>>,
    turns: Arc<Semaphore>,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Provider")
    }
}

#[derive(Clone)]
struct Known {
    at: At,
    about: Arc<About>,
    keys: Arc<Vec<Jwk>>,
}

/// What the service says of itself (OpenID Connect Discovery 1.0).
#[derive(Debug, Deserialize)]
struct About {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    end_session_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Why nobody is let in by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// It cannot be reached, or does not speak as it should. In words for the log.
    Away(String),
    /// Its answer is not to be believed: why, for the log.
    Not(&'static str),
}

/// What came back with the browser.
#[derive(Debug, Clone, Copy)]
pub struct Returned<'a> {
    /// The code to redeem.
    pub code: &'a str,
    /// Which way it belongs to.
    pub state: &'a str,
    /// Who says so, where it says (RFC 9207).
    pub issuer: &'a str,
}

/// What is believed of somebody after everything was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Believed {
    /// What the service calls them.
    pub subject: String,
    /// Whether it asked two factors.
    pub two_factors: bool,
    /// Whether they proved themselves to it since this way began.
    pub fresh: bool,
}

/// What of an answer is checked against.
pub(crate) struct Expected<'a> {
    pub(crate) state: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) proof_key: &'a str,
    /// When the way began.
    pub(crate) begun: At,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nonce: String,
    acr: Option<String>,
    #[serde(default)]
    amr: Vec<String>,
    auth_time: Option<i64>,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// Text as it stands in a query or a form.
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    pairs.join("&")
}

/// Whether an address is on this machine, where TLS adds nothing.
pub fn is_at_home(url: &str) -> bool {
    ["127.0.0.1", "localhost"].iter().any(|host| {
        url.strip_prefix("http://")
            .and_then(|rest| rest.strip_prefix(host))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    })
}

impl Provider {
    /// A service that nothing is known of yet.
    pub fn new(settings: Settings, wire: Box<dyn Wire>) -> Self {
        Self {
            settings,
            wire,
            known: Mutex::default(),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// Its issuer.
    pub fn issuer(&self) -> &str {
        &self.settings.issuer
    }

    fn may_ask(&self, url: &str) -> Result<(), Wrong> {
        if url.starts_with("https://") || (is_at_home(&self.settings.issuer) && is_at_home(url)) {
            Ok(())
        } else {
            Err(Wrong::Away("an address of it is not https".to_owned()))
        }
    }

    fn fetch<T: serde::de::DeserializeOwned>(&self, url: &str) -> Result<T, Wrong> {
        self.may_ask(url)?;
        let body = self.wire.get(url).map_err(Wrong::Away)?;
        serde_json::from_slice(&body)
            .map_err(|_| Wrong::Away(format!("{url} is not what it should be")))
    }

    /// What is known of it, asked again after an hour, or at once where `again`.
    fn known(&self, now: At, again: bool) -> Result<Known, Wrong> {
        let kept = self.known.lock().ok().and_then(|known| known.clone());
        if let Some(known) = kept
            && !again
            && now.seconds_since(known.at) < KEPT_SECONDS
        {
            return Ok(known);
        }
        let issuer = self.settings.issuer.trim_end_matches('/');
        let about: About = self.fetch(&format!("{issuer}/.well-known/openid-configuration"))?;
        if about.issuer != self.settings.issuer {
            return Err(Wrong::Away("it says that it is another issuer".to_owned()));
        }
        for url in [&about.authorization_endpoint, &about.token_endpoint] {
            self.may_ask(url)?;
        }
        let set: KeySet = self.fetch(&about.jwks_uri)?;
        let keys = set
            .keys
            .into_iter()
            .filter_map(|key| serde_json::from_value(key).ok())
            .collect();
        let known = Known {
            at: now,
            about: Arc::new(about),
            keys: Arc::new(keys),
        };
        if let Ok(mut kept) = self.known.lock() {
            *kept = Some(known.clone());
        }
        Ok(known)
    }

    /// Where to send somebody, to sign in there. `fresh`: they are asked to prove themselves now, also when they are signed in there.
    pub(crate) fn way_there(
        &self,
        now: At,
        expected: &Expected<'_>,
        fresh: bool,
    ) -> Result<String, Wrong> {
        // Asked each time: one that is away is noticed before somebody is sent there.
        let known = self.known(now, true)?;
        let challenge = base64url(
            ring::digest::digest(&ring::digest::SHA256, expected.proof_key.as_bytes()).as_ref(),
        );
        let mut pairs = vec![
            ("response_type", "code"),
            ("scope", "openid"),
            ("client_id", self.settings.client_id.as_str()),
            ("redirect_uri", self.settings.back.as_str()),
            ("state", expected.state),
            ("nonce", expected.nonce),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        if fresh {
            pairs.extend([("prompt", "login"), ("max_age", "0")]);
        }
        let acr = self.settings.second_factor_acr.join(" ");
        if !acr.is_empty() {
            pairs.push(("acr_values", acr.as_str()));
        }
        let at = &known.about.authorization_endpoint;
        let mark = if at.contains('?') { '&' } else { '?' };
        Ok(format!("{at}{mark}{}", query(&pairs)))
    }

    /// Where to send somebody to sign out there; `None` when it has no such page.
    pub(crate) fn way_out(&self, now: At) -> Result<Option<String>, Wrong> {
        let known = self.known(now, false)?;
        let Some(at) = &known.about.end_session_endpoint else {
            return Ok(None);
        };
        self.may_ask(at)?;
        let mark = if at.contains('?') { '&' } else { '?' };
        let client = [("client_id", self.settings.client_id.as_str())];
        Ok(Some(format!("{at}{mark}{}", query(&client))))
    }

    /// Redeems what came back and says who it is: everything is checked, and what is missing is wrong.
    pub(crate) fn redeem(
        &self,
        now: At,
        returned: Returned<'_>,
        expected: &Expected<'_>,
    ) -> Result<Believed, Wrong> {
        let same = returned.state.as_bytes().ct_eq(expected.state.as_bytes());
        if !bool::from(same) {
            return Err(Wrong::Not("the state is another"));
        }
        let known = self.known(now, false)?;
        let silent = returned.issuer.is_empty();
        let must_say = known.about.authorization_response_iss_parameter_supported;
        if (silent && must_say) || (!silent && returned.issuer != self.settings.issuer) {
            return Err(Wrong::Not("the answer is another issuer's"));
        }
        let mut pairs = vec![
            ("grant_type", "authorization_code"),
            ("code", returned.code),
            ("redirect_uri", self.settings.back.as_str()),
            ("code_verifier", expected.proof_key),
        ];
        let id = self.settings.client_id.as_str();
        let authorization = self.settings.secret.as_ref().map(|secret| {
            use base64::Engine as _;
            let pair = format!("{}:{}", encoded(id), encoded(secret));
            let pair = base64::engine::general_purpose::STANDARD.encode(pair);
            format!("Basic {pair}")
        });
        if authorization.is_none() {
            pairs.push(("client_id", id));
        }
        let (status, body) = self
            .wire
            .post(
                &known.about.token_endpoint,
                &query(&pairs),
                authorization.as_deref(),
            )
            .map_err(Wrong::Away)?;
        match status {
            200 => {}
            400 => return Err(Wrong::Not("the code cannot be redeemed")),
            other => return Err(Wrong::Away(format!("its token endpoint answered {other}"))),
        }
        let tokens: Tokens = serde_json::from_slice(&body)
            .map_err(|_| Wrong::Away("its answer holds no ID token".to_owned()))?;
        self.believe(now, &tokens.id_token, expected, &known)
    }

    fn believe(
        &self,
        now: At,
        token: &str,
        expected: &Expected<'_>,
        known: &Known,
    ) -> Result<Believed, Wrong> {
        const SHAPE: Wrong = Wrong::Not("the ID token cannot be read");
        let (signed, signature) = token.rsplit_once('.').ok_or(SHAPE)?;
        let (header, claims) = signed.split_once('.').ok_or(SHAPE)?;
        let bytes = |text: &str| from_base64url(text).ok_or(SHAPE);
        let signature = bytes(signature)?;
        let header: Header = serde_json::from_slice(&bytes(header)?).map_err(|_| SHAPE)?;
        if header.crit.is_some() || !matches!(header.alg.as_str(), "RS256" | "ES256") {
            return Err(Wrong::Not("the ID token is not signed in a way we take"));
        }
        let verified = |keys: &[Jwk]| {
            keys.iter()
                .filter(|key| key.is_for(&header.alg, header.kid.as_deref()))
                .any(|key| key.verifies(&header.alg, signed.as_bytes(), &signature))
        };
        let has_it = |keys: &[Jwk]| {
            keys.iter()
                .any(|key| key.is_for(&header.alg, header.kid.as_deref()))
        };
        // A key that is not known may be newer than what we know: then it is asked once more.
        let right = if has_it(&known.keys) || now.seconds_since(known.at) < SKEW_SECONDS {
            verified(&known.keys)
        } else {
            verified(&self.known(now, true)?.keys)
        };
        if !right {
            return Err(Wrong::Not("the ID token's signature does not hold"));
        }
        let claims: Claims = serde_json::from_slice(&bytes(claims)?).map_err(|_| SHAPE)?;
        let id = self.settings.client_id.as_str();
        let for_us = match &claims.aud {
            Audience::One(one) => one == id,
            Audience::Many(many) => {
                many.iter().any(|one| one == id)
                    && (many.len() == 1 || claims.azp.as_deref() == Some(id))
            }
        };
        let for_us = for_us && claims.azp.as_deref().is_none_or(|party| party == id);
        let seconds = now.micros() / 1_000_000;
        if claims.iss != self.settings.issuer {
            return Err(Wrong::Not("the ID token is another issuer's"));
        }
        if !for_us {
            return Err(Wrong::Not("the ID token is for somebody else"));
        }
        if claims.exp.saturating_add(SKEW_SECONDS) <= seconds
            || claims.iat.saturating_sub(SKEW_SECONDS) > seconds
        {
            return Err(Wrong::Not("the ID token is not good now"));
        }
        if !bool::from(claims.nonce.as_bytes().ct_eq(expected.nonce.as_bytes())) {
            return Err(Wrong::Not("the ID token was made for another way"));
        }
        if claims.sub.is_empty() || claims.sub.len() > 255 || claims.sub.contains('\n') {
            return Err(Wrong::Not("the ID token names nobody"));
        }
        let two_factors = claims
            .acr
            .is_some_and(|acr| self.settings.second_factor_acr.contains(&acr))
            || claims
                .amr
                .iter()
                .any(|amr| self.settings.second_factor_amr.contains(amr));
        // Whoever sits there can take "ask them now" out of the address: an earlier proof is none.
        let begun = expected.begun.micros() / 1_000_000;
        let since = begun.saturating_sub(SKEW_SECONDS)..=seconds.saturating_add(SKEW_SECONDS);
        let fresh = claims.auth_time.is_some_and(|at| since.contains(&at));
        Ok(Believed {
            subject: claims.sub,
            two_factors,
            fresh,
        })
    }
}

impl crate::Identity {
    /// With the organisation's sign-in service.
    #[must_use]
    pub fn with_provider(mut self, provider: Provider) -> Self {
        self.provider = Some(Arc::new(provider));
        self
    }

    /// The organisation's sign-in service, where there is one.
    pub fn provider(&self) -> Option<&Arc<Provider>> {
        self.provider.as_ref()
    }

    /// Asks the service something, off the async threads.
    pub(crate) async fn ask_provider<T: Send + 'static>(
        &self,
        flow: Option<&Flow>,
        ask: impl FnOnce(&Provider, At, &Expected<'_>) -> Result<T, Wrong> + Send + 'static,
    ) -> Result<T, Wrong> {
        let Some(provider) = self.provider.clone() else {
            return Err(Wrong::Away("there is none".to_owned()));
        };
        let Ok(turn) = provider.turns.clone().try_acquire_owned() else {
            return Err(Wrong::Away("too many ask it at once".to_owned()));
        };
        let now = self.now();
        let begun = flow.map_or(now, Flow::begun);
        let of = |make: fn(&Self, &Flow) -> String| flow.map(|flow| make(self, flow));
        let state = of(Self::flow_state).unwrap_or_default();
        let nonce = of(Self::flow_nonce).unwrap_or_default();
        let proof_key = of(Self::flow_proof_key).unwrap_or_default();
        let asked = tokio::task::spawn_blocking(move || {
            // Held by the thread that asks, also when nobody waits for its answer any more.
            let _turn = turn;
            let expected = Expected {
                state: &state,
                nonce: &nonce,
                proof_key: &proof_key,
                begun,
            };
            ask(&provider, now, &expected)
        })
        .await;
        asked.unwrap_or_else(|_| Err(Wrong::Away("asking it broke off".to_owned())))
    }
}
