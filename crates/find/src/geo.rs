//! The gazetteer: postcodes and names of councils to places, with no network and no service outside this process.
//!
//! Great Britain's postcodes are built in to the sector ("SE15 4"): near enough for a distance said in bands, too coarse
//! to be a home. Northern Ireland's postcodes are not open data; there a postcode gives the nation, a council is
//! chosen by name, and everything else is "place unknown".

use std::collections::BTreeMap;
use std::io::Read;

use serde::Serialize;
use throughline_core::directory::{Entry, Place};
use throughline_core::geo::{Area, AreaCode, AreaKind, Point, Postcode};
use throughline_core::nation::Nation;

use crate::postcode_table::{CsvReport, PostcodeTable, TableError};
use crate::text::fold;

/// Attribution that the licence of the built-in data asks for. Shown on the page about the service.
pub const ATTRIBUTION: &str = "Contains OS data © Crown copyright and database right 2025. Contains Royal Mail data © Royal \
    Mail copyright and database right 2025. Contains National Statistics data © Crown copyright and database right 2025. \
    Source: Office for National Statistics, ONS Postcode Directory, November 2025, licensed under the Open Government \
    Licence v.3.0. Council names and codes: mySociety, MIT licence.";

static POSTCODES: &[u8] = include_bytes!("../data/postcodes.bin");
static AUTHORITIES: &str = include_str!("../data/local_authorities.csv");
static REGIONS: &str = include_str!("../data/regions.csv");
static WELSH_NAMES: &str = include_str!("../data/welsh_names.csv");
static SUCCESSORS: &str = include_str!("../data/area_successors.csv");

throughline_core::code_list! {
    /// How exactly a place is known.
    pub enum Precision {
        /// The council is known from the whole postcode; the point is near the middle of its sector.
        Unit = "unit",
        /// Near the middle of a postcode sector.
        Sector = "sector",
        /// Near the middle of a postcode district.
        Outward = "outward",
        /// Near the middle of a council area.
        Area = "area",
        /// The nation and no more.
        Nation = "nation",
    }
}

/// What a gazetteer says about a place somebody typed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Resolved {
    /// A point for telling near from far. `None`: the place is not known.
    pub point: Option<Point>,
    /// How exactly it is known.
    pub precision: Precision,
    /// The council it is in, or the few it may be in, likeliest first. Empty: not known.
    pub areas: Vec<AreaCode>,
    /// The nation, where all the councils it may be in agree.
    pub nation: Option<Nation>,
}

impl Resolved {
    /// The council, where there is no doubt.
    pub fn area(&self) -> Option<AreaCode> {
        match self.areas.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }
}

/// Areas and postcodes. Make one at start and share it.
#[derive(Debug, Clone)]
pub struct Gazetteer {
    areas: BTreeMap<AreaCode, Area>,
    welsh: BTreeMap<AreaCode, String>,
    names: BTreeMap<String, Vec<AreaCode>>,
    successors: BTreeMap<AreaCode, AreaCode>,
    built_in: PostcodeTable,
    overlay: Option<PostcodeTable>,
}

impl Gazetteer {
    /// The gazetteer that is part of the program.
    ///
    /// # Errors
    /// Only if the built-in data were damaged, which a test excludes.
    pub fn built_in() -> Result<Self, TableError> {
        let mut found = Self::without_postcodes()?;
        found.built_in = PostcodeTable::unpack(POSTCODES)?;
        Ok(found)
    }

    /// Councils, regions and nations alone: what a new table of postcodes is built against.
    pub fn without_postcodes() -> Result<Self, TableError> {
        let mut found = Self {
            areas: BTreeMap::new(),
            welsh: BTreeMap::new(),
            names: BTreeMap::new(),
            successors: BTreeMap::new(),
            built_in: PostcodeTable::default(),
            overlay: None,
        };
        for row in rows(SUCCESSORS)? {
            if let (Some(old), Some(new)) = (code(&row, "code"), code(&row, "successor")) {
                found.successors.insert(new, old);
            }
        }
        found.add_regions()?;
        found.add_councils()?;
        for row in rows(WELSH_NAMES)? {
            if let (Some(area), Some(name)) = (code(&row, "code"), row.get("name_cy")) {
                found.welsh.insert(area, name.clone());
                found.add_name(name, area);
            }
        }
        Ok(found)
    }

    fn add_regions(&mut self) -> Result<(), TableError> {
        for row in rows(REGIONS)? {
            let (Some(area), Some(name)) = (code(&row, "code"), row.get("name")) else {
                continue;
            };
            let (kind, within) = match area.as_str().get(..3) {
                Some("E12") => (
                    AreaKind::Region,
                    vec![AreaCode::ENGLAND, AreaCode::UNITED_KINGDOM],
                ),
                Some("K02") => (AreaKind::Kingdom, Vec::new()),
                _ => (AreaKind::Nation, vec![AreaCode::UNITED_KINGDOM]),
            };
            if let Some(name_cy) = row.get("name_cy") {
                self.welsh.insert(area, name_cy.clone());
                self.add_name(name_cy, area);
            }
            self.add_name(name, area);
            let nation = area.nation();
            let (centroid, population, police_force) = (None, None, None);
            let name = name.clone();
            self.areas.insert(
                area,
                Area {
                    code: area,
                    name,
                    kind,
                    nation,
                    within,
                    centroid,
                    population,
                    police_force,
                },
            );
        }
        self.add_name("UK", AreaCode::UNITED_KINGDOM);
        Ok(())
    }

