//! The exact text of the cookies. Names are neutral; values are tokens or nothing.

use throughline_seal::Token;

/// How many people may share a device before the one who signed in on it longest ago is forgotten there.
const DEVICES: usize = 8;

/// How cookies are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookies {
    /// Over TLS: `__Host-` names, `Secure`. What every service with real people uses.
    Secure,
    /// Over plain HTTP, for the demo on 127.0.0.1 only: browsers refuse `Secure` cookies and `__Host-` names there.
    PlainHttpDemo,
}

impl Cookies {
    /// The name of the session cookie.
    pub const fn session_name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-session",
            Self::PlainHttpDemo => "session",
        }
    }

    /// The name of the cookie by which a device is known.
    pub const fn device_name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-device",
            Self::PlainHttpDemo => "device",
        }
    }

    /// The name of the cookie of a way that leads elsewhere and back.
    pub const fn flow_name(self) -> &'static str {
        match self {
            Self::Secure => "__Host-flow",
            Self::PlainHttpDemo => "flow",
        }
    }

    const fn attributes(self) -> &'static str {
        match self {
            Self::Secure => "; Path=/; HttpOnly; SameSite=Strict; Secure",
            Self::PlainHttpDemo => "; Path=/; HttpOnly; SameSite=Strict",
        }
    }

    /// The session cookie. It goes when the browser closes; the server ends it earlier.
    pub fn session(self, token: &Token) -> String {
        format!(
            "{}={}{}",
            self.session_name(),
            token.reveal(),
            self.attributes()
        )
    }

    /// Takes the session cookie away.
    pub fn session_over(self) -> String {
        format!("{}=; Max-Age=0{}", self.session_name(), self.attributes())
    }

    /// The cookie of a way that leads elsewhere and back ([`crate::flow`]).
    pub fn flow(self, value: &str) -> String {
        let seconds = crate::flow::FLOW_SECONDS;
        let attributes = self.attributes();
        format!(
            "{}={value}; Max-Age={seconds}{attributes}",
            self.flow_name()
        )
    }

    /// Takes that cookie away.
    pub fn flow_over(self) -> String {
        format!("{}=; Max-Age=0{}", self.flow_name(), self.attributes())
    }

    /// The device cookie, kept for `days`.
    pub fn devices(self, devices: &Devices, days: i64) -> String {
        let seconds = days.saturating_mul(86_400);
        format!(
            "{}={}; Max-Age={seconds}{}",
            self.device_name(),
            devices.reveal(),
            self.attributes()
        )
    }
}

/// The tokens by which one device is known to the accounts that signed in on it: colleagues share desks.
#[derive(Debug, Clone, Default)]
pub struct Devices(Vec<Token>);

impl Devices {
    /// Reads the cookie's value. What is no token is left out.
    pub fn parse(value: &str) -> Self {
        Self(
            value
                .split('.')
                .filter_map(Token::parse)
                .take(DEVICES)
                .collect(),
        )
    }

    /// The tokens, newest first.
    pub fn tokens(&self) -> &[Token] {
        &self.0
    }

    /// The cookie's value.
    pub fn reveal(&self) -> String {
        let texts: Vec<String> = self.0.iter().map(Token::reveal).collect();
        texts.join(".")
    }

    /// With one more token in front.
    #[must_use]
    pub fn with(&self, token: Token) -> Self {
        let mut tokens = vec![token];
        tokens.extend(self.0.iter().take(DEVICES - 1).cloned());
        Self(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cookies, Devices};
    use throughline_seal::Token;
    use throughline_testkit::env::{seeded, test_start};

    #[test]
    fn a_host_cookie_has_all_that_the_prefix_demands() {
        let (env, _) = seeded(1, test_start());
        let token = Token::generate(&env);
        let cookie = Cookies::Secure.session(&token);
        assert_eq!(
            cookie,
            format!(
                "__Host-session={}; Path=/; HttpOnly; SameSite=Strict; Secure",
                token.reveal()
            )
        );
        assert!(!cookie.contains("Domain"));
        let plain = Cookies::PlainHttpDemo.session(&token);
        assert!(!plain.contains("Secure") && !plain.contains("__Host-"));
        assert!(Cookies::Secure.session_over().contains("Max-Age=0"));
    }

    #[test]
    fn eight_people_share_a_device_and_rubbish_is_nobody() {
        let (env, _) = seeded(1, test_start());
        let mut devices = Devices::parse("rubbish..=;%00");
        assert!(devices.tokens().is_empty());
        let tokens: Vec<Token> = (0..10).map(|_| Token::generate(&env)).collect();
        for token in &tokens {
            devices = devices.with(token.clone());
        }
        let again = Devices::parse(&devices.reveal());
        assert_eq!(again.tokens().len(), 8);
        assert_eq!(again.tokens()[0].hash(), tokens[9].hash());
    }
}
