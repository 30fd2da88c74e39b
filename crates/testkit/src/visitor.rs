//! Somebody who uses a running server over HTTP: the pages with a session, as a browser without JavaScript would, or the API
//! with a secret. For tests that kill the server and for `bench journey`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answered {
    /// The HTTP status.
    pub status: u16,
    /// Where it sends on to, if anywhere.
    pub location: Option<String>,
    /// The version of what was read, for `If-Match`.
    pub etag: Option<String>,
    /// The body.
    pub body: String,
}

impl Answered {
    /// The body as JSON; `Null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The hidden fields of the form on this page that is sent to `action`. Empty: there is no such form.
    pub fn hidden(&self, action: &str) -> Vec<(String, String)> {
        let Some((_, form)) = self.body.split_once(&format!("action=\"{action}\"")) else {
            return Vec::new();
        };
        let form = form.split("</form>").next().unwrap_or_default();
        let value = |field: &str, name: &str| {
            let (_, rest) = field.split_once(&format!(" {name}=\""))?;
            Some(rest.split('"').next()?.to_owned())
        };
        form.split("<input")
            .skip(1)
            .map(|field| field.split('>').next().unwrap_or_default())
            .filter(|field| field.contains("type=\"hidden\""))
            .filter_map(|field| Some((value(field, "name")?, value(field, "value")?)))
            .collect()
    }

    /// What stands on the page after `before`, up to a quotation mark: the rest of an address.
    pub fn after(&self, before: &str) -> Option<String> {
        let (_, rest) = self.body.split_once(before)?;
        let found = rest.split(['"', '<', '?']).next()?;
        (!found.is_empty()).then(|| found.to_owned())
    }
}

/// Why nothing was answered: the server went away, or never was there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no answer: {0}")]
pub struct NoAnswer(String);

/// Somebody with cookies of their own.
#[derive(Debug, Clone)]
pub struct Visitor {
    agent: ureq::Agent,
    base: String,
    cookies: BTreeMap<String, String>,
    bearer: Option<String>,
    address: Option<String>,
}

impl Visitor {
    /// A fresh visitor to `base` (no slash at the end).
    pub fn new(base: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(20)))
            .build();
        Self {
            agent: ureq::Agent::new_with_config(config),
            base: base.to_owned(),
            cookies: BTreeMap::new(),
            bearer: None,
            address: None,
        }
    }

    /// A program with a secret.
    pub fn program(base: &str, secret: &str) -> Self {
        Self {
            bearer: Some(secret.to_owned()),
            ..Self::new(base)
        }
    }

    /// Opens a page.
    ///
    /// # Errors
    /// When the server did not answer.
    pub fn get(&mut self, path: &str) -> Result<Answered, NoAnswer> {
        self.ask("GET", path, &[], "", String::new())
    }

    /// Sends a form: the hidden fields of `page`'s form to `path`, with `fields`.
    ///
    /// # Errors
    /// When the server did not answer.
    pub fn send(
        &mut self,
        path: &str,
        page: &Answered,
        fields: &[(&str, &str)],
    ) -> Result<Answered, NoAnswer> {
        let hidden = page.hidden(path);
        let hidden = hidden
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let pairs = hidden.chain(fields.iter().copied());
        let body: Vec<String> = pairs
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let kind = "application/x-www-form-urlencoded";
        self.ask("POST", path, &[], kind, body.join("&"))
    }

    /// Sends JSON, with headers such as `Idempotency-Key`.
    ///
    /// # Errors
    /// When the server did not answer.
    pub fn send_json(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Result<Answered, NoAnswer> {
        self.ask("POST", path, headers, "application/json", body.to_string())
    }

    /// Sends a body as it is: a form with a file, or what is no form at all.
    ///
    /// # Errors
    /// When the server did not answer.
    pub fn send_raw(&mut self, path: &str, kind: &str, body: &str) -> Result<Answered, NoAnswer> {
        self.ask("POST", path, &[], kind, body.to_owned())
    }

    /// Signs in by the demo's button for the first row that holds `mark`: a name, or a reference. Gives whether there was one.
    ///
    /// # Errors
    /// When the server did not answer.
    pub fn demo_sign_in(&mut self, mark: &str) -> Result<bool, NoAnswer> {
        let page = self.get("/sign-in")?;
        let row = page.body.split("<tr").find(|row| row.contains(mark));
        let Some(row) = row.filter(|row| row.contains("/sign-in/demo")) else {
            return Ok(false);
        };
        let row = Answered {
            body: row.to_owned(),
            ..page.clone()
        };
        let done = self.send("/sign-in/demo", &row, &[])?;
        Ok(done.status == 303)
    }

    /// Comes from this address, as a proxy in front would say it.
    #[must_use]
    pub fn from_address(mut self, address: &str) -> Self {
        self.address = Some(address.to_owned());
        self
    }

    /// What its cookies hold.
    pub fn cookie_values(&self) -> impl Iterator<Item = String> {
        self.cookies.values().cloned()
    }

    fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        kind: &str,
        body: String,
    ) -> Result<Answered, NoAnswer> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("origin", &self.base);
        if !self.cookies.is_empty() {
            let all: Vec<String> = self
                .cookies
                .iter()
                .map(|(k, v)| format!("{k}={v}"))
                .collect();
            request = request.header("cookie", all.join("; "));
        }
        if let Some(secret) = &self.bearer {
            request = request.header("authorization", format!("Bearer {secret}"));
        }
        if let Some(address) = &self.address {
            request = request.header("x-forwarded-for", address);
        }
        if !kind.is_empty() {
            request = request.header("content-type", kind);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let gone = |error: &dyn std::fmt::Display| NoAnswer(error.to_string());
        let mut response = if method == "GET" {
            let request = request.body(()).map_err(|error| gone(&error))?;
            self.agent.run(request).map_err(|error| gone(&error))?
        } else {
            let request = request.body(body).map_err(|error| gone(&error))?;
            self.agent.run(request).map_err(|error| gone(&error))?
        };
        let text = |response: &ureq::http::Response<ureq::Body>, name: &str| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        for set in response.headers().get_all("set-cookie") {
            let pair = set.to_str().unwrap_or_default().split(';').next();
            if let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(Answered {
            status: response.status().as_u16(),
            location: text(&response, "location"),
            etag: text(&response, "etag"),
            body: response
                .body_mut()
                .read_to_string()
                .map_err(|error| gone(&error))?,
        })
    }
}

fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hidden_fields_of_one_form_are_found_and_of_no_other() {
        let page = Answered {
            status: 200,
            location: None,
            etag: None,
            body: r#"<form action="/a"><input type="hidden" name="csrf" value="x"></form><form action="/b" method="post"><input type="hidden" name="csrf" value="y"><input type="text" name="t" value="z"></form>"#.to_owned(),
        };
        assert_eq!(page.hidden("/b"), [("csrf".to_owned(), "y".to_owned())]);
        assert!(page.hidden("/c").is_empty());
    }
}