    fn add_councils(&mut self) -> Result<(), TableError> {
        let rows = rows(AUTHORITIES)?;
        let counties: BTreeMap<&str, AreaCode> = rows
            .iter()
            .filter(|row| {
                row.get("local_authority_type")
                    .is_some_and(|kind| kind == "CTY")
            })
            .filter_map(|row| {
                Some((
                    row.get("local_authority_code")?.as_str(),
                    code(row, "gss_code")?,
                ))
            })
            .collect();
        for row in &rows {
            let kind = match row.get("local_authority_type").map(String::as_str) {
                Some("CTY") => AreaKind::County,
                // Combined authorities and Greater London's assembly: who belongs to them is not in the table.
                Some("COMB" | "SRA") | None => continue,
                Some(_) => AreaKind::Council,
            };
            let (Some(area), Some(name)) = (code(row, "gss_code"), row.get("nice_name")) else {
                continue;
            };
            let county = row
                .get("county_la")
                .and_then(|short| counties.get(short.as_str()))
                .copied();
            let region = row.get("region").and_then(|name| self.region_named(name));
            let nation = area.nation();
            let within = [
                county,
                region,
                nation.map(AreaCode::of_nation),
                Some(AreaCode::UNITED_KINGDOM),
            ];
            let number = |column: &str| row.get(column).and_then(|text| text.parse::<f64>().ok());
            let centroid = number("lat")
                .zip(number("long"))
                .and_then(|(lat, lon)| Point::new(lat, lon).ok());
            self.add_name(name, area);
            if let Some(official) = row.get("official_name") {
                self.add_name(official, area);
            }
            self.areas.insert(
                area,
                Area {
                    code: area,
                    name: name.clone(),
                    kind,
                    nation,
                    within: within
                        .into_iter()
                        .flatten()
                        .filter(|outer| *outer != area)
                        .collect(),
                    centroid,
                    population: row
                        .get("pop_2020")
                        .and_then(|text| text.split('.').next())
                        .and_then(|whole| whole.parse().ok()),
                    police_force: code(row, "pfa_code"),
                },
            );
        }
        Ok(())
    }

    fn region_named(&self, name: &str) -> Option<AreaCode> {
        self.areas
            .values()
            .find(|area| area.kind == AreaKind::Region && area.name == name)
            .map(|area| area.code)
    }

    fn add_name(&mut self, name: &str, area: AreaCode) {
        for key in [fold(name), core_of_name(name)] {
            let held = self.names.entry(key).or_default();
            if !held.contains(&area) {
                held.push(area);
            }
        }
    }

    /// Puts a newer or finer table of postcodes over the built-in one.
    #[must_use]
    pub fn with_overlay(mut self, table: PostcodeTable) -> Self {
        self.overlay = Some(table);
        self
    }

    /// Reads a CSV file laid out like the ONS Postcode Directory as a table for [`Gazetteer::with_overlay`].
    pub fn from_csv(
        &self,
        input: impl Read,
        edition: &str,
    ) -> Result<(PostcodeTable, CsvReport), TableError> {
        PostcodeTable::from_csv(input, edition, |area| self.canonical(area))
    }

    /// The code under which an area is kept here: a newer code of the same council gives the older one.
    pub fn canonical(&self, area: AreaCode) -> AreaCode {
        self.successors.get(&area).copied().unwrap_or(area)
    }

    /// Where the postcodes come from, in words, newest table first.
    pub fn editions(&self) -> Vec<&str> {
        self.overlay
            .iter()
            .chain(std::iter::once(&self.built_in))
            .map(PostcodeTable::edition)
            .collect()
    }

    /// What is known of a postcode or the beginning of one. `None`: it begins like no postcode in use.
    pub fn resolve(&self, postcode: &Postcode) -> Option<Resolved> {
        let tables = || self.overlay.iter().chain(std::iter::once(&self.built_in));
        if let Some(sector) = tables().find_map(|table| table.sector(postcode)) {
            let exact = postcode.unit().and_then(|unit| sector.area_of_unit(unit));
            let (precision, areas) = match exact {
                Some(area) => (Precision::Unit, vec![area]),
                None => (Precision::Sector, sector.areas.clone()),
            };
            return Some(Resolved {
                point: Some(sector.point),
                precision,
                nation: one_nation(&areas),
                areas,
            });
        }
        let (mut lat, mut lon, mut count) = (0.0, 0.0, 0.0);
        let mut areas: Vec<AreaCode> = Vec::new();
        for sector in tables().find_map(|table| {
            let mut found = table.sectors_of(postcode.outward()).peekable();
            found.peek().is_some().then_some(found)
        })? {
            lat += sector.point.lat();
            lon += sector.point.lon();
            count += 1.0;
            for area in &sector.areas {
                if !areas.contains(area) {
                    areas.push(*area);
                }
            }
        }
        let point = Point::new(lat / count, lon / count).ok();
        Some(Resolved {
            point,
            precision: Precision::Outward,
            nation: one_nation(&areas),
            areas,
        })
    }

