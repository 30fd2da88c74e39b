//! Ages, coordinates, money, postcodes, statuses.

use throughline_core::directory::Status;
use throughline_core::geo::{Point, Postcode};

use super::{Mend, Mended};

const NO_LIMIT: Mend = Mend {
    problem: "age below 0 where there is no limit",
    did: "left out",
};
const NOT_AN_AGE: Mend = Mend {
    problem: "not an age in whole years",
    did: "left out",
};
const AGES_CROSSED: Mend = Mend {
    problem: "lowest age above highest age",
    did: "left both out: ask",
};
const SWAPPED: Mend = Mend {
    problem: "latitude and longitude the wrong way round",
    did: "swapped",
};
const NOT_A_POINT: Mend = Mend {
    problem: "coordinates that are not on the globe",
    did: "left out",
};
const NULL_ISLAND: Mend = Mend {
    problem: "coordinates 0, 0",
    did: "left out",
};
const POSTCODE: Mend = Mend {
    problem: "postcode in another spelling",
    did: "written the usual way",
};
const STATUS: Mend = Mend {
    problem: "status in another spelling",
    did: "read as the standard word",
};
const STATUS_UNKNOWN: Mend = Mend {
    problem: "status that the standard does not have",
    did: "read as not running until someone has looked",
};
const STATUS_ABSENT: Mend = Mend {
    problem: "no status",
    did: "read as running, as it is listed",
};
const NOT_MONEY: Mend = Mend {
    problem: "not an amount of money",
    did: "left out",
};

/// An age limit: -1 and the like mean that there is none.
pub(crate) fn age(raw: f64) -> Mended<Option<u8>> {
    if raw < 0.0 {
        return Mended::after(None, NO_LIMIT);
    }
    let whole = raw.floor();
    let years = (0_u8..=120).find(|years| (f64::from(*years) - whole).abs() < 0.5);
    years.map_or_else(
        || Mended::after(None, NOT_AN_AGE),
        |years| Mended::sound(Some(years)),
    )
}

/// Both limits together: a lowest age above the highest says nothing.
pub(crate) fn ages(minimum: Option<u8>, maximum: Option<u8>) -> Mended<(Option<u8>, Option<u8>)> {
    match (minimum, maximum) {
        (Some(low), Some(high)) if low > high => Mended::after((None, None), AGES_CROSSED),
        (Some(0), Some(0)) => Mended::after((None, None), NO_LIMIT),
        both => Mended::sound(both),
    }
}

/// A point, put right where latitude and longitude are certainly swapped: beyond the globe one way and on it the other, or in
/// the Indian Ocean one way and in the United Kingdom the other.
pub(crate) fn point(latitude: f64, longitude: f64) -> Mended<Option<Point>> {
    let in_uk = |lat: f64, lon: f64| (49.0..=61.5).contains(&lat) && (-9.0..=2.5).contains(&lon);
    if latitude.abs() < f64::EPSILON && longitude.abs() < f64::EPSILON {
        return Mended::after(None, NULL_ISLAND);
    }
    if in_uk(longitude, latitude) {
        return Mended::after(Point::new(longitude, latitude).ok(), SWAPPED);
    }
    match (
        Point::new(latitude, longitude),
        Point::new(longitude, latitude),
    ) {
        (Ok(point), _) => Mended::sound(Some(point)),
        (Err(_), Ok(point)) => Mended::after(Some(point), SWAPPED),
        (Err(_), Err(_)) => Mended::after(None, NOT_A_POINT),
    }
}

/// A postcode; United Kingdom ones the usual way, others as they are.
pub(crate) fn postcode(raw: &str) -> Mended<String> {
    match Postcode::parse(raw) {
        Ok(known) if known.is_full() && known.to_string() != raw => {
            Mended::after(known.to_string(), POSTCODE)
        }
        _ => Mended::sound(raw.to_owned()),
    }
}

