//! The second row of one identifier, kept apart as a service of its own: its place is no more public than the first row's.

use crate::feed::{bytes, office, take};
use throughline_app::directory_aside::{self, Decision};
use throughline_app::{App, directory};
use throughline_core::id::{OrganisationId, Ref};
use throughline_policy::Actor;
use throughline_testkit::both;

/// A feed of which both rows have one identifier, and both stand in Canary Quay.
fn two(first: &str, second: &str) -> String {
    let row = |name: &str, url: &str| {
        format!(
            r#"{{"id":"1","name":"{name}","description":"A warm welcome.","url":"https://{url}.example",
            "service_at_locations":[{{"id":"l","location":{{"id":"x","location_type":"physical","latitude":51.45,"longitude":-2.59,
            "addresses":[{{"id":"y","address_1":"14 Canary Quay","city":"Anytown","postal_code":"ZZ1 2ZZ"}}]}}}}]}}"#
        )
    };
    format!(
        r#"{{"contents":[{},{}]}}"#,
        row(first, "a"),
        row(second, "b")
    )
}

struct Office {
    app: App,
    ours: OrganisationId,
    steward: Actor,
}

impl Office {
    async fn read(&self, text: &str) {
        take(&self.app, &self.steward, self.ours, bytes(text), false)
            .await
            .unwrap();
    }

    /// The rows that wait: why, and which.
    async fn waiting(&self) -> Vec<(String, Ref)> {
        let queue = directory::queue(&self.app, &self.steward).await.unwrap();
        let mut rows: Vec<_> = queue
            .waiting
            .into_iter()
            .map(|row| (row.because.unwrap_or(row.reason), row.reference))
            .collect();
        rows.sort();
        rows
    }

    async fn waits_for(&self) -> Vec<String> {
        self.waiting().await.into_iter().map(|row| row.0).collect()
    }

    /// Decides about the row that waits for this reason.
    async fn decide(&self, why: &str, decision: Decision) {
        let rows = self.waiting().await;
        let row = rows.iter().find(|row| row.0 == why).unwrap().1;
        directory_aside::decide(&self.app, &self.steward, row, decision)
            .await
            .unwrap();
    }

    /// The name of each service, and whether its place is shown.
    fn listed(&self) -> Vec<(String, bool)> {
        let snapshot = self.app.directory.snapshot();
        let mut all: Vec<_> = snapshot
            .all()
            .map(|one| {
                let entry = one.entry();
                let shown = entry.canonical_json().unwrap().contains("Canary Quay");
                (entry.name.clone(), shown)
            })
            .collect();
        all.sort();
        all
    }
}

fn said(names: &[(&str, bool)]) -> Vec<(String, bool)> {
    names
        .iter()
        .map(|(name, shown)| ((*name).to_owned(), *shown))
        .collect()
}

both!(
    a_second_row_is_withheld_with_its_first_until_a_steward_clears_it,
    |world| {
        let (app, ours, steward) = office(world).await;
        let office = Office { app, ours, steward };
        let feed = two("Harbour Refuge", "Quayside Rooms");
        office.read(&feed).await;
        office.decide("repeated_id", Decision::KeepApart).await;
        let withheld = said(&[("Harbour Refuge", false), ("Quayside Rooms", false)]);
        assert_eq!(office.listed(), withheld);
        // It waits as any withheld place does, and goes on waiting when the feed is read again.
        for _ in 0..2 {
            assert_eq!(office.waits_for().await, ["name", "withheld_before"]);
            office.read(&feed).await;
            assert_eq!(office.listed(), withheld);
        }
        office
            .decide("withheld_before", Decision::ShowAddress)
            .await;
        for _ in 0..2 {
            let cleared = said(&[("Harbour Refuge", false), ("Quayside Rooms", true)]);
            assert_eq!(office.listed(), cleared, "the second, and not the first");
            assert_eq!(office.waits_for().await, ["name"]);
            office.read(&feed).await;
        }
    }
);

both!(
    a_second_row_that_speaks_of_a_refuge_withholds_the_first_too_until_a_steward_clears_each,
    |world| {
        let (app, ours, steward) = office(world).await;
        let office = Office { app, ours, steward };
        let feed = two("Harbour", "Quayside Refuge");
        // The first row is open when it is read by itself: only the second tells what may be behind that door.
        office.read(&two("Harbour", "Quayside")).await;
        assert_eq!(office.listed(), said(&[("Harbour", true)]));
        for _ in 0..2 {
            office.read(&feed).await;
            assert_eq!(office.listed(), said(&[("Harbour", false)]));
            assert_eq!(office.waits_for().await, ["repeated_id", "withheld_before"]);
        }
        office.decide("repeated_id", Decision::KeepApart).await;
        let listed = said(&[("Harbour", false), ("Quayside Refuge", false)]);
        assert_eq!(office.listed(), listed);
        assert_eq!(office.waits_for().await, ["name", "withheld_before"]);
        // A steward knows that they are two houses. That holds, whatever is read again.
        office
            .decide("withheld_before", Decision::ShowAddress)
            .await;
        let listed = said(&[("Harbour", true), ("Quayside Refuge", false)]);
        for _ in 0..2 {
            assert_eq!(office.listed(), listed);
            assert_eq!(office.waits_for().await, ["name"]);
            office.read(&feed).await;
        }
        // Put otherwise, the second is looked at again, and is withheld still.
        office.read(&two("Harbour", "Quayside Rooms")).await;
        assert_eq!(office.waits_for().await, ["repeated_id"]);
        office.decide("repeated_id", Decision::KeepApart).await;
        let listed = said(&[("Harbour", true), ("Quayside Rooms", false)]);
        assert_eq!(office.listed(), listed);
        assert_eq!(office.waits_for().await, ["withheld_before"]);
    }
);

both!(
    what_was_kept_apart_is_looked_at_again_once_its_first_row_is_withheld,
    |world| {
        let (app, ours, steward) = office(world).await;
        let office = Office { app, ours, steward };
        office.read(&two("Harbour", "Quayside Rooms")).await;
        office.decide("repeated_id", Decision::KeepApart).await;
        let listed = said(&[("Harbour", true), ("Quayside Rooms", true)]);
        assert_eq!(office.listed(), listed);
        let later = two("Harbour Refuge", "Quayside Rooms");
        for _ in 0..2 {
            office.read(&later).await;
            assert_eq!(office.listed(), said(&[("Harbour Refuge", false)]));
            assert_eq!(office.waits_for().await, ["name", "repeated_id"]);
        }
        office.decide("repeated_id", Decision::KeepApart).await;
        let listed = said(&[("Harbour Refuge", false), ("Quayside Rooms", false)]);
        assert_eq!(office.listed(), listed, "there again, without its place");
        assert_eq!(office.waits_for().await, ["name", "withheld_before"]);
    }
);
