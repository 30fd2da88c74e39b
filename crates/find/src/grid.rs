//! The British national grid (eastings and northings in metres) as latitude and longitude.
//!
//! Formulas and constants: Ordnance Survey, "A guide to coordinate systems in Great Britain", annexes B and C. The
//! seven-parameter shift is good to about 5 metres, far finer than anything said to a person here.

use throughline_core::geo::{NotAPoint, Point};

/// Airy 1830 ellipsoid, semi-axes in metres.
const AIRY: (f64, f64) = (6_377_563.396, 6_356_256.909);
/// WGS 84 ellipsoid, semi-axes in metres.
const WGS84: (f64, f64) = (6_378_137.0, 6_356_752.314_2);
/// Scale on the central meridian.
const SCALE: f64 = 0.999_601_271_7;
/// True origin: 49° N 2° W.
const ORIGIN_DEGREES: (f64, f64) = (49.0, -2.0);
/// Grid coordinates of the true origin, metres.
const ORIGIN_METRES: (f64, f64) = (400_000.0, -100_000.0);

/// The point at a grid reference. Errors where the reference is far off Great Britain.
pub fn point_on_grid(easting: f64, northing: f64) -> Result<Point, NotAPoint> {
    if !(0.0..=800_000.0).contains(&easting) || !(1.0..=1_300_000.0).contains(&northing) {
        return Err(NotAPoint);
    }
    let (lat, lon) = airy_from_grid(easting, northing);
    let (lat, lon) = wgs84_from_airy(lat, lon);
    Point::new(lat.to_degrees(), lon.to_degrees())
}

/// Eccentricity squared.
fn e2((a, b): (f64, f64)) -> f64 {
    1.0 - (b * b) / (a * a)
}

/// Length of the meridian from the true origin to a latitude, metres.
fn meridian(lat: f64) -> f64 {
    let (a, b) = AIRY;
    let n = (a - b) / (a + b);
    let (n2, n3) = (n * n, n * n * n);
    let (minus, plus) = (
        lat - ORIGIN_DEGREES.0.to_radians(),
        lat + ORIGIN_DEGREES.0.to_radians(),
    );
    b * SCALE
        * ((1.0 + n + 1.25 * n2 + 1.25 * n3) * minus
            - (3.0 * n + 3.0 * n2 + 2.625 * n3) * minus.sin() * plus.cos()
            + (1.875 * n2 + 1.875 * n3) * (2.0 * minus).sin() * (2.0 * plus).cos()
            - (35.0 / 24.0) * n3 * (3.0 * minus).sin() * (3.0 * plus).cos())
}

fn airy_from_grid(easting: f64, northing: f64) -> (f64, f64) {
    let (a, _) = AIRY;
    let mut lat = ORIGIN_DEGREES.0.to_radians();
    // Each step shrinks the error a thousandfold; eight are more than enough for a millimetre.
    for _ in 0..8 {
        lat += (northing - ORIGIN_METRES.1 - meridian(lat)) / (a * SCALE);
    }
    let (sin, tan) = (lat.sin(), lat.tan());
    let curve = 1.0 - e2(AIRY) * sin * sin;
    let nu = a * SCALE / curve.sqrt();
    let rho = a * SCALE * (1.0 - e2(AIRY)) / curve.powf(1.5);
    let eta2 = nu / rho - 1.0;
    let (t2, sec) = (tan * tan, 1.0 / lat.cos());
    let d = easting - ORIGIN_METRES.0;
    let vii = tan / (2.0 * rho * nu);
    let viii = tan / (24.0 * rho * nu.powi(3)) * (5.0 + 3.0 * t2 + eta2 - 9.0 * t2 * eta2);
    let ix = tan / (720.0 * rho * nu.powi(5)) * (61.0 + 90.0 * t2 + 45.0 * t2 * t2);
    let x = sec / nu;
    let xi = sec / (6.0 * nu.powi(3)) * (nu / rho + 2.0 * t2);
    let xii = sec / (120.0 * nu.powi(5)) * (5.0 + 28.0 * t2 + 24.0 * t2 * t2);
    let xiia =
        sec / (5_040.0 * nu.powi(7)) * (61.0 + 662.0 * t2 + 1_320.0 * t2 * t2 + 720.0 * t2.powi(3));
    let lon =
        ORIGIN_DEGREES.1.to_radians() + x * d - xi * d.powi(3) + xii * d.powi(5) - xiia * d.powi(7);
    (
        lat - vii * d.powi(2) + viii * d.powi(4) - ix * d.powi(6),
        lon,
    )
}

fn wgs84_from_airy(lat: f64, lon: f64) -> (f64, f64) {
    let (a, _) = AIRY;
    let nu = a / (1.0 - e2(AIRY) * lat.sin() * lat.sin()).sqrt();
    let (x, y, z) = (
        nu * lat.cos() * lon.cos(),
        nu * lat.cos() * lon.sin(),
        (1.0 - e2(AIRY)) * nu * lat.sin(),
    );
    // OSGB36 to WGS 84: metres, parts per million, seconds of arc.
    let seconds = |value: f64| (value / 3_600.0).to_radians();
    let (scale, rx, ry, rz) = (
        1.0 - 20.489_4e-6,
        seconds(0.1502),
        seconds(0.2470),
        seconds(0.8421),
    );
    let x2 = 446.448 + scale * x - rz * y + ry * z;
    let y2 = -125.157 + rz * x + scale * y - rx * z;
    let z2 = 542.060 - ry * x + rx * y + scale * z;
    let flat = x2.hypot(y2);
    let mut lat2 = z2.atan2(flat * (1.0 - e2(WGS84)));
    for _ in 0..6 {
        let nu2 = WGS84.0 / (1.0 - e2(WGS84) * lat2.sin() * lat2.sin()).sqrt();
        lat2 = (z2 + e2(WGS84) * nu2 * lat2.sin()).atan2(flat);
    }
    (lat2, y2.atan2(x2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_example_comes_out_within_twenty_metres() {
        // Ordnance Survey's own worked example (Caister water tower).
        let found = point_on_grid(651_409.903, 313_177.270).unwrap();
        let off = found.metres_to(Point::new(52.658_007_833, 1.716_073_973).unwrap());
        assert!(off < 20.0, "{found:?} is {off} m off");
    }

    #[test]
    fn the_false_reference_zero_zero_is_no_place() {
        assert!(point_on_grid(0.0, 0.0).is_err());
    }
}
