//! The organisation's sign-in service as it is configured, and how questions to it travel. Nothing of a person who is helped is ever
//! in one: only codes that it made itself, and who we are to it.

use std::io::Read as _;
use std::time::Duration;

use throughline_identity::Identity;
use throughline_identity::provider::{Provider, Settings, Wire, is_at_home};
use throughline_store::Store;

use crate::config::{Config, Oidc, secret_text};
use crate::report::Failure;

/// The longest that one answer may take: somebody is waiting to sign in.
const ANSWER: Duration = Duration::from_secs(10);
/// The most bytes of one answer.
const MOST: u64 = 1_048_576;

/// Questions over HTTP. No redirect is followed: the service's addresses are where it says they are.
struct Http(ureq::Agent);

impl Http {
    fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER))
            .max_redirects(0)
            .user_agent(concat!("throughline/", env!("CARGO_PKG_VERSION")))
            .build();
        Self(ureq::Agent::new_with_config(config))
    }
}

fn body(url: &str, answer: &mut ureq::http::Response<ureq::Body>) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    answer
        .body_mut()
        .as_reader()
        .take(MOST)
        .read_to_end(&mut body)
        .map_err(|error| format!("{url} broke off ({error})"))?;
    Ok(body)
}

impl Wire for Http {
    fn get(&self, url: &str) -> Result<Vec<u8>, String> {
        let mut answer = self
            .0
            .get(url)
            .call()
            .map_err(|error| format!("{url} cannot be reached ({error})"))?;
        if answer.status() != 200 {
            return Err(format!("{url} answered {}", answer.status()));
        }
        body(url, &mut answer)
    }

    fn post(
        &self,
        url: &str,
        form: &str,
        authorization: Option<&str>,
    ) -> Result<(u16, Vec<u8>), String> {
        let mut request = self
            .0
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let mut answer = request
            .send(form)
            .map_err(|error| format!("{url} cannot be reached ({error})"))?;
        Ok((answer.status().as_u16(), body(url, &mut answer)?))
    }
}

/// What its secret is called when something is wrong with it.
const SECRET: &str = "the secret of the sign-in service";

/// Signing in as it is configured, over a store.
pub fn identity(config: &Config, store: Store) -> Result<Identity, Failure> {
    let settings = throughline_identity::Settings {
        passwords: config.sign_in.passwords,
        ..throughline_identity::Settings::default()
    };
    let identity = Identity::new(store, settings)?;
    let Some(oidc) = &config.sign_in.oidc else {
        return Ok(identity);
    };
    let secret = oidc
        .secret_file
        .as_deref()
        .map(|file| secret_text(file, SECRET))
        .transpose()?;
    let settings = Settings {
        issuer: oidc.issuer.clone(),
        client_id: oidc.client_id.clone(),
        secret,
        name: oidc.name.clone(),
        second_factor_acr: oidc.second_factor_acr.clone(),
        second_factor_amr: oidc.second_factor_amr.clone(),
        back: back(config),
    };
    Ok(identity.with_provider(Provider::new(settings, Box::new(Http::new()))))
}

/// Where the service sends people back to: it has to be told.
fn back(config: &Config) -> String {
    format!("{}/sign-in/back", config.server.base_url)
}

/// What `config check` says of it: what is wrong, and what to look at.
pub fn findings(config: &Config) -> (Vec<String>, Vec<String>) {
    let (mut wrong, mut look) = (Vec::new(), Vec::new());
    let Some(oidc) = &config.sign_in.oidc else {
        if !config.sign_in.passwords {
            look.push("[sign_in] takes no passwords and names no sign-in service: only those who have a passkey can sign in, and nobody can join".to_owned());
        }
        return (wrong, look);
    };
    if !oidc.issuer.starts_with("https://") && !is_at_home(&oidc.issuer) {
        wrong.push(format!(
            "[sign_in.oidc] issuer {} is not https: anyone on the way could sign in as anyone",
            oidc.issuer
        ));
    }
    for (what, text) in [("client_id", &oidc.client_id), ("name", &oidc.name)] {
        if text.trim().is_empty() {
            wrong.push(format!("[sign_in.oidc] {what} is empty"));
        }
    }
    wrong.extend(secret_findings(oidc));
    if oidc.second_factor_acr.is_empty() && oidc.second_factor_amr.is_empty() {
        look.push("[sign_in.oidc] says nothing of a second factor: who has set up our code is asked for it, and who has not is let in with what the service asked".to_owned());
    }
    look.push(format!(
        "the sign-in service must be told to send people back to {}",
        back(config)
    ));
    (wrong, look)
}

fn secret_findings(oidc: &Oidc) -> Option<String> {
    let file = oidc.secret_file.as_ref()?;
    if let Err(wrong) = secret_text(file, SECRET) {
        return Some(format!("[sign_in.oidc] secret_file: {}", wrong.message()));
    }
    crate::key_file::open_to_all(file).then(|| {
        format!(
            "everybody on this machine may read {}: chmod 0400",
            file.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(issuer: &str, more: &str) -> Config {
        Config::parse(&format!(
            "[database]\nsqlite = \"a.db\"\n[keys]\nfile = \"root.key\"\n[server]\nbase_url = \"https://t.example\"\n\
             [sign_in.oidc]\nissuer = \"{issuer}\"\nclient_id = \"t\"\nname = \"Example\"\n{more}"
        ))
        .unwrap()
    }

    #[test]
    fn a_sign_in_service_that_others_could_play_is_wrong() {
        let (wrong, look) = findings(&config("https://login.example", ""));
        assert_eq!(wrong, Vec::<String>::new());
        assert!(
            look.iter()
                .any(|line| line.ends_with("https://t.example/sign-in/back")),
            "{look:?}"
        );
        for issuer in [
            "http://login.example",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "",
        ] {
            let (wrong, _) = findings(&config(issuer, ""));
            assert!(wrong.iter().any(|line| line.contains("https")), "{issuer}");
        }
        let (wrong, _) = findings(&config(
            "https://login.example",
            "secret_file = \"no such file\"",
        ));
        assert!(wrong.iter().any(|line| line.contains("no such file")));
    }

    #[test]
    fn an_unknown_word_about_signing_in_is_an_error() {
        let text =
            "[database]\nsqlite = \"a.db\"\n[keys]\nfile = \"k\"\n[sign_in]\npaswords = false\n";
        assert!(Config::parse(text).is_err());
    }
}
