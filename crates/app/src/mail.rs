//! Sending one neutral letter to one worker. What may be said was decided by the gate in `core`; here it only travels.

use std::future::Future;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use throughline_core::artefact::Artefact;
use throughline_core::gate::Release;
use throughline_core::id::Ref;

use crate::{Error, Result};

/// One letter: what the gate released, to the one address that it was released for. There is no list of recipients anywhere
/// (ASSURANCE incident 13).
#[derive(Debug)]
pub struct Letter {
    /// What, and to whom.
    pub release: Release,
    /// A random reference that names the message to mail servers.
    pub message: Ref,
}

/// Why a letter did not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// Trying again may help.
    #[error("{0}")]
    Later(&'static str),
    /// It will never arrive there.
    #[error("{0}")]
    Never(&'static str),
}

/// Something that sends letters.
pub trait Mailer: Send + Sync {
    /// Sends one letter. What a server answers is not passed on: servers echo what they were sent (ASSURANCE M6).
    fn send(
        &self,
        letter: &Letter,
    ) -> impl Future<Output = std::result::Result<(), NotSent>> + Send;
}

/// How long a mail server may take for each of its answers (our design): far less than a row is held, so that one that hangs is tried
/// again by us and not by another node at the same time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends by SMTP.
#[derive(Debug)]
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    domain: String,
}

impl SmtpMailer {
    /// A mailer for a server, such as `smtps://user:password@mail.example.org`, with a neutral sender's address.
    /// Errors with [`Error::Setup`] when either cannot be read.
    pub fn new(url: &str, from: &str) -> Result<Self> {
        let setup = |what: &str| Error::Setup(format!("mail: {what} cannot be read"));
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| setup("the server's address"))?
            .timeout(Some(PATIENCE))
            .build();
        let from: Mailbox = from.parse().map_err(|_| setup("the sender's address"))?;
        let domain = from.email.domain().to_owned();
        Ok(Self {
            transport,
            from,
            domain,
        })
    }

    fn message(&self, letter: &Letter) -> std::result::Result<Message, NotSent> {
        let to: Mailbox = letter
            .release
            .to()
            .parse()
            .map_err(|_| NotSent::Never("bad_address"))?;
        let text = letter.release.text();
        // A calendar reads the file itself: there is nothing else in such a mail.
        let kind = match text.artefact() {
            Artefact::CalendarEntry => {
                ContentType::parse("text/calendar; charset=utf-8; method=PUBLISH")
                    .map_err(|_| NotSent::Never("bad_message"))?
            }
            _ => ContentType::TEXT_PLAIN,
        };
        Message::builder()
            .from(self.from.clone())
            .to(to)
            // Our own: the library's would carry the name of this machine.
            .message_id(Some(format!("<{}@{}>", letter.message, self.domain)))
            .subject(text.subject())
            .header(kind)
            .body(text.body().to_owned())
            .map_err(|_| NotSent::Never("bad_message"))
    }
}

impl Mailer for SmtpMailer {
    async fn send(&self, letter: &Letter) -> std::result::Result<(), NotSent> {
        let message = self.message(letter)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() => Err(NotSent::Never("refused_by_server")),
            Err(error) if error.is_timeout() => Err(NotSent::Later("time_out")),
            Err(_) => Err(NotSent::Later("server_not_reached")),
        }
    }
}

/// Sends nothing: the mail folder that a demo shows in the browser is the record of what left.
#[derive(Debug, Default, Clone, Copy)]
pub struct FolderMailer;

impl Mailer for FolderMailer {
    async fn send(&self, _: &Letter) -> std::result::Result<(), NotSent> {
        Ok(())
    }
}

/// No relay is set up: nothing goes, and may later.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoRelay;

impl Mailer for NoRelay {
    async fn send(&self, _: &Letter) -> std::result::Result<(), NotSent> {
        Err(NotSent::Later("no_relay"))
    }
}

/// Whichever is set up.
#[derive(Debug)]
pub enum AnyMailer {
    /// By SMTP.
    Smtp(Box<SmtpMailer>),
    /// Into the demo's mail folder.
    Folder(FolderMailer),
}

impl Mailer for AnyMailer {
    async fn send(&self, letter: &Letter) -> std::result::Result<(), NotSent> {
        match self {
            Self::Smtp(mailer) => mailer.send(letter).await,
            Self::Folder(mailer) => mailer.send(letter).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use throughline_core::artefact::{Artefact, Lang, Slots};
    use throughline_core::gate::{Confirmed, Content, gate_to_worker};
    use throughline_core::scan::Protected;

    use super::*;

    fn to(email: &str) -> Confirmed {
        Confirmed::of_account(email.to_owned())
    }

    #[tokio::test]
    async fn m5_ne_25_a_message_names_nobody_but_sender_and_recipient() {
        let mailer = SmtpMailer::new("smtp://localhost", "notices@example.org").unwrap();
        let text = Artefact::StaffTask
            .text(Lang::English, Slots::default())
            .unwrap();
        let protected = Protected::default();
        let content = Content {
            text: &text,
            protected: &protected,
            our_address: "",
        };
        let letter = Letter {
            release: gate_to_worker(&to("worker@service.example.org"), content).unwrap(),
            message: Ref::from_bytes([7; 16]),
        };
        let raw = String::from_utf8(mailer.message(&letter).unwrap().formatted()).unwrap();
        let mut headers: Vec<&str> = raw
            .lines()
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_once(':').map(|(name, _)| name))
            .collect();
        headers.sort_unstable();
        assert_eq!(
            headers,
            [
                "Content-Transfer-Encoding",
                "Content-Type",
                "Date",
                "From",
                "Message-ID",
                "Subject",
                "To"
            ]
        );
        assert!(raw.contains(&format!("<{}@example.org>", letter.message)));
        assert!(!raw.to_lowercase().contains("lettre"));
    }

    #[tokio::test]
    async fn an_address_that_smuggles_a_second_one_is_never_sent_to() {
        let mailer = SmtpMailer::new("smtp://localhost", "notices@example.org").unwrap();
        let text = Artefact::StaffTask
            .text(Lang::English, Slots::default())
            .unwrap();
        let protected = Protected::default();
        let content = Content {
            text: &text,
            protected: &protected,
            our_address: "",
        };
        for many in ["a@x.org, b@y.org", "a@x.org\r\nBcc: b@y.org", ""] {
            let letter = Letter {
                release: gate_to_worker(&to(many), content).unwrap(),
                message: Ref::from_bytes([7; 16]),
            };
            assert_eq!(
                mailer.message(&letter).err(),
                Some(NotSent::Never("bad_address")),
                "{many}"
            );
        }
    }
}
