//! A compact table of postcodes: for each sector ("SE15 4") a point near its middle and the councils it lies in; where a
//! sector straddles a boundary, the council of every unit in it.
//!
//! 2.7 million postcodes fit in under a megabyte because two postcodes of one sector are never told apart by place, and
//! 95 in 100 sectors-by-unit agree on the council. The table holds no addresses.

use std::collections::BTreeMap;
use std::io::Read;

use throughline_core::geo::{AreaCode, Point, Postcode};

use crate::grid::point_on_grid;

/// The first bytes of a packed table; the digit is the version of the layout.
const MAGIC: &[u8] = b"TLPC1\n";
/// One nibble for each of the 20 × 20 last-two-letter pairs.
const UNIT_MAP_BYTES: usize = 200;
/// Letters used in the last two places of a postcode.
const UNIT_LETTERS: &[u8; 20] = b"ABDEFGHJLNPQRSTUWXYZ";
/// A nibble counts councils from 1, with 0 for "not in use".
const MOST_AREAS: usize = 15;

/// Why a table could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The bytes are not a packed table, or it is cut short.
    #[error("this is not a postcode table, or it is damaged")]
    Damaged,
    /// A CSV file lacks a column.
    #[error("the file has no column for {0}")]
    NoColumn(&'static str),
    /// The CSV itself cannot be read.
    #[error("the file could not be read: {0}")]
    Csv(#[from] csv::Error),
}

/// What happened to the rows of a CSV file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CsvReport {
    /// Rows read.
    pub rows: u64,
    /// Rows that are in the table.
    pub used: u64,
    /// Rows left out: no place, no council, not a postcode, or a Northern Ireland row on the Irish grid.
    pub left_out: u64,
}

/// What the table knows of one sector.
#[derive(Debug, Clone, PartialEq)]
pub struct Sector {
    /// Near its middle.
    pub point: Point,
    /// The councils it lies in, the one with most postcodes first. Never empty.
    pub areas: Vec<AreaCode>,
    units: Option<Box<[u8; UNIT_MAP_BYTES]>>,
}

impl Sector {
    /// The council of one unit (the last two letters). `None` where the table cannot say which of several it is.
    pub fn area_of_unit(&self, unit: [u8; 2]) -> Option<AreaCode> {
        let Some(units) = &self.units else {
            return self.areas.first().copied();
        };
        let nibble = usize::from(nibble(units.as_slice(), unit_index(unit)?));
        self.areas.get(nibble.checked_sub(1)?).copied()
    }
}

/// A table of sectors by key: outward code, a space, one digit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PostcodeTable {
    edition: String,
    sectors: BTreeMap<String, Sector>,
}

impl PostcodeTable {
    /// Where the data came from, in words.
    pub fn edition(&self) -> &str {
        &self.edition
    }

    /// How many sectors it holds.
    pub fn len(&self) -> usize {
        self.sectors.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.sectors.is_empty()
    }

    /// The sector that a postcode is in.
    pub fn sector(&self, postcode: &Postcode) -> Option<&Sector> {
        self.sectors.get(&postcode.sector()?)
    }

    /// All sectors that begin with an outward code.
    pub fn sectors_of(&self, outward: &str) -> impl Iterator<Item = &Sector> {
        let from = format!("{outward} ");
        self.sectors
            .range(from.clone()..)
            .take_while(move |(key, _)| key.starts_with(&from))
            .map(|(_, sector)| sector)
    }