/// A status in the words of the standard. Unknown words do not mean yes.
pub(crate) fn status(raw: Option<&str>) -> Mended<Status> {
    let Some(raw) = raw else {
        return Mended::after(Status::Active, STATUS_ABSENT);
    };
    if let Ok(status) = raw.parse() {
        return Mended::sound(status);
    }
    let word: String = raw
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    let word = word.split_whitespace().collect::<Vec<_>>().join(" ");
    let known = match word.as_str() {
        "active" | "open" | "live" | "published" | "running" | "current" => Some(Status::Active),
        "inactive" | "draft" | "suspended" | "paused" | "unpublished" | "pending" => {
            Some(Status::Inactive)
        }
        "defunct" | "closed" | "archived" | "permanently closed" | "deleted" | "ended" => {
            Some(Status::Defunct)
        }
        "temporarily closed" | "temporary closed" | "closed temporarily" | "temp closed" => {
            Some(Status::TemporarilyClosed)
        }
        _ => None,
    };
    known.map_or_else(
        || Mended::after(Status::Inactive, STATUS_UNKNOWN),
        |status| Mended::after(status, STATUS),
    )
}

/// An amount in hundredths, exact: `7.5` and `£7.50` are 750.
pub(crate) fn pence(raw: &str) -> Mended<Option<i64>> {
    let bare: String = raw
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '£' | '$' | '€' | ','))
        .collect();
    let (whole, part) = bare.split_once('.').unwrap_or((&bare, ""));
    let amount = (|| {
        let pounds: i64 = whole
            .parse()
            .ok()
            .filter(|pounds| (0..=1_000_000).contains(pounds))?;
        let pence: i64 = match part.len() {
            0 => 0,
            1 => part.parse::<i64>().ok()? * 10,
            _ if part.chars().all(|c| c.is_ascii_digit()) => part.get(..2)?.parse().ok()?,
            _ => return None,
        };
        Some(pounds * 100 + pence)
    })();
    amount.map_or_else(
        || Mended::after(None, NOT_MONEY),
        |amount| Mended::sound(Some(amount)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minus_one_is_no_limit_and_not_an_age() {
        assert_eq!(age(-1.0), Mended::after(None, NO_LIMIT));
        assert_eq!(age(16.0), Mended::sound(Some(16)));
        assert_eq!(age(0.5), Mended::sound(Some(0)));
        assert_eq!(age(1_000.0), Mended::after(None, NOT_AN_AGE));
        assert_eq!(age(f64::NAN), Mended::after(None, NOT_AN_AGE));
        assert_eq!(
            ages(Some(18), Some(11)),
            Mended::after((None, None), AGES_CROSSED)
        );
        assert_eq!(
            ages(Some(0), Some(0)),
            Mended::after((None, None), NO_LIMIT)
        );
    }

    #[test]
    fn coordinates_the_wrong_way_round_are_swapped_only_when_certain() {
        let mended = point(-2.59, 51.45);
        assert_eq!(
            (mended.value.unwrap().lat(), mended.mends),
            (51.45, vec![SWAPPED])
        );
        assert_eq!(point(51.45, -2.59).mends, vec![]);
        assert_eq!(point(25.77, -80.19).value, Point::new(25.77, -80.19).ok());
        assert_eq!(point(-120.0, 39.0).value, Point::new(39.0, -120.0).ok());
        assert_eq!(point(0.0, 0.0), Mended::after(None, NULL_ISLAND));
        assert_eq!(point(400.0, 400.0), Mended::after(None, NOT_A_POINT));
        assert_eq!(point(f64::NAN, 1.0), Mended::after(None, NOT_A_POINT));
    }

    #[test]
    fn postcodes_are_written_the_usual_way() {
        assert_eq!(postcode("bs345lp").value, "BS34 5LP");
        assert_eq!(postcode("BS34 5LP"), Mended::sound("BS34 5LP".to_owned()));
        assert_eq!(postcode("33157"), Mended::sound("33157".to_owned()));
    }

    #[test]
    fn an_unknown_status_does_not_mean_running() {
        assert_eq!(status(Some("active")), Mended::sound(Status::Active));
        assert_eq!(status(Some("Archived")).value, Status::Defunct);
        assert_eq!(
            status(Some("Temporarily-Closed")).value,
            Status::TemporarilyClosed
        );
        assert_eq!(status(Some("maybe")).value, Status::Inactive);
        assert_eq!(status(None), Mended::after(Status::Active, STATUS_ABSENT));
    }

    #[test]
    fn money_is_exact() {
        for (raw, amount) in [
            ("7.5", 750),
            ("£7.50", 750),
            ("0", 0),
            ("1,200", 120_000),
            ("0.999", 99),
        ] {
            assert_eq!(pence(raw).value, Some(amount), "{raw}");
        }
        for bad in ["free", "", "-5", "1.2.3", "99999999999999999999"] {
            assert_eq!(pence(bad).value, None, "{bad}");
        }
    }
}
