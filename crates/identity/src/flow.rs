//! A way to sign in that goes out of our hands and comes back: to the organisation's sign-in service, or to a passkey. It is bound to
//! the browser that it began in by a cookie, to what it was begun for, and to ten minutes.
//!
//! The cookie holds a random seed. What goes out (`state`, `nonce`, the proof key, a passkey's challenge) is derived from it with
//! our key: whoever holds the cookie cannot make any of them, and whoever sees one cannot make the cookie. Nothing is kept until it
//! is used, once.

use subtle::ConstantTimeEq as _;
use throughline_core::code::Code;
use throughline_core::time::At;
use throughline_seal::{BlindKey, Token};

use crate::Identity;
use crate::signature::base64url;

/// How long such a way may take, in seconds (our design).
pub const FLOW_SECONDS: i64 = 600;

throughline_core::code_list! {
    /// What a way was begun for.
    pub enum Aim {
        /// To sign in.
        SignIn = "sign-in",
        /// To tie the account to the sign-in service.
        Link = "link",
        /// To join, by the link that a colleague passed on.
        Welcome = "welcome",
        /// To prove oneself again.
        StepUp = "step-up",
        /// To lift the privacy lock.
        Unlock = "unlock",
        /// To make a passkey.
        NewPasskey = "new-passkey",
        /// To give the code of the second factor, after the sign-in service let them in.
        Code = "code",
        /// To give that code in proving oneself again.
        CodeAgain = "code-again",
    }
}

/// A way under way in one browser.
#[derive(Debug, Clone)]
pub struct Flow {
    seed: Token,
    until: At,
    aim: Aim,
    bound: String,
}

impl Flow {
    /// What it was begun for.
    pub const fn aim(&self) -> Aim {
        self.aim
    }

    /// What it is bound to besides the browser: the session's cross-site token, the code of a welcome link, an account.
    pub fn bound(&self) -> &str {
        &self.bound
    }

    /// When it is over.
    pub(crate) const fn until(&self) -> At {
        self.until
    }

    /// When it began.
    pub(crate) fn begun(&self) -> At {
        self.until.plus_seconds(-FLOW_SECONDS)
    }

    /// What is kept once it was used.
    pub(crate) fn mark(&self) -> [u8; 32] {
        self.seed.hash()
    }

    fn derived(&self, key: &BlindKey, label: &str) -> String {
        let text = format!(
            "{}\n{}\n{}\n{}",
            self.seed.reveal(),
            self.until.micros(),
            self.aim.code(),
            self.bound
        );
        let half = |which: u8| key.hash(&format!("{label}\n{which}\n{text}"));
        base64url(&[half(0), half(1)].concat())
    }
}

impl Identity {
    fn flow_key(&self) -> BlindKey {
        self.key("sign-in flow")
    }

    /// Begins a way. `bound` holds no full stop: it is hexadecimal, or base64url, or empty.
    pub fn flow_begin(&self, aim: Aim, bound: &str) -> Flow {
        Flow {
            seed: Token::generate(self.store().env()),
            until: self.now().plus_seconds(FLOW_SECONDS),
            aim,
            bound: bound.to_owned(),
        }
    }

    /// The value of its cookie.
    pub fn flow_cookie(&self, flow: &Flow) -> String {
        format!(
            "{}.{}.{}.{}.{}",
            flow.seed.reveal(),
            flow.until.micros(),
            flow.aim.code(),
            flow.bound,
            flow.derived(&self.flow_key(), "cookie")
        )
    }

    /// Reads the cookie back: `None` when it is not one of ours, was changed, or is over.
    pub fn flow_of(&self, cookie: &str) -> Option<Flow> {
        let mut parts = cookie.split('.');
        let mut part = || parts.next();
        let (seed, until, aim, bound, proof) = (part()?, part()?, part()?, part()?, part()?);
        let flow = Flow {
            seed: Token::parse(seed)?,
            until: At::from_micros(until.parse().ok()?)?,
            aim: Aim::from_code(aim).ok()?,
            bound: bound.to_owned(),
        };
        let right = flow.derived(&self.flow_key(), "cookie");
        let ours = bool::from(right.as_bytes().ct_eq(proof.as_bytes()));
        (ours && self.now() < flow.until).then_some(flow)
    }

    /// What comes back with the browser: it says that the answer belongs to this way.
    pub fn flow_state(&self, flow: &Flow) -> String {
        flow.derived(&self.flow_key(), "state")
    }

    /// What comes back inside what was signed: it says that it was signed for this way.
    pub fn flow_nonce(&self, flow: &Flow) -> String {
        flow.derived(&self.flow_key(), "nonce")
    }

    /// What a passkey signs.
    pub fn flow_challenge(&self, flow: &Flow) -> String {
        flow.derived(&self.flow_key(), "challenge")
    }

    /// The key that proves to the sign-in service that whoever redeems the answer asked for it (RFC 7636).
    pub(crate) fn flow_proof_key(&self, flow: &Flow) -> String {
        flow.derived(&self.flow_key(), "proof key")
    }
}