    /// Reads a CSV file laid out like the ONS Postcode Directory. Columns are found by name, the first of each that is
    /// there: `pcds`, `pcd`, `pcd7`, `pcd8`; `oslaua`, `laua`, `lad25cd`, `lad24cd`; and either `lat` with `long`, or
    /// `oseast1m` (`east1m`) with `osnrth1m` (`north1m`). Newer codes of councils are turned into `canonical` ones.
    pub fn from_csv(
        input: impl Read,
        edition: &str,
        canonical: impl Fn(AreaCode) -> AreaCode,
    ) -> Result<(Self, CsvReport), TableError> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
        let headers = reader.headers()?.clone();
        let column = |names: &[&str]| {
            names.iter().find_map(|name| {
                headers
                    .iter()
                    .position(|header| header.trim().eq_ignore_ascii_case(name))
            })
        };
        let postcode_at = column(&["pcds", "pcd", "pcd7", "pcd8"])
            .ok_or(TableError::NoColumn("the postcode (pcds)"))?;
        let area_at = column(&["oslaua", "laua", "lad25cd", "lad24cd"])
            .ok_or(TableError::NoColumn("the council (oslaua)"))?;
        let degrees = column(&["lat"]).zip(column(&["long"]));
        let metres = column(&["oseast1m", "east1m"]).zip(column(&["osnrth1m", "north1m"]));
        if degrees.is_none() && metres.is_none() {
            return Err(TableError::NoColumn("the place (lat and long)"));
        }
        let mut builder = Builder::default();
        let mut report = CsvReport::default();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record)? {
            report.rows += 1;
            let number = |at: usize| {
                record
                    .get(at)
                    .and_then(|text| text.trim().parse::<f64>().ok())
            };
            let postcode = record
                .get(postcode_at)
                .and_then(|text| Postcode::parse(text).ok());
            let area = record
                .get(area_at)
                .and_then(|text| AreaCode::parse(text).ok());
            let point = match (degrees, metres) {
                // 99.999999 is how the directory writes "no place".
                (Some((lat, lon)), _) => number(lat)
                    .zip(number(lon))
                    .and_then(|(lat, lon)| Point::new(lat, lon).ok()),
                (None, Some((east, north))) => {
                    // Northern Ireland is on the Irish grid in this column: read as British it would be in the wrong place.
                    let irish = postcode
                        .as_ref()
                        .is_some_and(|postcode| postcode.area_letters() == "BT");
                    let grid = if irish {
                        None
                    } else {
                        number(east).zip(number(north))
                    };
                    grid.and_then(|(east, north)| point_on_grid(east, north).ok())
                }
                (None, None) => None,
            };
            let added = match (postcode, area, point) {
                (Some(postcode), Some(area), Some(point)) => {
                    builder.add(&postcode, canonical(area), point)
                }
                _ => false,
            };
            if added {
                report.used += 1;
            } else {
                report.left_out += 1;
            }
        }
        Ok((builder.build(edition), report))
    }

    /// The table as bytes, the same for the same table.
    pub fn pack(&self) -> Vec<u8> {
        let mut areas: Vec<AreaCode> = self
            .sectors
            .values()
            .flat_map(|sector| sector.areas.iter().copied())
            .collect();
        areas.sort_unstable();
        areas.dedup();
        let mut out = MAGIC.to_vec();
        put_u16(&mut out, self.edition.len());
        out.extend_from_slice(self.edition.as_bytes());
        put_u16(&mut out, areas.len());
        for area in &areas {
            out.extend_from_slice(area.as_str().as_bytes());
        }
        put_u16(&mut out, self.sectors.len());
        for (key, sector) in &self.sectors {
            out.extend_from_slice(format!("{key:<6}").as_bytes());
            out.extend_from_slice(
                &pack_degrees(sector.point.lat() - PACKED_LAT_FROM).to_le_bytes(),
            );
            out.extend_from_slice(
                &pack_degrees(sector.point.lon() - PACKED_LON_FROM).to_le_bytes(),
            );
            out.push(u8::try_from(sector.areas.len()).unwrap_or(0));
            for area in &sector.areas {
                put_u16(&mut out, areas.binary_search(area).unwrap_or(0));
            }
            if let Some(units) = &sector.units {
                out.extend_from_slice(units.as_slice());
            }
        }
        out
    }

    /// Reads packed bytes.
    pub fn unpack(bytes: &[u8]) -> Result<Self, TableError> {
        let mut from = Cursor(bytes);
        if from.take(MAGIC.len())? != MAGIC {
            return Err(TableError::Damaged);
        }
        let edition_length = from.u16()?;
        let edition = from.text(usize::from(edition_length))?.to_owned();
        let mut areas = Vec::new();
        for _ in 0..from.u16()? {
            areas.push(AreaCode::parse(from.text(9)?).map_err(|_| TableError::Damaged)?);
        }
        let mut sectors = BTreeMap::new();
        for _ in 0..from.u16()? {
            let key = from.text(6)?.trim_end().to_owned();
            let lat = PACKED_LAT_FROM + f64::from(from.u16()?) / PACKED_STEPS_PER_DEGREE;
            let lon = PACKED_LON_FROM + f64::from(from.u16()?) / PACKED_STEPS_PER_DEGREE;
            let point = Point::new(lat, lon).map_err(|_| TableError::Damaged)?;
            let count = usize::from(from.u8()?);
            let mut here = Vec::with_capacity(count);
            for _ in 0..count {
                let at = usize::from(from.u16()?);
                here.push(areas.get(at).copied().ok_or(TableError::Damaged)?);
            }
            let units = if count > 1 {
                let map: [u8; UNIT_MAP_BYTES] = from
                    .take(UNIT_MAP_BYTES)?
                    .try_into()
                    .map_err(|_| TableError::Damaged)?;
                Some(Box::new(map))
            } else {
                None
            };
            sectors.insert(
                key,
                Sector {
                    point,
                    areas: here,
                    units,
                },
            );
        }
        Ok(Self { edition, sectors })
    }
}

