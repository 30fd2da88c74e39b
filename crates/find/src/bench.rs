//! A synthetic directory and questions, the same for the same seed, and the plain scan that the indexes are measured
//! against. For `bench find` and for tests.

use throughline_core::circumstances::{Child, Circumstances, Gender, NrpfState};
use throughline_core::code::Code;
use throughline_core::directory::{
    Capacity, Channel, Entry, Location, Place, Provision, ReferralRoute, Schedule, ServiceArea,
    ServiceType, Weekday,
};
use throughline_core::geo::{Area, AreaCode, Point};
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::time::At;

use crate::engine::{Answer, Asked, Query};
use crate::knowledge::Knowledge;
use crate::listed::Listing;
use crate::rules::RULES;
use crate::snapshot::Snapshot;

/// A small stream of numbers from a seed (SplitMix64). For making up directories only; it is no source of secrets.
#[derive(Debug, Clone)]
pub struct Stream(u64);

impl Stream {
    /// Begins at a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below some bound (0 when the bound is 0).
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next_number() % bound).unwrap_or(0)
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.below(from.len()))
    }

    /// Yes, no, or not known, each as likely.
    fn answer(&mut self) -> Option<bool> {
        [Some(true), Some(false), None]
            .get(self.below(3))
            .copied()
            .flatten()
    }

    fn small(&mut self, bound: usize) -> u8 {
        u8::try_from(self.below(bound)).unwrap_or(0)
    }
}

const NAMES: [&str; 12] = [
    "Harbour",
    "Beacon",
    "Threshold",
    "Lantern",
    "Juniper",
    "Riverside",
    "Kestrel",
    "Orchard",
    "Northgate",
    "Bridge",
    "Haven",
    "Acorn",
];
const KINDS_OF_NAME: [&str; 6] = [
    "advice",
    "counselling",
    "women's project",
    "trust",
    "centre",
    "support",
];

/// Made-up services, scattered over councils of the gazetteer. Same seed, same services.
pub fn synthetic_listings(knowledge: &Knowledge, seed: u64, count: usize, now: At) -> Vec<Listing> {
    let mut stream = Stream::new(seed);
    let councils = knowledge.gazetteer.councils();
    (0..count)
        .map(|number| synthetic_listing(&mut stream, &councils, number, now))
        .collect()
}

fn synthetic_listing(stream: &mut Stream, councils: &[&Area], number: usize, now: At) -> Listing {
    let name = format!(
        "{} {} {}",
        stream.pick(&NAMES).copied().unwrap_or_default(),
        stream.pick(&KINDS_OF_NAME).copied().unwrap_or_default(),
        number % 7
    );
    let mut entry = Entry::new(number.to_string(), name);
    let kind = stream
        .pick(ServiceType::ALL)
        .copied()
        .unwrap_or(ServiceType::Helpline);
    let council = stream.pick(councils).copied();
    entry.provision = provision(stream, kind, council);
    entry.description = Some("Debt, homelessness and counselling in confidence.".to_owned())
        .filter(|_| stream.one_in(4));
    if let Some(need) = stream
        .pick(NeedType::ALL)
        .filter(|_| !number.is_multiple_of(5))
    {
        entry.needs = vec![*need];
    }
    if let Some(council) = council.filter(|_| !number.is_multiple_of(4)) {
        let area = if number % 4 == 1 {
            council.within.first().copied().unwrap_or(council.code)
        } else {
            council.code
        };
        entry.service_areas = vec![ServiceArea {
            name: council.name.clone(),
            code: Some(area.to_string()),
        }];
    }
    if stream.one_in(3) {
        let updated = Some(now.plus_days(-i64::from(stream.small(14))));
        let available = stream.answer().map(|room| u32::from(room) * 3);
        entry.capacity = Some(Capacity {
            unit: "places".to_owned(),
            available,
            maximum: None,
            updated,
        });
    }
    let takes = &mut entry.eligibility;
    for field in [
        &mut takes.women,
        &mut takes.men,
        &mut takes.children,
        &mut takes.no_recourse,
        &mut takes.wheelchair,
        &mut takes.interpreters,
        &mut takes.pets,
        &mut takes.alcohol,
        &mut takes.drugs,
        &mut takes.offending,
        &mut takes.in_work,
        &mut takes.from_outside_area,
    ] {
        *field = if stream.one_in(3) {
            Some(!stream.one_in(4))
        } else {
            None
        };
    }
    takes.minimum_age = Some(16 + stream.small(3)).filter(|_| stream.one_in(2));
    takes.boys_up_to_age = Some(10 + stream.small(7)).filter(|_| stream.one_in(3));
    takes.channels = Channel::ALL
        .iter()
        .copied()
        .filter(|_| stream.one_in(3))
        .collect();
    takes.referral_routes = ReferralRoute::ALL
        .iter()
        .copied()
        .filter(|_| stream.one_in(3))
        .collect();
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&stream.next_number().to_be_bytes());
    bytes[8..].copy_from_slice(&u64::try_from(number).unwrap_or(0).to_be_bytes());
    let confirmed_at = stream
        .one_in(2)
        .then(|| now.plus_days(-i64::from(stream.small(250))));
    Listing {
        reference: Ref::from_bytes(bytes),
        version: 1,
        confirmed_at,
        entry,
    }
}

