//! An appointment at a site: a neutral title, a time and how it went (SPEC 4.1, NE-21). There is no field in which anybody could say
//! why. Whether one can be booked depends on its own time alone: nobody else's appointments are asked (decision 0023).

use crate::artefact::NeutralTitle;
use crate::code::Code;
use crate::machine::IllegalMove;
use crate::time::At;

crate::code_list! {
    /// Where an appointment stands.
    pub enum AppointmentState {
        /// It is to be.
        Booked = "booked",
        /// Its time does not hold: another is agreed with the person.
        ToRearrange = "to_rearrange",
        /// It is called off.
        Cancelled = "cancelled",
        /// It happened.
        Happened = "happened",
        /// The person did not come.
        DidNotCome = "did_not_come",
    }
}

crate::code_list! {
    /// What can happen to an appointment.
    pub enum AppointmentMove {
        /// It gets another time.
        Move = "move",
        /// Its time does not hold.
        Rearrange = "rearrange",
        /// It is called off.
        Cancel = "cancel",
        /// It happened.
        Happen = "happen",
        /// The person did not come.
        Miss = "miss",
    }
}

impl AppointmentState {
    /// Whether nothing more is to come.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Cancelled | Self::Happened | Self::DidNotCome)
    }

    /// Whether it brings the person to the site on its day.
    pub const fn brings_them(self) -> bool {
        matches!(self, Self::Booked | Self::Happened)
    }

    /// The state after a move.
    pub fn apply(self, by: AppointmentMove) -> Result<Self, IllegalMove> {
        match (self, by) {
            (Self::Booked | Self::ToRearrange, AppointmentMove::Move) => Ok(Self::Booked),
            (Self::Booked, AppointmentMove::Rearrange) => Ok(Self::ToRearrange),
            (Self::Booked | Self::ToRearrange, AppointmentMove::Cancel) => Ok(Self::Cancelled),
            (Self::Booked, AppointmentMove::Happen) => Ok(Self::Happened),
            (Self::Booked, AppointmentMove::Miss) => Ok(Self::DidNotCome),
            _ => Err(IllegalMove {
                machine: "appointment",
                from: self.code(),
                by: by.code(),
            }),
        }
    }
}

/// How long an appointment may last, in minutes.
pub const LENGTHS: [i64; 5] = [15, 30, 45, 60, 90];

/// The titles an appointment may have; a private room is asked for at the front desk and has a list of its own.
pub const TITLES: [NeutralTitle; 4] = [
    NeutralTitle::Appointment,
    NeutralTitle::Meeting,
    NeutralTitle::PhoneCall,
    NeutralTitle::Review,
];

/// Whether an appointment of this title brings the person to the site: all but a phone call.
pub const fn is_at_the_site(title: NeutralTitle) -> bool {
    !matches!(title, NeutralTitle::PhoneCall)
}

/// How far ahead an appointment can be booked, in days.
const AHEAD_DAYS: i64 = 366;

/// Whether something may be booked for `starts` at `now`: ahead, and within a year. It takes no other fact.
pub fn can_be_booked(starts: At, now: At) -> bool {
    starts > now && starts <= now.plus_days(AHEAD_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns: move rearrange cancel happen miss.
    const TABLE: &str = "
        booked       booked to_rearrange cancelled happened did_not_come
        to_rearrange booked -            cancelled -        -
        cancelled    -      -            -         -        -
        happened     -      -            -         -        -
        did_not_come -      -            -         -        -";

    #[test]
    fn every_state_answers_every_move_as_the_table_says() {
        for (row, state) in TABLE.trim().lines().zip(AppointmentState::ALL) {
            let cells: Vec<&str> = row.split_whitespace().collect();
            assert_eq!(cells.len(), AppointmentMove::ALL.len() + 1);
            assert_eq!(cells[0], state.code());
            for (cell, by) in cells[1..].iter().zip(AppointmentMove::ALL) {
                let got = state.apply(*by).map_or("-", Code::code);
                assert_eq!(got, *cell, "{state} by {by}");
                if state.is_final() {
                    assert_eq!(got, "-", "{state} is final");
                }
            }
        }
    }

    #[test]
    fn only_what_is_ahead_and_within_a_year_can_be_booked() {
        let now = At::parse("2026-11-23T09:00:00Z").unwrap();
        for (days, can) in [
            (-1, false),
            (0, false),
            (1, true),
            (366, true),
            (367, false),
        ] {
            assert_eq!(can_be_booked(now.plus_days(days), now), can, "{days} days");
        }
    }

    #[test]
    fn who_is_booked_or_was_there_comes_to_the_site_unless_it_is_a_call() {
        for state in AppointmentState::ALL {
            let comes = matches!(state, AppointmentState::Booked | AppointmentState::Happened);
            assert_eq!(state.brings_them(), comes, "{state}");
            let open = matches!(
                state,
                AppointmentState::Booked | AppointmentState::ToRearrange
            );
            assert_eq!(state.is_final(), !open, "{state}");
        }
        for title in NeutralTitle::ALL {
            let call = *title == NeutralTitle::PhoneCall;
            assert_eq!(is_at_the_site(*title), !call, "{title}");
        }
    }
}