/// South-west corner that packed degrees count from, and steps in a degree (about 100 metres).
const PACKED_LAT_FROM: f64 = 49.0;
const PACKED_LON_FROM: f64 = -9.0;
const PACKED_STEPS_PER_DEGREE: f64 = 1_000.0;

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the range of u16 first"
)]
fn pack_degrees(degrees: f64) -> u16 {
    (degrees * PACKED_STEPS_PER_DEGREE)
        .round()
        .clamp(0.0, f64::from(u16::MAX)) as u16
}

fn put_u16(out: &mut Vec<u8>, value: usize) {
    out.extend_from_slice(&u16::try_from(value).unwrap_or(u16::MAX).to_le_bytes());
}

fn unit_index([first, second]: [u8; 2]) -> Option<usize> {
    let place = |letter: u8| UNIT_LETTERS.iter().position(|known| *known == letter);
    Some(place(first)? * UNIT_LETTERS.len() + place(second)?)
}

fn nibble(map: &[u8], index: usize) -> u8 {
    let byte = map.get(index / 2).copied().unwrap_or(0);
    if index.is_multiple_of(2) {
        byte & 15
    } else {
        byte >> 4
    }
}

fn set_nibble(map: &mut [u8], index: usize, value: u8) {
    if let Some(byte) = map.get_mut(index / 2) {
        *byte = if index.is_multiple_of(2) {
            (*byte & 0xF0) | value
        } else {
            (*byte & 0x0F) | (value << 4)
        };
    }
}

/// Reads packed bytes from the front.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], TableError> {
        let (head, rest) = self.0.split_at_checked(count).ok_or(TableError::Damaged)?;
        self.0 = rest;
        Ok(head)
    }

    fn text(&mut self, count: usize) -> Result<&'a str, TableError> {
        std::str::from_utf8(self.take(count)?).map_err(|_| TableError::Damaged)
    }

    fn u8(&mut self) -> Result<u8, TableError> {
        self.take(1)?.first().copied().ok_or(TableError::Damaged)
    }

    fn u16(&mut self) -> Result<u16, TableError> {
        Ok(u16::from_le_bytes(
            self.take(2)?.try_into().map_err(|_| TableError::Damaged)?,
        ))
    }
}

/// Gathers postcodes one at a time.
#[derive(Default)]
struct Builder {
    sectors: BTreeMap<String, Gathering>,
}

#[derive(Default)]
struct Gathering {
    lat: f64,
    lon: f64,
    units: BTreeMap<usize, AreaCode>,
    count: f64,
}

impl Builder {
    fn add(&mut self, postcode: &Postcode, area: AreaCode, point: Point) -> bool {
        let Some((key, unit)) = postcode.sector().zip(postcode.unit().and_then(unit_index)) else {
            return false;
        };
        let here = self.sectors.entry(key).or_default();
        here.lat += point.lat();
        here.lon += point.lon();
        here.count += 1.0;
        here.units.insert(unit, area);
        true
    }

    fn build(self, edition: &str) -> PostcodeTable {
        let sectors = self
            .sectors
            .into_iter()
            .filter_map(|(key, here)| Some((key, here.finish()?)))
            .collect();
        PostcodeTable {
            edition: edition.to_owned(),
            sectors,
        }
    }
}

