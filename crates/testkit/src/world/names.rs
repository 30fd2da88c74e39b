//! Invented names and addresses, drawn from a seed.

use throughline_find::bench::Stream;

/// Given names from many traditions, mixed freely with any family name below: whoever comes out exists nowhere but here.
const GIVEN: [&str; 56] = [
    "Amara",
    "Bronwen",
    "Chidi",
    "Danuta",
    "Eilidh",
    "Farah",
    "Gethin",
    "Halina",
    "Ifeoma",
    "Jagoda",
    "Kwame",
    "Leila",
    "Mairi",
    "Nasreen",
    "Olumide",
    "Petra",
    "Qadira",
    "Roisin",
    "Samira",
    "Tamsin",
    "Uzma",
    "Viorica",
    "Wanda",
    "Xanthe",
    "Yusra",
    "Zofia",
    "Aled",
    "Bogdan",
    "Carys",
    "Dafydd",
    "Esi",
    "Fiadh",
    "Gulsen",
    "Hodan",
    "Iman",
    "Jasvinder",
    "Kemi",
    "Lowri",
    "Marek",
    "Nia",
    "Orla",
    "Pritpal",
    "Rhian",
    "Sagal",
    "Teodora",
    "Umar",
    "Vesna",
    "Wojtek",
    "Ying",
    "Zainab",
    "Harpreet",
    "Siobhan",
    "Meera",
    "Joanne",
    "Callum",
    "Denise",
];

/// Family names, chosen to belong to places and trades that do not exist.
const FAMILY: [&str; 48] = [
    "Ashmoor",
    "Brackwell",
    "Cwmteg",
    "Dunvarra",
    "Ekwuazi-Lane",
    "Farrowby",
    "Glanfor",
    "Hartsmere",
    "Ilkeston-Roy",
    "Jasperley",
    "Kirkolme",
    "Llanfair-Price",
    "Marzevic",
    "Nwankwo-Bell",
    "Okparaji",
    "Penhallick",
    "Quillfeather",
    "Rzemieslska",
    "Sandhurstow",
    "Tregarrow",
    "Ullathwaite",
    "Varnescu",
    "Wexcombe",
    "Yarrowdale",
    "Zielonska-Hart",
    "Abdirashidi",
    "Bhandarkari",
    "Caddowby",
    "Dhaliwalia",
    "Esenbey",
    "Fenwicke-Oru",
    "Goronwyfab",
    "Hassanpour-Lee",
    "Ivanescova",
    "Jandusky",
    "Kaurindale",
    "Lindqvale",
    "Mehrabadi-Cole",
    "Njeriwood",
    "Orimoladeh",
    "Pawlikova",
    "Qureshimoor",
    "Roderickson-Vane",
    "Sokolwick",
    "Thapaliyar",
    "Umukoro-Finn",
    "Wiecorska",
    "Zamanfield",
];

/// A given and a family name.
pub fn full(stream: &mut Stream) -> String {
    format!("{} {}", given(stream), family(stream))
}

/// A given name.
pub fn given(stream: &mut Stream) -> &'static str {
    GIVEN
        .get(stream.below(GIVEN.len()))
        .copied()
        .unwrap_or("Sam")
}

/// A family name.
pub fn family(stream: &mut Stream) -> &'static str {
    FAMILY
        .get(stream.below(FAMILY.len()))
        .copied()
        .unwrap_or("Ashmoor")
}

/// A telephone number that Ofcom keeps for drama: it rings nowhere.
pub fn mobile(stream: &mut Stream) -> String {
    format!("07700 900{:03}", stream.below(1_000))
}

/// A landline that Ofcom keeps for drama.
pub fn landline(stream: &mut Stream) -> String {
    format!("01632 960{:03}", stream.below(1_000))
}
