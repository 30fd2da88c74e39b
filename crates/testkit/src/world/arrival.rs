//! Who comes in: drawn from the seed in the shares of `data/demo_parameters.json`, before anything happens to them.

use throughline_app::conversation::PersonSheet;
use throughline_core::contact::Window;
use throughline_core::need::NeedType;
use throughline_core::risk::RiskBand;
use throughline_core::time::At;
use throughline_find::bench::Stream;

use super::names;
use super::parameters::Parameters;

/// The most needs that somebody speaks of in a first conversation.
const MOST_NEEDS: usize = 4;

/// Languages besides English, of which one in five speaks one (`dv_case_language`).
const LANGUAGES: [&str; 8] = [
    "Polish", "Romanian", "Urdu", "Punjabi", "Bengali", "Arabic", "Somali", "Welsh",
];

const STATEMENTS: [&str; 6] = [
    "I want my own bank account and somewhere to keep my papers.",
    "I have told this to three offices already. I would like not to tell it again.",
    "I need a room with a lock before the school term starts.",
    "The rent is in my name and the money is not.",
    "I can talk on Tuesday mornings. Please do not ring at other times.",
    "I do not want to leave my town. I want to feel safe in it.",
];

/// Somebody who comes in.
#[derive(Debug, Clone)]
pub(super) struct Arrival {
    pub(super) post: usize,
    pub(super) coach: usize,
    pub(super) given: String,
    pub(super) family: String,
    pub(super) born: String,
    pub(super) language: &'static str,
    pub(super) needs: Vec<NeedType>,
    pub(super) risk: Option<RiskBand>,
    /// Given name and day of birth of each child.
    pub(super) children: Vec<(&'static str, String)>,
    pub(super) phone: String,
    /// The telephone is said never to be safe.
    pub(super) phone_never: bool,
    /// The hours at which the telephone is safe; empty means at any hour.
    pub(super) windows: Vec<Window>,
    pub(super) statement: &'static str,
    /// Whether it begins with a conversation; else somebody rang ahead and the case is opened at once.
    pub(super) talks: bool,
    /// How many days from the first visit to the last.
    pub(super) days: i64,
    /// Whether they come once and tell nothing.
    pub(super) once: bool,
    /// How many services are asked in the first visit. With none it was enough to be heard and to leave with something.
    pub(super) asks: usize,
}

/// A number below a bound.
pub(super) fn below(stream: &mut Stream, bound: i64) -> i64 {
    i64::try_from(stream.below(usize::try_from(bound).unwrap_or(1))).unwrap_or(0)
}

/// Whether something happens that happens this often (0 to 1).
pub(super) fn chance(stream: &mut Stream, share: f64) -> bool {
    f64::from(u32::try_from(stream.below(10_000)).unwrap_or(0)) < share * 10_000.0
}

/// A moment of an office day: so many days before `end`, on the Friday before where that is a weekend, and never later than
/// an hour before `end`.
pub(super) fn office_hour(stream: &mut Stream, end: At, days: i64) -> At {
    let mut date = end.plus_days(-days).london_date();
    while matches!(
        date.weekday(),
        jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday
    ) {
        let Ok(before) = date.yesterday() else { break };
        date = before;
    }
    let minutes = below(stream, 7 * 60);
    let at = At::from_london(date.at(9, 10, 0, 0))
        .unwrap_or(end)
        .plus_minutes(minutes)
        .plus_seconds(below(stream, 60));
    if at > end.plus_hours(-1) {
        at.plus_days(-1)
    } else {
        at
    }
}

/// Draws somebody who arrives `at`. `before` are the name and birthday of the one before, who now and then comes again.
pub(super) fn draw(
    stream: &mut Stream,
    parameters: &Parameters,
    at: At,
    before: &mut Option<(String, String, String)>,
) -> Arrival {
    let mut needs: Vec<NeedType> = parameters
        .needs
        .iter()
        .filter(|(_, share)| chance(stream, *share))
        .map(|(need, _)| *need)
        .collect();
    // What comes first by stability is told first.
    throughline_core::need::in_order(&mut needs);
    needs.truncate(MOST_NEEDS);
    if needs.is_empty() {
        needs.push(NeedType::EmotionalSupport);
    }
    let risk = match below(stream, 20) {
        0 | 1 => Some(RiskBand::High),
        2..=8 => Some(RiskBand::Medium),
        9..=17 => Some(RiskBand::Standard),
        _ => None,
    };
    let language = LANGUAGES
        .get(stream.below(LANGUAGES.len() * 4))
        .copied()
        .unwrap_or("English");
    // Two in a hundred were here before and are not recognised; the second record says that the telephone is not safe
    // (planted).
    let again = before.take().filter(|_| chance(stream, 0.02));
    let phone_never = again.is_some();
    let (given, family, born) = again.unwrap_or_else(|| somebody(stream));
    *before = Some((given.clone(), family.clone(), born.clone()));
    let children = if chance(stream, parameters.have_children) {
        1 + stream.below(3)
    } else {
        0
    };
    let this_year = i64::from(at.london_date().year());
    let children = (0..children)
        .map(|_| {
            let year = this_year - 1 - below(stream, 14);
            (names::given(stream), day_of(stream, year))
        })
        .collect();
    let windows = if chance(stream, 0.2) {
        Window::try_from((2, 9 * 60, 12 * 60)).into_iter().collect()
    } else {
        Vec::new()
    };
    Arrival {
        post: 0,
        coach: 0,
        given,
        family,
        born,
        language,
        needs,
        risk,
        children,
        phone: names::mobile(stream),
        phone_never,
        windows,
        statement: STATEMENTS
            .get(stream.below(STATEMENTS.len()))
            .copied()
            .unwrap_or("I need somewhere to think."),
        talks: chance(stream, 0.6),
        days: match below(stream, 10) {
            0..=3 => 2 + below(stream, 10),
            4..=8 => 14 + below(stream, 56),
            _ => 90 + below(stream, 120),
        },
        once: false,
        asks: match below(stream, 10) {
            0..=1 => 0,
            2..=7 => 1,
            _ => 2,
        },
    }
}

/// An invented name and day of birth.
fn somebody(stream: &mut Stream) -> (String, String, String) {
    let year = 1960 + below(stream, 45);
    let born = day_of(stream, year);
    let given = names::given(stream).to_owned();
    let family = names::family(stream).to_owned();
    (given, family, born)
}

fn day_of(stream: &mut Stream, year: i64) -> String {
    let (month, day) = (1 + below(stream, 12), 1 + below(stream, 28));
    format!("{year}-{month:02}-{day:02}")
}

/// What somebody told of themselves.
pub(super) fn sheet(chosen: &str, family: &str, born: &str, language: &str) -> PersonSheet {
    PersonSheet {
        chosen: chosen.to_owned(),
        given: Some(chosen.to_owned()),
        family: Some(family.to_owned()),
        born: Some(born.to_owned()),
        age_band: None,
        language: Some(language.to_owned()),
        interpreter: None,
        access: Vec::new(),
    }
}
