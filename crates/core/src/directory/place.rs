//! Where a service is, made so that a confidential place cannot be held.

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use super::lists::{LocationType, ServiceType, Weekday};
use crate::geo::Point;

/// Where a service is given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Place {
    /// At places anyone may know.
    Public {
        /// The places.
        locations: Vec<Location>,
        /// Opening hours of the service as a whole.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        schedules: Vec<Schedule>,
    },
    /// Nobody may learn it from the directory. There is no field here that could hold it.
    Confidential {
        /// A wide area (local authority or wider) and nothing finer. `None`: not even that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        area_label: Option<String>,
    },
    /// Its source does not say. Shown as "place unknown: ask", never placed by distance.
    Unknown {
        /// Opening hours, where they are known all the same (a helpline).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        schedules: Vec<Schedule>,
    },
}

impl Default for Place {
    fn default() -> Self {
        Self::Unknown {
            schedules: Vec::new(),
        }
    }
}

impl Place {
    /// Locations people may know.
    pub fn locations(&self) -> &[Location] {
        match self {
            Self::Public { locations, .. } => locations,
            Self::Confidential { .. } | Self::Unknown { .. } => &[],
        }
    }

    /// Opening hours people may know.
    pub fn schedules(&self) -> &[Schedule] {
        match self {
            Self::Public { schedules, .. } | Self::Unknown { schedules } => schedules,
            Self::Confidential { .. } => &[],
        }
    }
}

/// An attempt to give a confidential kind of service a place that is not [`Place::Confidential`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a confidential kind of service cannot have an address or opening hours in the directory")]
pub struct AddressNotAllowed;

/// Kinds of service and where they are given. The two are kept together so that a confidential kind never meets an address.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Provision {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    types: Vec<ServiceType>,
    place: Place,
}

/// What JSON may say before the rule is applied.
#[derive(Deserialize)]
struct Unchecked {
    #[serde(default)]
    types: Vec<ServiceType>,
    #[serde(default)]
    place: Place,
}

impl TryFrom<Unchecked> for Provision {
    type Error = AddressNotAllowed;

    fn try_from(value: Unchecked) -> Result<Self, AddressNotAllowed> {
        Self::new(value.types, value.place)
    }
}

impl Provision {
    /// Kinds of service at a place. A confidential kind whose place is simply not known becomes a confidential place.
    ///
    /// # Errors
    /// [`AddressNotAllowed`] when a kind is confidential and the place holds locations or opening hours.
    pub fn new(mut types: Vec<ServiceType>, place: Place) -> Result<Self, AddressNotAllowed> {
        types.sort_unstable();
        types.dedup();
        let confidential = types.iter().any(|kind| kind.is_confidential());
        let place = match place {
            Place::Confidential { area_label } => Place::Confidential { area_label },
            held if !confidential => held,
            Place::Unknown { schedules } if schedules.is_empty() => {
                Place::Confidential { area_label: None }
            }
            Place::Public { .. } | Place::Unknown { .. } => return Err(AddressNotAllowed),
        };
        Ok(Self { types, place })
    }

    /// Kinds of service whose place nobody may learn; at most a wide area's name is kept.
    pub fn confidential(mut types: Vec<ServiceType>, area_label: Option<String>) -> Self {
        types.sort_unstable();
        types.dedup();
        Self {
            types,
            place: Place::Confidential { area_label },
        }
    }

    /// Kinds of service, in list order, each once.
    pub fn types(&self) -> &[ServiceType] {
        &self.types
    }

    /// Where they are given.
    pub fn place(&self) -> &Place {
        &self.place
    }
}

/// A place that anyone may know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// The identifier that the source uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// Name of the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What kind of place.
    pub location_type: LocationType,
    /// Lines of the address before the town.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub address: Vec<String>,
    /// Town or city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// County or state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Postcode; United Kingdom ones in capitals with one space.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    /// Two-letter country code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Where on the globe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<Point>,
    /// What it says about access for disabled people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accessibility: Vec<String>,
    /// How to get there, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// Opening hours of this place alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedules: Vec<Schedule>,
}

impl Default for Location {
    fn default() -> Self {
        Self {
            source_id: None,
            name: None,
            location_type: LocationType::Physical,
            address: Vec::new(),
            city: None,
            region: None,
            postcode: None,
            country: None,
            point: None,
            accessibility: Vec::new(),
            transport: None,
            schedules: Vec::new(),
        }
    }
}

/// When a service or a place is open, or closed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Schedule {
    /// Days of the week. Empty with times: every day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<Weekday>,
    /// Which of those days in a month (1 the first, -1 the last). `None`: every week.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub week_of_month: Option<i8>,
    /// Every how many weeks. `None`: every one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every_weeks: Option<u8>,
    /// Opens at, Europe/London wall clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opens: Option<Time>,
    /// Closes at; when it is not later than `opens`, on the next day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes: Option<Time>,
    /// First day on which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Date>,
    /// Last day on which it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<Date>,
    /// True for times when it is *not* open (holidays).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// What the source says, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
}