fn provision(stream: &mut Stream, kind: ServiceType, council: Option<&Area>) -> Provision {
    if kind.is_confidential() {
        return Provision::confidential(
            vec![kind],
            council
                .map(|area| area.name.clone())
                .filter(|_| !stream.one_in(4)),
        );
    }
    let weekday = stream.pick(Weekday::ALL).copied();
    let schedule = Schedule {
        weekdays: weekday.into_iter().collect(),
        opens: jiff::civil::Time::new(9, 0, 0, 0).ok(),
        closes: jiff::civil::Time::new(17, 0, 0, 0).ok(),
        ..Schedule::default()
    };
    let shift = f64::from(stream.small(100)) / 1_000.0;
    let point = council
        .and_then(|area| area.centroid)
        .and_then(|point| Point::new(point.lat() + shift, point.lon() + shift).ok())
        .filter(|_| !stream.one_in(4));
    let city = council.map(|area| area.name.clone());
    let location = Location {
        city,
        point,
        ..Location::default()
    };
    let place = if stream.one_in(5) {
        Place::Unknown {
            schedules: vec![schedule],
        }
    } else {
        Place::Public {
            locations: vec![location],
            schedules: vec![schedule],
        }
    };
    Provision::new(vec![kind], place).unwrap_or_default()
}

/// Made-up questions. Same seed, same questions.
pub fn synthetic_queries(knowledge: &Knowledge, seed: u64, count: usize) -> Vec<Query> {
    const TYPED: [&str; 6] = [
        "debt",
        "sleeping in my car",
        "counselling",
        "homelss",
        "harbour advice",
        "somewhere safe to stay",
    ];
    let mut stream = Stream::new(seed);
    let councils = knowledge.gazetteer.councils();
    let area = |stream: &mut Stream| stream.pick(&councils).map(|area| area.code);
    (0..count)
        .map(|_| {
            let children = stream.answer().map(|some| {
                let son = stream.answer();
                if some {
                    vec![Child {
                        age: Some(stream.small(17)),
                        son,
                    }]
                } else {
                    Vec::new()
                }
            });
            let told = Circumstances {
                needs: stream
                    .pick(NeedType::ALL)
                    .copied()
                    .filter(|_| !stream.one_in(3))
                    .into_iter()
                    .collect(),
                area: area(&mut stream).filter(|_| !stream.one_in(4)),
                gender: stream
                    .pick(Gender::ALL)
                    .copied()
                    .filter(|_| stream.one_in(2)),
                age: Some(14 + stream.small(60)).filter(|_| stream.one_in(2)),
                nrpf: stream
                    .pick(NrpfState::ALL)
                    .copied()
                    .filter(|_| stream.one_in(3)),
                pets: stream.answer(),
                drugs: stream.answer(),
                in_work: stream.answer(),
                can_travel: stream.answer(),
                ways: Channel::ALL
                    .iter()
                    .copied()
                    .filter(|_| stream.one_in(5))
                    .collect(),
                avoid_areas: area(&mut stream)
                    .filter(|_| stream.one_in(2))
                    .into_iter()
                    .collect::<Vec<AreaCode>>(),
                children,
                ..Circumstances::default()
            };
            let text = stream
                .pick(&TYPED)
                .map(|text| (*text).to_owned())
                .filter(|_| stream.one_in(3));
            Query {
                told,
                text,
                ..Query::default()
            }
        })
        .collect()
}

/// The same answer as [`find`](crate::find) without using the index of needs: every service is judged by every rule.
pub fn find_by_scanning(snapshot: &Snapshot, query: &Query, now: At) -> Answer {
    let asked = Asked::new(snapshot, query, now, RULES);
    let judged = snapshot
        .positions()
        .filter_map(|position| asked.judge(position))
        .collect();
    asked.answer(judged)
}
