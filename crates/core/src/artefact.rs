//! Everything that leaves the system, as a closed list of kinds with fixed texts (ASSURANCE 3 E, NE-01, NE-03).
//! There is no free text: a template has slots for a day, a time and a link, and nothing else.

use crate::contact::Channel;
use crate::id::Ref;
use crate::nation::Nation;
use crate::time::At;

crate::code_list! {
    /// A language the system speaks.
    pub enum Lang {
        /// English.
        English = "en",
        /// Welsh.
        Welsh = "cy",
    }
}

impl Lang {
    /// The languages of a mail to somebody who works in a nation, in the order they stand in it. Who works in Wales gets both, Welsh
    /// first, since nobody asked them which (the practice of public bodies there: Welsh Language Standards, SI 2015/996,
    /// standards 5 and 6).
    pub const fn of_mail_to(nation: Nation) -> &'static [Self] {
        match nation {
            Nation::Wales => &[Self::Welsh, Self::English],
            Nation::England | Nation::Scotland | Nation::NorthernIreland => &[Self::English],
        }
    }
}

/// Who an artefact is for. Exactly one recipient each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// The person.
    Person,
    /// A worker at a partner service.
    Partner,
    /// A colleague.
    Staff,
}

crate::code_list! {
    /// A kind of artefact.
    pub enum Artefact {
        /// Text message: please call.
        SmsPleaseCall = "sms_please_call",
        /// Text message: an appointment.
        SmsAppointment = "sms_appointment",
        /// E-mail: please call.
        EmailPleaseCall = "email_please_call",
        /// E-mail: an appointment.
        EmailAppointment = "email_appointment",
        /// Letter: please call.
        LetterPleaseCall = "letter_please_call",
        /// Letter: an appointment.
        LetterAppointment = "letter_appointment",
        /// Message in an app: please call.
        AppPleaseCall = "app_please_call",
        /// Journal: please call.
        JournalPleaseCall = "journal_please_call",
        /// Journal: an appointment.
        JournalAppointment = "journal_appointment",
        /// What to say on the telephone when someone else may answer.
        CallScript = "call_script",
        /// Voicemail: please call.
        VoicemailPleaseCall = "voicemail_please_call",
        /// Calendar entry: an appointment, as a file that comes with an empty mail.
        CalendarEntry = "calendar_entry",
        /// A sheet printed for the person, neutral heading.
        PrintSheet = "print_sheet",
        /// E-mail to a partner: you have one request, with the one-time link.
        PartnerNotice = "partner_notice",
        /// The code that opens the link, by another channel.
        PartnerCode = "partner_code",
        /// E-mail to a partner: a request waits.
        PartnerReminder = "partner_reminder",
        /// E-mail to a partner: a request was closed or taken back.
        PartnerWithdrawn = "partner_withdrawn",
        /// E-mail to the first person of a partner: choose a password, with the link that does it.
        PartnerWelcome = "partner_welcome",
        /// E-mail to a colleague: you have something to do.
        StaffTask = "staff_task",
    }
}

/// What fills a template's slots. Nothing here can name a person, a place or a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slots<'a> {
    /// The day and time of an appointment.
    pub when: Option<At>,
    /// A one-time link, for a partner only.
    pub link: Option<&'a str>,
    /// A code of digits, for a partner only.
    pub code: Option<&'a str>,
    /// The number to call: the neutral number of the installation.
    pub call: Option<&'a str>,
    /// By what a calendar knows an entry again, and when the entry was written.
    pub entry: Option<(Ref, At)>,
}

/// A filled text of one artefact. Only [`Artefact::text`] and [`Text::sheet`] make one: free text is impossible by type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    artefact: Artefact,
    subject: String,
    body: String,
}

impl Text {
    /// A sheet to print and hand over: a neutral heading over the options that the person chose to take with them.
    pub fn sheet(lang: Lang, body: String) -> Self {
        let subject = if lang == Lang::English {
            "Notes"
        } else {
            "Nodiadau"
        };
        Self {
            artefact: Artefact::PrintSheet,
            subject: subject.to_owned(),
            body,
        }
    }

    /// What kind it is.
    pub const fn artefact(&self) -> Artefact {
        self.artefact
    }

