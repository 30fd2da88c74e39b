//! Three plain words that somebody can keep in their head: the second half of a link that is told, never sent.

use std::fmt;

use subtle::ConstantTimeEq as _;
use throughline_core::artefact::Lang;
use throughline_core::env::Env;
use zeroize::Zeroize;

use crate::blind::{BlindHash, BlindKey};

/// How many words a phrase has: over two million phrases, of which a link lets ten be tried.
const COUNT: usize = 3;

/// Short, plain, and nothing that could name anybody or tell of anything.
const ENGLISH: [&str; 128] = [
    "acorn", "apple", "april", "arrow", "atlas", "autumn", "bacon", "badge", "bagel", "banjo",
    "barley", "basket", "beach", "bean", "beetle", "bench", "berry", "bicycle", "biscuit",
    "bonnet", "bottle", "branch", "bread", "breeze", "brick", "bridge", "brush", "bucket",
    "butter", "button", "cabin", "candle", "canvas", "carpet", "carrot", "castle", "cello",
    "chalk", "cheese", "cherry", "circle", "clock", "clover", "coffee", "copper", "corner",
    "cotton", "cricket", "crumb", "cup", "daisy", "desert", "dragon", "drum", "eagle", "engine",
    "feather", "fiddle", "flag", "flute", "forest", "fossil", "garden", "ginger", "glass", "globe",
    "gravel", "guitar", "hammer", "harbour", "harvest", "hazel", "hedge", "honey", "igloo",
    "island", "jacket", "jigsaw", "kettle", "kitten", "ladder", "lagoon", "lantern", "lemon",
    "lizard", "magnet", "mango", "maple", "marble", "meadow", "melon", "mirror", "monday",
    "muffin", "napkin", "needle", "nutmeg", "oak", "olive", "onion", "orchard", "otter", "paddle",
    "paper", "parsley", "pebble", "pencil", "pepper", "piano", "pillow", "planet", "pocket",
    "potato", "puzzle", "rabbit", "ribbon", "river", "rocket", "saddle", "salad", "sandal",
    "spoon", "squirrel", "teapot", "thimble", "tulip", "walnut", "window",
];

/// The same in Welsh, without a letter that a foreign keyboard has not.
const WELSH: [&str; 128] = [
    "afal", "afon", "alarch", "allt", "amser", "arad", "aur", "awel", "awyr", "bach", "bara",
    "basged", "beic", "bisged", "blawd", "blodyn", "bore", "botwm", "brigyn", "brwsh", "bryn",
    "bwced", "bws", "caban", "cacen", "cadair", "camlas", "cannwyll", "canol", "cap", "car",
    "carreg", "castell", "cath", "cawl", "cawod", "caws", "cefn", "cegin", "ceffyl", "ceirch",
    "cerddor", "cloc", "cloch", "clust", "coeden", "coes", "copr", "corff", "cornel", "cot",
    "crys", "cwch", "cwm", "cwpan", "cwrt", "dafad", "darn", "deilen", "derw", "diod", "dol",
    "dolen", "draig", "drws", "eira", "eirin", "enfys", "eog", "esgid", "ffa", "ffenest", "ffordd",
    "ffrwd", "ffrwyth", "gardd", "glan", "glaw", "glo", "golau", "grawn", "gwawr", "gwely",
    "gwlad", "gwlith", "gwlyb", "gwydr", "gwyrdd", "haf", "halen", "haul", "heol", "hufen",
    "hydref", "lamp", "lemwn", "llaeth", "llong", "llwy", "llyfr", "llyn", "mafon", "maneg",
    "melin", "melyn", "menyn", "moron", "mwg", "mynydd", "nant", "nyth", "oen", "oren", "papur",
    "pel", "pensil", "piano", "planed", "pont", "sebon", "seren", "siocled", "tatws", "tegell",
    "tonnau", "tywel", "wyneb", "ysgol",
];

/// Three words, shown once. They can be guessed from a plain hash, so what is kept is keyed.
#[derive(Clone)]
pub struct Phrase(String);

impl Drop for Phrase {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phrase(..)")
    }
}

impl Phrase {
    /// A new phrase in a language. There are 128 words, so that one byte chooses one without favour.
    pub fn generate(env: &Env, lang: Lang) -> Self {
        let words = match lang {
            Lang::English => &ENGLISH,
            Lang::Welsh => &WELSH,
        };
        let chosen: Vec<&str> = env
            .bytes::<COUNT>()
            .iter()
            .filter_map(|byte| words.get(usize::from(*byte) % words.len()).copied())
            .collect();
        Self(chosen.join(" "))
    }

    /// The words to say or to write down.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The keyed hash that is stored.
    pub fn hash(&self, key: &BlindKey) -> BlindHash {
        key.hash(&self.0)
    }

    /// Whether what somebody typed is the phrase behind a stored hash; case and what stands between the words do not matter.
    /// Constant time.
    pub fn matches(typed: &str, stored: &[u8], key: &BlindKey) -> bool {
        let words: Vec<String> = typed
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        key.hash(&words.join(" ")).as_slice().ct_eq(stored).into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_word_stands_once_and_is_typed_on_any_keyboard() {
        for words in [ENGLISH, WELSH] {
            let once: BTreeSet<&str> = words.iter().copied().collect();
            assert_eq!(once.len(), 128);
            let plain = |word: &str| word.chars().all(|c| c.is_ascii_lowercase());
            assert!(once.iter().all(|word| plain(word)), "{once:?}");
        }
    }
}
