//! Places: postcodes, points, council areas, and how far apart things are, said coarsely.
//!
//! Distance is only ever shown as a [`DistanceBand`]: an exact distance, asked for from three places, is a location
//! (SPEC 4.8, NE-06).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::nation::Nation;

/// Text that is not a postcode, or not enough of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Enter a full postcode, like SE15 4QL, or its first half, like SE15")]
pub struct NotAPostcode;

/// A United Kingdom postcode, or the part of one that somebody was willing to give: `SE15`, `SE15 4` or `SE15 4QL`.
/// Well formed, not necessarily in use.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Postcode {
    outward: String,
    sector_digit: Option<u8>,
    unit: Option<[u8; 2]>,
}

impl Postcode {
    /// Reads text in any case and spacing. `O` typed for the digit of the second half is read as `0`.
    ///
    /// ```
    /// use throughline_core::geo::Postcode;
    /// assert_eq!(Postcode::parse(" se154ql ").unwrap().to_string(), "SE15 4QL");
    /// assert_eq!(Postcode::parse("se15").unwrap().to_string(), "SE15");
    /// assert!(Postcode::parse("Peckham").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, NotAPostcode> {
        let parts: Vec<String> = text
            .split(|letter: char| letter.is_whitespace() || matches!(letter, '-' | '.'))
            .filter(|part| !part.is_empty())
            .map(str::to_ascii_uppercase)
            .collect();
        match parts.as_slice() {
            [outward, inward] => Self::from_halves(outward, inward),
            _ => Self::from_run(&parts.concat()),
        }
    }

    fn from_run(whole: &str) -> Result<Self, NotAPostcode> {
        if !whole.is_ascii() {
            return Err(NotAPostcode);
        }
        // `SE15 4QL` ends digit-letter-letter; an outward code never does, so a full code is tried first.
        if whole.len() >= 5
            && let Some((outward, inward)) = whole.split_at_checked(whole.len() - 3)
            && let Ok(full) = Self::from_halves(outward, inward)
        {
            return Ok(full);
        }
        Self::from_halves(whole, "")
    }

    fn from_halves(outward: &str, inward: &str) -> Result<Self, NotAPostcode> {
        if !is_outward(outward) {
            return Err(NotAPostcode);
        }
        let outward = outward.to_owned();
        match inward.as_bytes() {
            [] => Ok(Self {
                outward,
                sector_digit: None,
                unit: None,
            }),
            [digit] if digit.is_ascii_digit() => Ok(Self {
                outward,
                sector_digit: Some(*digit),
                unit: None,
            }),
            [digit, first, second] => {
                let digit = if *digit == b'O' { b'0' } else { *digit };
                if digit.is_ascii_digit() && is_unit_letter(*first) && is_unit_letter(*second) {
                    Ok(Self {
                        outward,
                        sector_digit: Some(digit),
                        unit: Some([*first, *second]),
                    })
                } else {
                    Err(NotAPostcode)
                }
            }
            _ => Err(NotAPostcode),
        }
    }

    /// The first half: `SE15`.
    pub fn outward(&self) -> &str {
        &self.outward
    }

    /// The letters at the start: `SE`.
    pub fn area_letters(&self) -> &str {
        self.outward
            .find(|letter: char| letter.is_ascii_digit())
            .and_then(|at| self.outward.get(..at))
            .unwrap_or("")
    }

    /// The first half and one digit, `SE15 4`, if that much was given.
    pub fn sector(&self) -> Option<String> {
        self.sector_digit
            .map(|digit| format!("{} {}", self.outward, char::from(digit)))
    }

    /// The digit that begins the second half, as an ASCII byte, if that much was given.
    pub fn sector_digit(&self) -> Option<u8> {
        self.sector_digit
    }

    /// The last two letters, as ASCII bytes, if the whole postcode was given.
    pub fn unit(&self) -> Option<[u8; 2]> {
        self.unit
    }

    /// Whether this is the beginning of another postcode, or the same one: `SE1` begins `SE1 4TW` but not `SE15 4QL`.
    pub fn begins(&self, other: &Self) -> bool {
        self.outward == other.outward
            && (self.sector_digit.is_none() || self.sector_digit == other.sector_digit)
            && (self.unit.is_none() || self.unit == other.unit)
    }

    /// Whether all of a postcode was given, not only its beginning.
    pub fn is_full(&self) -> bool {
        self.unit.is_some()
    }
}