    /// Subject or title.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Body.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// Subject and body together: what the scan reads.
    pub fn whole(&self) -> String {
        format!("{}\n{}", self.subject, self.body)
    }
}

/// A slot that the template needs was not filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text needs {0}")]
pub struct MissingSlot(&'static str);

impl Artefact {
    /// Who it is for.
    pub const fn audience(self) -> Audience {
        match self {
            Self::PartnerNotice
            | Self::PartnerCode
            | Self::PartnerReminder
            | Self::PartnerWithdrawn
            | Self::PartnerWelcome => Audience::Partner,
            Self::StaffTask => Audience::Staff,
            _ => Audience::Person,
        }
    }

    /// Whether it may go to a person by a channel.
    pub const fn goes_by(self, channel: Channel) -> bool {
        match self {
            Self::SmsPleaseCall | Self::SmsAppointment => matches!(channel, Channel::Sms),
            Self::EmailPleaseCall | Self::EmailAppointment | Self::CalendarEntry => {
                matches!(channel, Channel::Email)
            }
            Self::LetterPleaseCall | Self::LetterAppointment => {
                matches!(channel, Channel::Post | Channel::PostToAlternative)
            }
            Self::AppPleaseCall => matches!(channel, Channel::AppMessage),
            Self::JournalPleaseCall | Self::JournalAppointment => {
                matches!(channel, Channel::JournalOnlineAccount)
            }
            Self::CallScript => channel.is_phone() || matches!(channel, Channel::ViaProfessional),
            Self::VoicemailPleaseCall => channel.is_phone(),
            Self::PrintSheet => matches!(channel, Channel::InPersonSite),
            Self::PartnerNotice
            | Self::PartnerCode
            | Self::PartnerReminder
            | Self::PartnerWithdrawn
            | Self::PartnerWelcome
            | Self::StaffTask => false,
        }
    }

    /// Whether a partner in a joint claim may read it in the journal (NE-03): only what any claimant would get.
    pub const fn is_neutral_for_journal(self) -> bool {
        matches!(self, Self::JournalPleaseCall | Self::JournalAppointment)
    }

    /// Whether a mail server takes it there. Everything else is handed over by a worker: said, posted, typed or put in a hand.
    pub const fn is_mailed(self) -> bool {
        matches!(
            self,
            Self::EmailPleaseCall | Self::EmailAppointment | Self::CalendarEntry
        )
    }

    /// Whether it asks the person to call, and so needs a number to call.
    pub const fn asks_for_a_call(self) -> bool {
        matches!(
            self,
            Self::SmsPleaseCall
                | Self::EmailPleaseCall
                | Self::LetterPleaseCall
                | Self::AppPleaseCall
                | Self::JournalPleaseCall
                | Self::VoicemailPleaseCall
        )
    }

    /// Whether it says when an appointment is.
    pub const fn is_about_a_time(self) -> bool {
        matches!(
            self,
            Self::SmsAppointment
                | Self::EmailAppointment
                | Self::LetterAppointment
                | Self::JournalAppointment
                | Self::CalendarEntry
        )
    }

    /// The text in several languages, one after the other: titles beside each other, bodies with an empty line between. Errors
    /// when a slot that it needs is empty.
    pub fn text_in(self, langs: &[Lang], slots: Slots<'_>) -> Result<Text, MissingSlot> {
        let mut whole = Text {
            artefact: self,
            subject: String::new(),
            body: String::new(),
        };
        for lang in langs {
            let one = self.text(*lang, slots)?;
            if !whole.subject.is_empty() {
                whole.subject.push_str(" / ");
                whole.body.push_str("\n\n");
            }
            whole.subject.push_str(&one.subject);
            whole.body.push_str(&one.body);
        }
        Ok(whole)
    }

    /// The text in a language. Errors when a slot that it needs is empty.
    pub fn text(self, lang: Lang, slots: Slots<'_>) -> Result<Text, MissingSlot> {
        let english = lang == Lang::English;
        let say = |en: &str, cy: &str| {
            if english {
                en.to_owned()
            } else {
                cy.to_owned()
            }
        };
        let text = |subject: String, body: String| {
            Ok(Text {
                artefact: self,
                subject,
                body,
            })
        };
        match self {
            Self::SmsPleaseCall
            | Self::EmailPleaseCall
            | Self::LetterPleaseCall
            | Self::AppPleaseCall
            | Self::JournalPleaseCall
            | Self::VoicemailPleaseCall => {
                let call = slots.call.ok_or(MissingSlot("a number to call"))?;
                text(
                    say("Please call", "Ffoniwch os gwelwch yn dda"),
                    format!(
                        "{} {call}.",
                        say(
                            "Please call when it suits you:",
                            "Ffoniwch pan fydd yn gyfleus i chi:"
                        )
                    ),
                )
            }
            Self::SmsAppointment
            | Self::EmailAppointment
            | Self::LetterAppointment
            | Self::JournalAppointment => {
                let when = slots.when.ok_or(MissingSlot("a day and time"))?.london();
                let (day, time) = (when.strftime("%d/%m/%Y"), when.strftime("%H:%M"));
                let body = if english {
                    format!("Your appointment is on {day} at {time}.")
                } else {
                    format!("Mae eich apwyntiad ar {day} am {time}.")
                };
                text(say("Appointment", "Apwyntiad"), body)
            }
            Self::CalendarEntry => {
                let starts = slots.when.ok_or(MissingSlot("a day and time"))?;
                let (reference, written) = slots.entry.ok_or(MissingSlot("a reference"))?;
                let title = say("Appointment", "Apwyntiad");
                let file = calendar_file(reference, &title, starts, written);
                text(title, file)
            }
            Self::CallScript => text(
                say("Call", "Galwad"),
                say(
                    "Withhold your number: dial 141 first. Ask for them by first name. If anyone else answers, say you will call another time. Leave no message.",
                    "Cuddiwch eich rhif: deialwch 141 yn gyntaf. Gofynnwch amdanynt wrth eu henw cyntaf. Os bydd rhywun arall yn ateb, dywedwch y byddwch yn ffonio eto. Peidiwch â gadael neges.",
                ),
            ),
            Self::PrintSheet => Ok(Text::sheet(lang, String::new())),
            Self::PartnerNotice | Self::PartnerReminder => {
                let link = slots.link.ok_or(MissingSlot("a link"))?;
                let first = if self == Self::PartnerNotice {
                    say("You have one request.", "Mae gennych un cais.")
                } else {
                    say(
                        "One request is waiting for your answer.",
                        "Mae un cais yn aros am eich ateb.",
                    )
                };
                let last = say(
                    "You will need the code that was sent to you separately.",
                    "Bydd angen y cod a anfonwyd atoch ar wahân.",
                );
                text(
                    say("One request", "Un cais"),
                    format!("{first}\n{link}\n{last}"),
                )
            }
            Self::PartnerCode => {
                let code = slots.code.ok_or(MissingSlot("a code"))?;
                text(
                    say("Code", "Cod"),
                    format!("{} {code}", say("Your code:", "Eich cod:")),
                )
            }
            Self::PartnerWithdrawn => text(
                say("One request is closed", "Mae un cais wedi’i gau"),
                say(
                    "One request was closed or taken back. Do not contact anyone about it. A link to it no longer opens.",
                    "Cafodd un cais ei gau neu ei dynnu’n ôl. Peidiwch â chysylltu â neb yn ei gylch. Nid yw dolen iddo’n agor mwyach.",
                ),
            ),
            Self::PartnerWelcome => {
                let link = slots.link.ok_or(MissingSlot("a link"))?;
                let last = say(
                    "The link works once, and for one week.",
                    "Mae’r ddolen yn gweithio unwaith, ac am wythnos.",
                );
                text(
                    say("Choose a password", "Dewiswch gyfrinair"),
                    format!(
                        "{}\n{link}\n{last}",
                        say(
                            "You can sign in once you have chosen a password.",
                            "Gallwch fewngofnodi ar ôl dewis cyfrinair."
                        )
                    ),
                )
            }
            Self::StaffTask => text(
                say("You have something to do", "Mae gennych rywbeth i’w wneud"),
                say("Sign in to see it.", "Mewngofnodwch i’w weld."),
            ),
        }
    }
}

/// The iCalendar file of one appointment (RFC 5545): a title and a time (ASSURANCE M3). There is no place, no person, no organiser
/// and no description in it, because nothing here could write one.
fn calendar_file(reference: Ref, title: &str, starts: At, written: At) -> String {
    let stamp = |at: At| at.timestamp().strftime("%Y%m%dT%H%M%SZ").to_string();
    [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Calendar//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        &format!("UID:{reference}"),
        &format!("DTSTAMP:{}", stamp(written)),
        &format!("DTSTART:{}", stamp(starts)),
        &format!("SUMMARY:{title}"),
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    .join("\r\n")
}

crate::code_list! {
    /// The only titles an appointment, a room or a queue entry can have (NE-21). None says why.
    pub enum NeutralTitle {
        /// Appointment.
        Appointment = "appointment",
        /// Meeting.
        Meeting = "meeting",
        /// Private room requested.
        PrivateRoomRequested = "private_room_requested",
        /// Phone call.
        PhoneCall = "phone_call",
        /// Review.
        Review = "review",
    }
}

impl NeutralTitle {
    /// The words shown.
    pub const fn words(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Appointment, Lang::English) => "Appointment",
            (Self::Appointment, Lang::Welsh) => "Apwyntiad",
            (Self::Meeting, Lang::English) => "Meeting",
            (Self::Meeting, Lang::Welsh) => "Cyfarfod",
            (Self::PrivateRoomRequested, Lang::English) => "Private room requested",
            (Self::PrivateRoomRequested, Lang::Welsh) => "Cais am ystafell breifat",
            (Self::PhoneCall, Lang::English) => "Phone call",
            (Self::PhoneCall, Lang::Welsh) => "Galwad ffôn",
            (Self::Review, Lang::English) => "Review",
            (Self::Review, Lang::Welsh) => "Adolygiad",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::scan::{Protected, scan};

    fn slots() -> Slots<'static> {
        Slots {
            when: At::parse("2026-06-01T09:00:00Z"),
            link: Some("https://r.example.org/a/7h3k"),
            code: Some("482913"),
            call: Some("01632 960123"),
            entry: Some((
                Ref::from_bytes([7; 16]),
                At::parse("2026-05-20T12:00:00Z").unwrap(),
            )),
        }
    }

    #[test]
    fn m3_a_calendar_file_holds_a_neutral_title_and_times_and_nothing_else() {
        for (lang, title) in [(Lang::English, "Appointment"), (Lang::Welsh, "Apwyntiad")] {
            let file = Artefact::CalendarEntry.text(lang, slots()).unwrap();
            let lines: Vec<&str> = file.body().split_terminator("\r\n").collect();
            assert!(
                lines
                    .iter()
                    .all(|line| line.len() <= 75 && !line.contains('\n'))
            );
            let names: Vec<&str> = lines
                .iter()
                .map(|line| line.split(':').next().unwrap())
                .collect();
            assert_eq!(
                names,
                [
                    "BEGIN", "VERSION", "PRODID", "METHOD", "BEGIN", "UID", "DTSTAMP", "DTSTART",
                    "SUMMARY", "END", "END"
                ]
            );
            assert!(lines.contains(&format!("SUMMARY:{title}").as_str()));
            assert!(lines.contains(&"DTSTART:20260601T090000Z"));
        }
    }

    #[test]
    fn m1_every_text_in_both_languages_passes_the_scan() {
        for artefact in Artefact::ALL {
            for langs in [
                &[Lang::English][..],
                &[Lang::Welsh],
                &[Lang::Welsh, Lang::English],
            ] {
                let text = artefact.text_in(langs, slots()).unwrap();
                assert_eq!(
                    scan(&text.whole(), &Protected::default()),
                    Ok(()),
                    "{artefact} {langs:?}: {text:?}"
                );
            }
        }
    }

    #[test]
    fn each_kind_is_for_one_audience_and_most_are_for_the_person() {
        use Artefact as A;
        let partner = [
            A::PartnerNotice,
            A::PartnerCode,
            A::PartnerReminder,
            A::PartnerWithdrawn,
            A::PartnerWelcome,
        ];
        for artefact in A::ALL {
            let expected = if partner.contains(artefact) {
                Audience::Partner
            } else if *artefact == A::StaffTask {
                Audience::Staff
            } else {
                Audience::Person
            };
            assert_eq!(artefact.audience(), expected, "{artefact}");
        }
    }

    #[test]
    fn what_is_mailed_what_asks_for_a_call_and_what_says_a_time_is_told_by_its_name() {
        for artefact in Artefact::ALL {
            let code = artefact.code();
            let to_person = artefact.audience() == Audience::Person;
            let calendar = code == "calendar_entry";
            assert_eq!(
                artefact.is_mailed(),
                code.starts_with("email_") || calendar,
                "{code}"
            );
            assert_eq!(
                artefact.asks_for_a_call(),
                to_person && code.ends_with("_please_call"),
                "{code}"
            );
            assert_eq!(
                artefact.is_about_a_time(),
                code.ends_with("_appointment") || calendar,
                "{code}"
            );
            assert_eq!(
                artefact.is_neutral_for_journal(),
                code.starts_with("journal_"),
                "{code}"
            );
        }
    }

    #[test]
    fn a_notice_says_that_a_request_came_and_a_reminder_that_it_waits() {
        for (artefact, english, welsh) in [
            (
                Artefact::PartnerNotice,
                "You have one request.",
                "Mae gennych un cais.",
            ),
            (
                Artefact::PartnerReminder,
                "One request is waiting for your answer.",
                "Mae un cais yn aros am eich ateb.",
            ),
        ] {
            for (lang, first) in [(Lang::English, english), (Lang::Welsh, welsh)] {
                let text = artefact.text(lang, slots()).unwrap();
                assert_eq!(text.body().lines().next(), Some(first));
            }
        }
    }

    #[test]
    fn a_sheet_has_a_heading_that_says_nothing_in_either_language() {
        for (lang, heading) in [(Lang::English, "Notes"), (Lang::Welsh, "Nodiadau")] {
            assert_eq!(Text::sheet(lang, String::new()).subject(), heading);
        }
    }

    #[test]
    fn no_text_for_the_person_carries_a_link_or_a_code() {
        for artefact in Artefact::ALL
            .iter()
            .filter(|artefact| artefact.audience() == Audience::Person)
        {
            let whole = artefact.text(Lang::English, slots()).unwrap().whole();
            assert!(
                !whole.contains("http") && !whole.contains("482913"),
                "{whole}"
            );
        }
    }

    #[test]
    fn who_works_in_wales_is_written_to_in_welsh_and_then_in_english() {
        let text = |nation| {
            Artefact::PartnerNotice
                .text_in(Lang::of_mail_to(nation), slots())
                .unwrap()
        };
        let wales = text(Nation::Wales);
        assert_eq!(wales.subject(), "Un cais / One request");
        let halves: Vec<&str> = wales.body().split("\n\n").collect();
        let one = |lang| {
            let one = Artefact::PartnerNotice.text(lang, slots()).unwrap();
            one.body().to_owned()
        };
        assert_eq!(halves, [one(Lang::Welsh), one(Lang::English)]);
        for nation in [Nation::England, Nation::Scotland, Nation::NorthernIreland] {
            assert_eq!(text(nation).body(), one(Lang::English), "{nation}");
        }
    }

    #[test]
    fn a_summer_appointment_shows_london_time() {
        assert!(
            Artefact::SmsAppointment
                .text(Lang::English, slots())
                .unwrap()
                .body
                .contains("01/06/2026 at 10:00")
        );
    }

    #[test]
    fn a_text_with_an_empty_slot_is_not_made() {
        for artefact in [
            Artefact::SmsPleaseCall,
            Artefact::SmsAppointment,
            Artefact::CalendarEntry,
            Artefact::PartnerNotice,
            Artefact::PartnerCode,
        ] {
            assert!(artefact.text(Lang::English, Slots::default()).is_err());
        }
    }

    #[test]
    fn c7_every_title_is_neutral() {
        let mut all = Vec::new();
        for title in NeutralTitle::ALL {
            for lang in Lang::ALL {
                assert_eq!(scan(title.words(*lang), &Protected::default()), Ok(()));
                all.push(title.words(*lang));
            }
        }
        assert_eq!(all[..2], ["Appointment", "Apwyntiad"]);
        let different: std::collections::BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(different.len(), all.len(), "each is told from the others");
    }
}