    /// What is known of text that may be a postcode or the name of a council, in English or Welsh.
    pub fn place(&self, text: &str) -> Option<Resolved> {
        if let Ok(postcode) = Postcode::parse(text) {
            if let Some(found) = self.resolve(&postcode) {
                return Some(found);
            }
            if postcode.area_letters() == "BT" {
                return Some(self.resolve_area(AreaCode::NORTHERN_IRELAND));
            }
        }
        match AreaCode::parse(text) {
            Ok(area) if self.area(area).is_some() => Some(self.resolve_area(area)),
            _ => self.named(text).map(|area| self.resolve_area(area.code)),
        }
    }

    /// What is known of a council, or of a wider area.
    pub fn resolve_area(&self, area: AreaCode) -> Resolved {
        let area = self.canonical(area);
        let known = self.areas.get(&area);
        let council = known.is_some_and(|area| area.kind == AreaKind::Council);
        Resolved {
            point: known.filter(|_| council).and_then(|area| area.centroid),
            precision: if council {
                Precision::Area
            } else {
                Precision::Nation
            },
            areas: if council { vec![area] } else { Vec::new() },
            nation: area.nation(),
        }
    }

    /// An area by its code, old or new.
    pub fn area(&self, area: AreaCode) -> Option<&Area> {
        self.areas.get(&self.canonical(area))
    }

    /// An area by its name in English or Welsh, with or without "Council", "City of" and the like. `None` where no area
    /// or more than one has it.
    pub fn named(&self, name: &str) -> Option<&Area> {
        [fold(name), core_of_name(name)].iter().find_map(|key| {
            match self.names.get(key).map(Vec::as_slice) {
                Some([only]) => self.areas.get(only),
                _ => None,
            }
        })
    }

    /// The nation that a service is for: of every area it serves, else of every place where it is given. `None` where it says
    /// neither, or they lie in more than one.
    pub fn nation_of(&self, entry: &Entry) -> Option<Nation> {
        let served = entry.service_areas.iter().map(|area| {
            let code = area.code.as_deref().map(AreaCode::parse);
            match code {
                Some(Ok(code)) => code.nation(),
                _ => self.named(&area.name).and_then(|area| area.code.nation()),
            }
        });
        let wide = match entry.provision.place() {
            Place::Confidential { area_label } => area_label.as_deref(),
            Place::Public { .. } | Place::Unknown { .. } => None,
        };
        let wide = wide.map(|label| self.named(label).and_then(|area| area.code.nation()));
        let given = entry.provision.place().locations().iter().map(|place| {
            let found = place.postcode.as_deref().and_then(|code| self.place(code));
            found.and_then(|found| found.nation)
        });
        one_of(served.chain(wide)).or_else(|| one_of(given))
    }

    /// Its name in Welsh, where it has one of its own.
    pub fn welsh_name(&self, area: AreaCode) -> Option<&str> {
        self.welsh.get(&self.canonical(area)).map(String::as_str)
    }

    /// Every council (lower tier and unitary), by name: what a form offers.
    pub fn councils(&self) -> Vec<&Area> {
        let mut found: Vec<&Area> = self
            .areas
            .values()
            .filter(|area| area.kind == AreaKind::Council)
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name).then(a.code.cmp(&b.code)));
        found
    }
}

fn one_nation(areas: &[AreaCode]) -> Option<Nation> {
    one_of(areas.iter().map(AreaCode::nation))
}

/// The nation that all of these are in. `None`: there is none, or one of them is elsewhere or not known.
fn one_of(mut nations: impl Iterator<Item = Option<Nation>>) -> Option<Nation> {
    let first = nations.next()??;
    nations.all(|other| other == Some(first)).then_some(first)
}

/// A council's name without the words that names of councils share.
fn core_of_name(name: &str) -> String {
    const COMMON: [&str; 16] = [
        "council",
        "city",
        "county",
        "borough",
        "district",
        "metropolitan",
        "of",
        "the",
        "royal",
        "cyngor",
        "sir",
        "dinas",
        "bwrdeistref",
        "and",
        "unitary",
        "authority",
    ];
    let folded = fold(name);
    let kept: Vec<&str> = folded
        .split(' ')
        .filter(|word| !COMMON.contains(word))
        .collect();
    if kept.is_empty() {
        folded.clone()
    } else {
        kept.join(" ")
    }
}

type Row = BTreeMap<String, String>;

fn rows(csv_text: &str) -> Result<Vec<Row>, TableError> {
    let mut reader = csv::Reader::from_reader(csv_text.as_bytes());
    Ok(reader
        .deserialize()
        .collect::<Result<Vec<Row>, csv::Error>>()?)
}

fn code(row: &Row, column: &str) -> Option<AreaCode> {
    row.get(column).and_then(|text| AreaCode::parse(text).ok())
}

#[cfg(test)]
mod tests;
