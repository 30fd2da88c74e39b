//! Two people at one site who are to be kept apart, and everybody who works there.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses its own part of it, and one that cannot go on must stop"
)]

use throughline_app::apart::{self, NewLink, OtherSheet};
use throughline_app::appointment::{self, Appointment, Slot};
use throughline_app::{Error, case, today};
use throughline_core::apart::{Ground, Window};
use throughline_core::artefact::NeutralTitle;
use throughline_core::id::Ref;
use throughline_core::people::RelationshipRole;
use throughline_core::task::TaskKind;
use throughline_core::time::At;
use throughline_store::account::Account;
use throughline_store::person::PersonSheet;
use throughline_testkit::actor::proved;
use throughline_testkit::db::TestStore;

use crate::front_site::{Site, site};

pub fn sheet(chosen: &str, family: &str, born: Option<&str>) -> PersonSheet {
    PersonSheet {
        chosen: chosen.into(),
        given: None,
        family: Some(family.into()),
        born: born.map(Into::into),
        age_band: None,
        language: None,
        interpreter: None,
        access: vec![],
    }
}

/// Two people at one site: Amina, whose worker is the coach, and Rory Vale, whose worker is the other one.
pub struct Two {
    pub site: Site,
    pub amina: Ref,
    pub rory: Ref,
}

pub const BORN: &str = "1985-04-05";

pub async fn two(world: &TestStore, posts: &[i64]) -> Two {
    let site = site(world, posts).await;
    let amina = sheet("Amina", "Quill", None);
    let rory = sheet("Rory", "Vale", Some(BORN));
    let amina = case::open(&site.app, &site.coach.actor(), &amina)
        .await
        .unwrap();
    let rory = case::open(&site.app, &site.other.actor(), &rory)
        .await
        .unwrap();
    Two { site, amina, rory }
}

impl Two {
    pub async fn says(&self, by: &Account, name: &str, born: Option<&str>, window: Window) -> Ref {
        let other = OtherSheet {
            name: name.into(),
            born: born.map(Into::into),
            else_known: None,
        };
        let new = NewLink {
            other: &other,
            role: RelationshipRole::AllegedPerpetrator,
            window,
        };
        apart::add(&self.site.app, &by.actor(), self.amina, &new)
            .await
            .unwrap()
    }

    pub async fn told(&self) -> Ref {
        self.says(&self.site.coach, "Rory Vale", Some(BORN), Window::SAME_DAY)
            .await
    }

    pub async fn confirmed(&self) {
        let link = self.told().await;
        self.confirms(link).await;
    }

    pub async fn confirms(&self, link: Ref) {
        let lead = proved(self.site.lead.actor(), self.site.app.env().now());
        apart::confirm(
            &self.site.app,
            &lead,
            self.amina,
            link,
            1,
            Ground::CourtOrder,
        )
        .await
        .unwrap();
    }

    pub async fn books(&self, by: &Account, case: Ref, starts_at: At) -> Result<Ref, Error> {
        let slot = Slot {
            starts_at,
            minutes: 30,
        };
        let title = NeutralTitle::Appointment;
        appointment::book(&self.site.app, &by.actor(), case, title, slot).await
    }

    /// Both come on one day: Rory in the morning, Amina in the afternoon.
    pub async fn meet(&self, day: At) {
        let (coach, other) = (&self.site.coach, &self.site.other);
        self.books(other, self.rory, day).await.unwrap();
        self.books(coach, self.amina, day.plus_hours(4))
            .await
            .unwrap();
    }

    pub async fn amina_has(&self) -> Vec<Appointment> {
        let by = self.site.coach.actor();
        let all = appointment::of_case(&self.site.app, &by, self.amina).await;
        all.unwrap()
            .into_iter()
            .map(|one| one.appointment)
            .collect()
    }

    pub async fn rory_has(&self) -> Vec<Appointment> {
        let by = self.site.other.actor();
        let all = appointment::of_case(&self.site.app, &by, self.rory).await;
        all.unwrap()
            .into_iter()
            .map(|one| one.appointment)
            .collect()
    }

    pub async fn tasks(&self, of: &Account, kind: TaskKind) -> Vec<Ref> {
        let day = today::worker(&self.site.app, &of.actor()).await.unwrap();
        [day.do_now, day.next]
            .concat()
            .into_iter()
            .filter(|row| row.what == today::What::Task(kind))
            .map(|row| row.task.unwrap())
            .collect()
    }

    pub async fn to_plan(&self, of: &Account) -> Vec<Ref> {
        self.tasks(of, TaskKind::PlanApart).await
    }

    pub async fn job(&self) -> usize {
        apart::run(&self.site.app).await.unwrap()
    }
}

/// Ten in the morning of a day ahead, in London.
pub fn morning(two: &Two, days: i64) -> At {
    let day = two.site.app.env().now().plus_days(days).london_date();
    At::from_london(day.at(10, 0, 0, 0)).unwrap()
}
