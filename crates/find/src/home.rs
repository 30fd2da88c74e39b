//! Where the person is, and how far a service may be said to be from there.

use throughline_core::circumstances::Circumstances;
use throughline_core::geo::{AreaCode, AreaKind, DistanceBand, Point};

use crate::geo::Gazetteer;
use crate::listed::{Listed, PublicPlace};

/// Where the person is, as far as they told and the gazetteer knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Home {
    /// For telling near from far among places anyone may know.
    pub point: Option<Point>,
    /// The council, or the few it may be, or the one wider area that was told.
    pub areas: Vec<AreaCode>,
}

impl Home {
    /// From what the person told. `None`: nothing, or nothing the gazetteer knows.
    pub fn from_told(told: &Circumstances, gazetteer: &Gazetteer) -> Option<Self> {
        let by_postcode = told
            .postcode
            .as_ref()
            .and_then(|postcode| gazetteer.place(&postcode.to_string()));
        if let Some(found) = by_postcode {
            let areas = if found.areas.is_empty() {
                found.nation.map(AreaCode::of_nation).into_iter().collect()
            } else {
                found.areas
            };
            return Some(Self {
                point: found.point,
                areas,
            });
        }
        let area = gazetteer.area(told.area?)?;
        Some(Self {
            point: area.centroid.filter(|_| area.kind == AreaKind::Council),
            areas: vec![area.code],
        })
    }

    /// The one area it is in, where there is no doubt.
    pub fn area(&self) -> Option<AreaCode> {
        match self.areas.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }
}

/// Whether an area lies in another: `None` where only part of it does, or where either is not known.
pub fn lies_in(gazetteer: &Gazetteer, inner: AreaCode, outer: AreaCode) -> Option<bool> {
    let (inner, outer) = (gazetteer.area(inner)?, gazetteer.area(outer)?);
    if inner.is_within(outer.code) {
        Some(true)
    } else if outer.is_within(inner.code) {
        None
    } else {
        Some(false)
    }
}

/// Whether a public place is one the person must stay away from: `None` where that cannot be told.
pub fn is_avoided(
    place: &PublicPlace,
    told: &Circumstances,
    gazetteer: &Gazetteer,
) -> Option<bool> {
    let mut doubt = false;
    for avoided in &told.avoid_postcodes {
        match &place.postcode {
            Some(postcode) if avoided.begins(postcode) => {
                return Some(true);
            }
            Some(postcode) => {
                doubt |= !postcode.is_full() && postcode.begins(avoided);
            }
            None => doubt = true,
        }
    }
    for avoided in &told.avoid_areas {
        match place.area.map(|area| lies_in(gazetteer, area, *avoided)) {
            Some(Some(true)) => return Some(true),
            Some(Some(false)) => {}
            Some(None) | None => doubt = true,
        }
    }
    if doubt { None } else { Some(false) }
}

/// Whether the person must not meet this service: it is one they named, or every place it is known to have, or the only
/// area it is known to work in, is one they must stay away from. Such a service is taken out before anything else is
/// looked at and leaves no trace in the answer.
pub fn must_not_meet(listed: &Listed, told: &Circumstances, gazetteer: &Gazetteer) -> bool {
    if told.avoid_services.contains(&listed.reference()) {
        return true;
    }
    if told.avoid_areas.is_empty() && told.avoid_postcodes.is_empty() {
        return false;
    }
    let in_avoided = |area: AreaCode| {
        told.avoid_areas
            .iter()
            .any(|out| lies_in(gazetteer, area, *out) == Some(true))
    };
    if listed.shown_area.is_some_and(in_avoided) {
        return true;
    }
    if listed.is_remote_only() {
        return false;
    }
    if !listed.places.is_empty() {
        return listed
            .places
            .iter()
            .all(|place| is_avoided(place, told, gazetteer) == Some(true));
    }
    !listed.entry().is_confidential()
        && !listed.served.is_empty()
        && listed
            .served
            .iter()
            .all(|area| area.code.is_some_and(in_avoided))
}

/// How far a service is, where that may be said. For a confidential service: from the middle of the person's council to
/// the middle of the council it lets be known, whatever postcode was told (SPEC 4.8). For others: to the nearest place
/// that is not one to stay away from.
pub fn band(
    listed: &Listed,
    home: Option<&Home>,
    told: &Circumstances,
    gazetteer: &Gazetteer,
) -> Option<DistanceBand> {
    let home = home?;
    if listed.entry().is_confidential() {
        let (from, to) = (
            gazetteer.area(home.area()?)?,
            gazetteer.area(listed.shown_area?)?,
        );
        if from.kind != AreaKind::Council || to.kind != AreaKind::Council {
            return None;
        }
        if from.code == to.code {
            return Some(DistanceBand::SameArea);
        }
        return Some(DistanceBand::from_metres(
            from.centroid?.metres_to(to.centroid?),
        ));
    }
    let here = home.point?;
    listed
        .places
        .iter()
        .filter(|place| is_avoided(place, told, gazetteer) != Some(true))
        .filter_map(|place| place.point)
        .map(|point| here.metres_to(point))
        .min_by(f64::total_cmp)
        .map(DistanceBand::from_metres)
}
