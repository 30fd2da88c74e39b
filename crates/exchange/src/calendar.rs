//! Appointments as iCalendar files that say nothing: a neutral title and a time (ASSURANCE M3; SPEC 4.1 Appointment: the title never
//! says why). There is no field for a place, a person, an organiser or a description, so none can be written.

use icalendar::{Calendar, Component as _, Event, EventStatus};
use throughline_core::id::Ref;
use throughline_core::time::At;

throughline_core::code_list! {
    /// The only titles there are.
    pub enum NeutralTitle {
        /// Appointment.
        Appointment = "appointment",
        /// Meeting.
        Meeting = "meeting",
        /// Call.
        Call = "call",
        /// Reminder.
        Reminder = "reminder",
    }
}

impl NeutralTitle {
    /// The title as shown.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Appointment => "Appointment",
            Self::Meeting => "Meeting",
            Self::Call => "Call",
            Self::Reminder => "Reminder",
        }
    }
}

/// One appointment, new, moved or cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appointment {
    /// Random reference by which calendars know it again.
    pub reference: Ref,
    /// Title.
    pub title: NeutralTitle,
    /// When it begins.
    pub starts: At,
    /// When it ends.
    pub ends: At,
    /// When this version was written.
    pub written: At,
    /// How many times it was changed.
    pub version: u32,
    /// Whether it is called off.
    pub cancelled: bool,
}

/// The iCalendar file of one appointment (RFC 5545), times in UTC.
pub fn ics(appointment: &Appointment) -> String {
    let mut event = Event::new();
    event
        .uid(&appointment.reference.to_string())
        .summary(appointment.title.text())
        .add_property("DTSTAMP", stamp(appointment.written))
        .add_property("DTSTART", stamp(appointment.starts))
        .add_property("DTEND", stamp(appointment.ends))
        .sequence(appointment.version)
        .status(if appointment.cancelled {
            EventStatus::Cancelled
        } else {
            EventStatus::Confirmed
        });
    let mut calendar = Calendar::empty();
    calendar.append_property(("VERSION", "2.0"));
    calendar.append_property(("PRODID", "-//Calendar//EN"));
    calendar.append_property((
        "METHOD",
        if appointment.cancelled {
            "CANCEL"
        } else {
            "PUBLISH"
        },
    ));
    calendar.push(event.done());
    calendar.to_string()
}

/// An instant as iCalendar writes it: `20261122T090000Z`.
fn stamp(at: At) -> String {
    at.timestamp().strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use throughline_core::code::Code as _;

    fn appointment(cancelled: bool, title: NeutralTitle) -> Appointment {
        let at = |text| At::parse(text).unwrap();
        Appointment {
            reference: Ref::from_bytes([7; 16]),
            title,
            starts: at("2026-11-23T09:00:00Z"),
            ends: at("2026-11-23T09:30:00Z"),
            written: at("2026-11-22T12:00:00Z"),
            version: 2,
            cancelled,
        }
    }

    #[test]
    fn a_file_holds_a_neutral_title_and_times_and_nothing_else() {
        for title in NeutralTitle::ALL {
            for cancelled in [false, true] {
                let text = ics(&appointment(cancelled, *title));
                let allowed = [
                    "BEGIN", "END", "VERSION", "PRODID", "METHOD", "UID", "SUMMARY", "DTSTAMP",
                    "DTSTART", "DTEND", "SEQUENCE", "STATUS",
                ];
                for line in text.lines() {
                    let name = line.split([':', ';']).next().unwrap();
                    assert!(allowed.contains(&name), "{line}");
                }
                assert!(text.contains("DTSTART:20261123T090000Z") && text.contains(title.text()));
                assert_eq!(text.contains("CANCEL"), cancelled);
            }
        }
    }
}