/// The six shapes of an outward code: A9, A99, A9A, AA9, AA99, AA9A.
fn is_outward(text: &str) -> bool {
    let shape: String = text
        .chars()
        .map(|letter| match letter {
            'A'..='Z' => 'A',
            '0'..='9' => '9',
            _ => '?',
        })
        .collect();
    matches!(
        shape.as_str(),
        "A9" | "A99" | "A9A" | "AA9" | "AA99" | "AA9A"
    )
}

/// The letters C I K M O V are never used in the last two places: they are easily misread.
fn is_unit_letter(letter: u8) -> bool {
    letter.is_ascii_uppercase() && !b"CIKMOV".contains(&letter)
}

impl fmt::Display for Postcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.outward)?;
        if let Some(digit) = self.sector_digit {
            write!(f, " {}", char::from(digit))?;
        }
        if let Some([first, second]) = self.unit {
            write!(f, "{}{}", char::from(first), char::from(second))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Postcode {
    /// Only the first half: a whole postcode in a log line can be a household.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Postcode({}…)", self.outward)
    }
}

impl FromStr for Postcode {
    type Err = NotAPostcode;

    fn from_str(text: &str) -> Result<Self, NotAPostcode> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Postcode {
    type Error = NotAPostcode;

    fn try_from(text: String) -> Result<Self, NotAPostcode> {
        Self::parse(&text)
    }
}

impl From<Postcode> for String {
    fn from(postcode: Postcode) -> Self {
        postcode.to_string()
    }
}

/// A latitude or longitude that is not on the globe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("latitude must be -90 to 90 and longitude -180 to 180")]
pub struct NotAPoint;

/// A point on the globe, WGS 84, degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawPoint")]
pub struct Point {
    lat: f64,
    lon: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPoint {
    lat: f64,
    lon: f64,
}

impl TryFrom<RawPoint> for Point {
    type Error = NotAPoint;

    fn try_from(raw: RawPoint) -> Result<Self, NotAPoint> {
        Self::new(raw.lat, raw.lon)
    }
}

/// Mean radius of the Earth in metres (IUGG).
const EARTH_RADIUS_METRES: f64 = 6_371_008.8;

impl Point {
    /// From degrees north and degrees east.
    pub fn new(lat: f64, lon: f64) -> Result<Self, NotAPoint> {
        if (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon) {
            Ok(Self { lat, lon })
        } else {
            Err(NotAPoint)
        }
    }

    /// Degrees north of the equator.
    pub fn lat(self) -> f64 {
        self.lat
    }

    /// Degrees east of Greenwich.
    pub fn lon(self) -> f64 {
        self.lon
    }

    /// Great-circle distance in metres (haversine; within 0.5 % of the true ellipsoid).
    pub fn metres_to(self, other: Self) -> f64 {
        let (lat_a, lat_b) = (self.lat.to_radians(), other.lat.to_radians());
        let half_lat = ((lat_b - lat_a) / 2.0).sin();
        let half_lon = ((other.lon - self.lon).to_radians() / 2.0).sin();
        let chord = half_lat.mul_add(half_lat, lat_a.cos() * lat_b.cos() * half_lon * half_lon);
        2.0 * EARTH_RADIUS_METRES * chord.clamp(0.0, 1.0).sqrt().asin()
    }
}

crate::code_list! {
    /// How far, said coarsely. The only form in which a distance reaches anybody (SPEC 4.8). Miles, as road signs are.
    pub enum DistanceBand {
        /// In the same council area. The only nearer word there is for a confidential service.
        SameArea = "same_area",
        /// Less than 3 miles.
        UnderThreeMiles = "under_3_miles",
        /// 3 to 10 miles.
        ThreeToTenMiles = "3_to_10_miles",
        /// 10 to 30 miles.
        TenToThirtyMiles = "10_to_30_miles",
        /// 30 to 100 miles.
        ThirtyToHundredMiles = "30_to_100_miles",
        /// 100 miles or more.
        OverHundredMiles = "over_100_miles",
    }
}

/// Metres in an international mile.
const METRES_IN_A_MILE: f64 = 1_609.344;

impl DistanceBand {
    /// The band that a distance in metres falls in. A distance that is not a number is the farthest band.
    pub fn from_metres(metres: f64) -> Self {
        let miles = metres / METRES_IN_A_MILE;
        if miles < 3.0 {
            Self::UnderThreeMiles
        } else if miles < 10.0 {
            Self::ThreeToTenMiles
        } else if miles < 30.0 {
            Self::TenToThirtyMiles
        } else if miles < 100.0 {
            Self::ThirtyToHundredMiles
        } else {
            Self::OverHundredMiles
        }
    }

