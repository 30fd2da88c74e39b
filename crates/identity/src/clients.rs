//! Programs: the bearer secret of a request and the actor behind it.

use throughline_policy::Actor;
use throughline_seal::Token;

use crate::{Identity, Result};

/// What every client's secret begins with, so that scanners for leaked secrets can know one.
pub const PREFIX: &str = "tlc_";

/// The text of a secret as it is shown, once.
pub fn secret_text(secret: &Token) -> String {
    format!("{PREFIX}{}", secret.reveal())
}

impl Identity {
    /// The actor of a bearer secret; `None` when it is nobody's or has been revoked. Asks the database every time.
    pub async fn client_of_secret(&self, bearer: &str) -> Result<Option<Actor>> {
        let Some(secret) = bearer.trim().strip_prefix(PREFIX).and_then(Token::parse) else {
            return Ok(None);
        };
        let hash = secret.hash();
        let client = self
            .store()
            .read(move |r| Box::pin(async move { r.client(hash).await }))
            .await?;
        Ok(client.and_then(|client| client.actor()))
    }
}
