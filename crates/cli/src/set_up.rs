//! `set-up`: the organisation that runs an installation, and its first administrator.

use serde_json::json;
use throughline_app::records::setup::OrganisationKind;
use throughline_app::set_up::{First, set_up};
use throughline_core::code::Code;
use throughline_core::nation::Nation;

use crate::command::{Place, SetUpArgs};
use crate::config::Config;
use crate::open;
use crate::report::{Failure, Outcome, Report};

fn code<C: Code>(text: &str, what: &str) -> Result<C, Failure> {
    C::from_code(text).map_err(|_| {
        Failure::input(format!(
            "there is no {what} {text}; there are: {}",
            C::ALL
                .iter()
                .map(|one| one.code())
                .collect::<Vec<_>>()
                .join(", ")
        ))
    })
}

/// `throughline set-up`.
pub async fn run(place: &Place, args: &SetUpArgs) -> Outcome {
    let config = Config::of(place)?;
    let first = First {
        organisation: &args.organisation,
        kind: code::<OrganisationKind>(&args.kind, "kind of organisation")?,
        nation: code::<Nation>(&args.nation, "nation")?,
        name: &args.admin_name,
        email: &args.admin_email,
    };
    let store = open::store(&config).await?;
    let known = store
        .read(|r| Box::pin(r.installation()))
        .await
        .map_err(|_| open::not_migrated())?;
    if known.is_some() {
        return Err(Failure::input(
            "this installation has been set up already. Nothing was changed. Its administrators make other accounts.",
        ));
    }
    let account = set_up(&store, &first).await.map_err(|error| match error {
        throughline_store::Error::Invalid { field, problem } => {
            Failure::input(format!("{field}: {problem}. Nothing was changed."))
        }
        error => error.into(),
    })?;
    let identity = throughline_identity::Identity::new(
        store.clone(),
        throughline_identity::Settings::default(),
    )?;
    let code = identity.welcome_code(account.reference, account.version);
    let link = format!("{}/welcome/{code}", config.server.base_url);
    store.clone().close().await?;
    Ok(Report::new(
        format!(
            "The installation is set up. {} chooses a password here, once, within {} days:\n{link}\n\
             Then, under People and access: add a site, add a safety lead who works there, and name them as its lead. Until \
             that is done the page says what is missing, because no escalation reaches anybody who was named for it.",
            account.name,
            identity.settings().welcome_days
        ),
        json!({ "account": account.reference, "link": link }),
    ))
}