    /// The distance at which this band ends, in metres; `None` for the farthest, and for "same area", which is no distance.
    pub fn ends_at_metres(self) -> Option<f64> {
        let miles = match self {
            Self::UnderThreeMiles => 3.0,
            Self::ThreeToTenMiles => 10.0,
            Self::TenToThirtyMiles => 30.0,
            Self::ThirtyToHundredMiles => 100.0,
            Self::SameArea | Self::OverHundredMiles => return None,
        };
        Some(miles * METRES_IN_A_MILE)
    }
}

/// Text that is not a nine-character area code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an area code: a letter and eight digits are expected, like E09000028")]
pub struct NotAnAreaCode;

/// The official nine-character code of an area (GSS code): `E09000028` is Southwark, `W92000004` is Wales.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AreaCode([u8; 9]);

impl AreaCode {
    /// The whole United Kingdom.
    pub const UNITED_KINGDOM: Self = Self(*b"K02000001");
    /// England.
    pub const ENGLAND: Self = Self(*b"E92000001");
    /// Wales.
    pub const WALES: Self = Self(*b"W92000004");
    /// Scotland.
    pub const SCOTLAND: Self = Self(*b"S92000003");
    /// Northern Ireland.
    pub const NORTHERN_IRELAND: Self = Self(*b"N92000002");

    /// Reads a code: one of the letters E W S N K and eight digits.
    pub fn parse(text: &str) -> Result<Self, NotAnAreaCode> {
        let bytes: [u8; 9] = text
            .trim()
            .as_bytes()
            .try_into()
            .map_err(|_| NotAnAreaCode)?;
        let [letter, digits @ ..] = bytes;
        if b"EWSNK".contains(&letter) && digits.iter().all(u8::is_ascii_digit) {
            Ok(Self(bytes))
        } else {
            Err(NotAnAreaCode)
        }
    }

    /// The nation an area of this code is in, which its first letter says. `None` for codes of the whole kingdom.
    pub fn nation(&self) -> Option<Nation> {
        match self.0 {
            [b'E', ..] => Some(Nation::England),
            [b'W', ..] => Some(Nation::Wales),
            [b'S', ..] => Some(Nation::Scotland),
            [b'N', ..] => Some(Nation::NorthernIreland),
            _ => None,
        }
    }

    /// The code of a whole nation.
    pub const fn of_nation(nation: Nation) -> Self {
        match nation {
            Nation::England => Self::ENGLAND,
            Nation::Wales => Self::WALES,
            Nation::Scotland => Self::SCOTLAND,
            Nation::NorthernIreland => Self::NORTHERN_IRELAND,
        }
    }

    /// The code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AreaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AreaCode {
    type Err = NotAnAreaCode;

    fn from_str(text: &str) -> Result<Self, NotAnAreaCode> {
        Self::parse(text)
    }
}

impl TryFrom<String> for AreaCode {
    type Error = NotAnAreaCode;

    fn try_from(text: String) -> Result<Self, NotAnAreaCode> {
        Self::parse(&text)
    }
}

impl From<AreaCode> for String {
    fn from(code: AreaCode) -> Self {
        code.to_string()
    }
}

crate::code_list! {
    /// What kind of area a code names, widest last.
    pub enum AreaKind {
        /// Lower-tier or unitary council: district, borough, unitary authority, council area.
        Council = "council",
        /// County council above districts.
        County = "county",
        /// English region.
        Region = "region",
        /// England, Wales, Scotland or Northern Ireland.
        Nation = "nation",
        /// The United Kingdom.
        Kingdom = "kingdom",
    }
}

/// An area that a gazetteer knows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Area {
    /// Its official code.
    pub code: AreaCode,
    /// Its everyday name: "Southwark".
    pub name: String,
    /// What kind of area it is.
    pub kind: AreaKind,
    /// The nation whose law applies; `None` for the United Kingdom itself.
    pub nation: Option<Nation>,
    /// The areas that contain it, nearest first: county, region, nation, kingdom.
    pub within: Vec<AreaCode>,
    /// A point near its middle, for councils and counties.
    pub centroid: Option<Point>,
    /// How many people live there (mid-2020 estimate), where known.
    pub population: Option<u64>,
    /// The code of the police force area, where known.
    pub police_force: Option<AreaCode>,
}

impl Area {
    /// Whether this area is `other` or lies inside it.
    pub fn is_within(&self, other: AreaCode) -> bool {
        self.code == other || self.within.contains(&other)
    }
}

#[cfg(test)]
#[path = "geo_tests.rs"]
mod tests;