impl Gathering {
    fn finish(self) -> Option<Sector> {
        let point = Point::new(self.lat / self.count, self.lon / self.count).ok()?;
        let mut counts: BTreeMap<AreaCode, usize> = BTreeMap::new();
        for area in self.units.values() {
            *counts.entry(*area).or_default() += 1;
        }
        let mut areas: Vec<AreaCode> = counts.keys().copied().collect();
        areas.sort_by_key(|area| (std::cmp::Reverse(counts.get(area).copied()), *area));
        areas.truncate(MOST_AREAS);
        let units = (areas.len() > 1).then(|| {
            let mut map = Box::new([0_u8; UNIT_MAP_BYTES]);
            for (unit, area) in &self.units {
                let place = areas
                    .iter()
                    .position(|known| known == area)
                    .map_or(0, |at| at + 1);
                set_nibble(map.as_mut_slice(), *unit, u8::try_from(place).unwrap_or(0));
            }
            map
        });
        Some(Sector {
            point,
            areas,
            units,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "pcds,oslaua,lat,long\n\
        SE15 4QL,E09000028,51.470,-0.067\n\
        SE15 4QR,E09000028,51.472,-0.067\n\
        SE15 4AA,E09000023,51.474,-0.061\n\
        LD1 5AA,W06000023,52.24,-3.38\n\
        BAD,E09000028,51.0,0.0\n\
        SE15 4AB,E09000028,99.999999,0.0\n";

    fn sample() -> PostcodeTable {
        PostcodeTable::from_csv(SAMPLE.as_bytes(), "sample", |code| code)
            .unwrap()
            .0
    }

    fn area(code: &str) -> AreaCode {
        AreaCode::parse(code).unwrap()
    }

    #[test]
    fn rows_without_a_place_are_counted_not_guessed() {
        let (_, report) =
            PostcodeTable::from_csv(SAMPLE.as_bytes(), "sample", |code| code).unwrap();
        assert_eq!(
            report,
            CsvReport {
                rows: 6,
                used: 4,
                left_out: 2
            }
        );
    }

    #[test]
    fn a_straddling_sector_knows_the_council_of_each_unit_and_admits_what_it_does_not_know() {
        let table = sample();
        let sector = table.sector(&Postcode::parse("SE15 4QL").unwrap()).unwrap();
        assert_eq!(sector.areas, [area("E09000028"), area("E09000023")]);
        assert_eq!(sector.area_of_unit(*b"QL"), Some(area("E09000028")));
        assert_eq!(sector.area_of_unit(*b"AA"), Some(area("E09000023")));
        assert_eq!(sector.area_of_unit(*b"ZZ"), None);
    }

    #[test]
    fn packing_and_unpacking_changes_nothing_but_the_last_metres() {
        let table = sample();
        let again = PostcodeTable::unpack(&table.pack()).unwrap();
        assert_eq!(
            again.pack(),
            PostcodeTable::unpack(&again.pack()).unwrap().pack()
        );
        assert_eq!(again.len(), table.len());
        for text in ["SE15 4QL", "LD1 5AA"] {
            let postcode = Postcode::parse(text).unwrap();
            let (before, after) = (
                table.sector(&postcode).unwrap(),
                again.sector(&postcode).unwrap(),
            );
            assert!(before.point.metres_to(after.point) < 100.0);
            assert_eq!(before.areas, after.areas);
        }
    }

    #[test]
    fn a_table_cut_short_anywhere_is_refused_and_never_a_panic() {
        let bytes = sample().pack();
        for length in 0..bytes.len() {
            assert!(PostcodeTable::unpack(&bytes[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn northern_ireland_on_the_irish_grid_is_left_out_not_misplaced() {
        let csv = "pcd,laua,oseast1m,osnrth1m\nBT1 1AA,N09000003,334316,374675\nSE154QL,E09000028,534000,176000\n";
        let (table, report) = PostcodeTable::from_csv(csv.as_bytes(), "", |code| code).unwrap();
        assert_eq!((report.used, report.left_out), (1, 1));
        assert!(table.sector(&Postcode::parse("BT1 1AA").unwrap()).is_none());
    }

    #[test]
    fn a_file_without_the_columns_is_refused_by_name() {
        let error = PostcodeTable::from_csv("a,b\n1,2\n".as_bytes(), "", |code| code).unwrap_err();
        assert!(error.to_string().contains("pcds"));
    }
}
