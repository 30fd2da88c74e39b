//! The server as it must never be: careless with the disk. The control of `scripts/assurance/power_loss.py`, which has to find
//! that this one loses what it acknowledged. Nothing of it is in the program: the product knows one way to open its database.
//!
//! `careless normal|off FOLDER PORT` serves a demo that is in that folder until it is killed.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use throughline_app::{App, Settings};
use throughline_core::pack::Packs;
use throughline_core::time::At;
use throughline_identity::Identity;
use throughline_seal::Keyring;
use throughline_store::{Durability, Keys, Store};
use throughline_testkit::env::seeded;
use throughline_web::Web;
use throughline_web::server::{Limits, serve};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().collect();
    let [_, how, folder, port] = words.as_slice() else {
        return Err("careless normal|off FOLDER PORT".into());
    };
    let durability = match how.as_str() {
        "normal" => Durability::Normal,
        "off" => Durability::Off,
        _ => return Err("normal or off".into()),
    };
    let (folder, port): (&Path, u16) = (Path::new(folder), port.parse()?);
    #[expect(clippy::disallowed_methods, reason = "when this control runs")]
    let now = At::from(jiff::Timestamp::now());
    // Its entropy must not be the demo's own, or it would give out references that there are already.
    let (env, _) = seeded(u64::from(std::process::id()) << 16, now);
    let keys = Keys::new(Keyring::from_text(&std::fs::read_to_string(
        folder.join("root.key"),
    )?)?);
    let store = Store::sqlite(&folder.join("throughline.db"), env, keys, durability).await?;
    let settings = Settings {
        base_url: format!("http://127.0.0.1:{port}"),
        mail_from: "no-reply@example.org".to_owned(),
        node: "careless".to_owned(),
        call: None,
        demo: true,
    };
    let app = Arc::new(App::new(store.clone(), Packs::embedded()?, settings)?);
    app.directory.refresh(&app.store).await?;
    let identity = Identity::new(store, throughline_identity::Settings::default())?;
    let settings = throughline_web::Settings {
        service_name: "Careless".to_owned(),
        secure: false,
        behind_proxy: false,
    };
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let web = Web::new(app, identity, settings, None);
    serve(listener, web, Limits::default(), std::future::pending()).await?;
    Ok(())
}
