//! The directory as finding reads it: immutable, indexed, made afresh whenever the directory changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use rstar::RTree;
use rstar::primitives::GeomWithData;
use throughline_core::directory::{Entry, Place, Provision, ServiceArea, Status};
use throughline_core::geo::{AreaCode, Point, Postcode};
use throughline_core::id::Ref;
use throughline_core::need::NeedType;
use throughline_core::time::At;

use crate::geo::Gazetteer;
use crate::knowledge::Knowledge;
use crate::listed::{Listed, Listing, PublicPlace, Served, needs_of_kind, words_of};
use crate::text::{Agreement, Word, agree, fold, is_tolerant, neighbours};

/// How well a service's words agree with the words typed: two for each word the same, one for each with a slip.
pub(crate) type WordScore = u32;

/// The directory, indexed. Shared by reference; never changed.
pub struct Snapshot {
    knowledge: Arc<Knowledge>,
    listed: Vec<Listed>,
    by_reference: HashMap<Ref, u32>,
    by_need: BTreeMap<NeedType, Vec<u32>>,
    vocabulary: Vec<Word>,
    by_word: Vec<Vec<u32>>,
    by_stem: HashMap<String, Vec<u32>>,
    by_neighbour: HashMap<String, Vec<u32>>,
    points: RTree<GeomWithData<[f64; 3], u32>>,
    crowds: BTreeMap<AreaCode, usize>,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("services", &self.listed.len())
            .finish_non_exhaustive()
    }
}

impl Snapshot {
    /// Indexes a directory. Of two listings with one reference, the one of the higher version is kept.
    pub fn build(knowledge: Arc<Knowledge>, listings: impl IntoIterator<Item = Listing>) -> Self {
        Self::build_among(knowledge, listings, None)
    }

    /// As [`Snapshot::build`], with the numbers of confidential services by area given rather than counted.
    pub(crate) fn build_among(
        knowledge: Arc<Knowledge>,
        listings: impl IntoIterator<Item = Listing>,
        crowds: Option<BTreeMap<AreaCode, usize>>,
    ) -> Self {
        let mut newest: BTreeMap<Ref, Listing> = BTreeMap::new();
        for listing in listings {
            let held = newest.get(&listing.reference).map(|held| held.version);
            if held.is_none_or(|version| version < listing.version) {
                newest.insert(listing.reference, listing);
            }
        }
        let mut sorted: Vec<(String, Listing)> = newest
            .into_values()
            .map(|listing| (fold(&listing.entry.name), listing))
            .collect();
        // The place in this order is the last word when two services fit equally well: name, then reference.
        sorted.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.reference.cmp(&b.1.reference)));

        let mut index = Self {
            knowledge,
            listed: Vec::with_capacity(sorted.len()),
            by_reference: HashMap::with_capacity(sorted.len()),
            by_need: BTreeMap::new(),
            vocabulary: Vec::new(),
            by_word: Vec::new(),
            by_stem: HashMap::new(),
            by_neighbour: HashMap::new(),
            points: RTree::new(),
            crowds: BTreeMap::new(),
        };
        let mut numbers: HashMap<Word, u32> = HashMap::new();
        let mut points = Vec::new();
        for (at, (_, listing)) in (0_u32..).zip(sorted) {
            let words = index.number_words(&listing.entry, &mut numbers);
            for word in &words {
                if let Some(holders) = usize::try_from(*word)
                    .ok()
                    .and_then(|word| index.by_word.get_mut(word))
                {
                    holders.push(at);
                }
            }
            let listed = index.work_out(listing);
            for need in listed.needs.iter().chain(&listed.hinted_needs) {
                index.by_need.entry(*need).or_default().push(at);
            }
            points.extend(
                listed
                    .places
                    .iter()
                    .filter_map(|place| place.point)
                    .map(|point| GeomWithData::new(on_sphere(point), at)),
            );
            index.by_reference.insert(listed.reference(), at);
            index.listed.push(listed);
        }
        index.points = RTree::bulk_load(points);
        index.crowds = crowds.unwrap_or_else(|| index.count_crowds());
        index.choose_shown_areas();
        index
    }

    fn work_out(&self, listing: Listing) -> Listed {
        let listing = Arc::new(listing);
        let gazetteer = &self.knowledge.gazetteer;
        let entry = &listing.entry;
        let mut needs = entry.needs.clone();
        needs.extend(
            entry
                .types()
                .iter()
                .flat_map(|kind| needs_of_kind(*kind).iter().copied()),
        );
        needs.sort_unstable();
        needs.dedup();
        let hinted_needs = if needs.is_empty() {
            let splitter = &self.knowledge.splitter;
            let mut hinted = self
                .knowledge
                .thesaurus
                .needs_hinted(&splitter.words(&entry.name));
            for text in entry
                .description
                .iter()
                .chain(entry.terms.iter().map(|term| &term.name))
            {
                hinted.extend(self.knowledge.thesaurus.needs_hinted(&splitter.words(text)));
            }
            hinted.sort_unstable();
            hinted.dedup();
            hinted
        } else {
            Vec::new()
        };
        let places = entry
            .locations()
            .iter()
            .map(|location| {
                let postcode = location
                    .postcode
                    .as_deref()
                    .and_then(|text| Postcode::parse(text).ok());
                let resolved = postcode
                    .as_ref()
                    .and_then(|postcode| gazetteer.resolve(postcode));
                PublicPlace {
                    point: location
                        .point
                        .or_else(|| resolved.as_ref().and_then(|found| found.point)),
                    area: resolved.and_then(|found| found.area()).or_else(|| {
                        location
                            .city
                            .as_deref()
                            .and_then(|city| gazetteer.named(city))
                            .map(|area| area.code)
                    }),
                    postcode,
                }
            })
            .collect();
        let served = entry
            .service_areas
            .iter()
            .map(|area| {
                let by_code = area
                    .code
                    .as_deref()
                    .and_then(|code| AreaCode::parse(code).ok());
                let known = by_code
                    .and_then(|code| gazetteer.area(code))
                    .or_else(|| gazetteer.named(&area.name))
                    .map(|area| area.code);
                Served {
                    code: known,
                    name: area.name.clone(),
                }
            })
            .collect();
        let assured = entry
            .assured_date
            .and_then(|day| At::from_london(day.at(0, 0, 0, 0)));
        Listed {
            needs,
            hinted_needs,
            places,
            served,
            shown_area: None,
            widened: false,
            vouched_at: listing.confirmed_at.max(assured),
            kept: Arc::clone(&listing),
            listing,
        }
    }

    fn number_words(&mut self, entry: &Entry, numbers: &mut HashMap<Word, u32>) -> Vec<u32> {
        let mut words: Vec<u32> = words_of(entry, &self.knowledge.splitter)
            .into_iter()
            .map(|word| match numbers.get(&word) {
                Some(number) => *number,
                None => self.add_word(word, numbers),
            })
            .collect();
        words.sort_unstable();
        words.dedup();
        words
    }

    fn add_word(&mut self, word: Word, numbers: &mut HashMap<Word, u32>) -> u32 {
        let number = u32::try_from(self.vocabulary.len()).unwrap_or(u32::MAX);
        self.by_stem
            .entry(word.stem.clone())
            .or_default()
            .push(number);
        if is_tolerant(&word.folded) {
            for form in forms(&word) {
                self.by_neighbour.entry(form).or_default().push(number);
            }
        }
        numbers.insert(word.clone(), number);
        self.vocabulary.push(word);
        self.by_word.push(Vec::new());
        number
    }

    /// How many providers there are in each area that house people in confidence. One that is listed twice, by two feeds or for two
    /// services, is one; one that has closed, or that houses nobody, hides nobody.
    fn count_crowds(&self) -> BTreeMap<AreaCode, usize> {
        let mut providers: BTreeMap<AreaCode, BTreeSet<String>> = BTreeMap::new();
        let gazetteer = &self.knowledge.gazetteer;
        for listed in &self.listed {
            let entry = &listed.kept.entry;
            if entry.status != Status::Active || !listed.is_accommodation() {
                continue;
            }
            let provider = entry
                .organisation
                .as_ref()
                .map_or(&entry.name, |body| &body.name);
            for wider in areas_let_be_known(entry, gazetteer) {
                providers.entry(wider).or_default().insert(fold(provider));
            }
        }
        providers
            .into_iter()
            .map(|(area, names)| (area, names.len()))
            .collect()
    }

    /// Decides which area of each confidential service may be known, and takes every other one out of what is shown of it.
    fn choose_shown_areas(&mut self) {
        let least = usize::from(
            self.knowledge
                .settings
                .confidential_services_to_name_an_area,
        );
        let gazetteer = &self.knowledge.gazetteer;
        for listed in &mut self.listed {
            if !listed.kept.entry.is_confidential() {
                continue;
            }
            let areas = areas_let_be_known(&listed.kept.entry, gazetteer);
            let is_crowded =
                |area: &AreaCode| self.crowds.get(area).is_some_and(|count| *count >= least);
            listed.shown_area = areas.iter().copied().find(is_crowded);
            listed.widened = listed.shown_area != areas.first().copied();
            let shown = listed.shown_area.and_then(|area| gazetteer.area(area));
            listed.served = shown
                .map(|area| Served {
                    code: Some(area.code),
                    name: area.name.clone(),
                })
                .into_iter()
                .collect();
            let mut listing = (*listed.kept).clone();
            listing.entry.service_areas = shown
                .map(|area| ServiceArea {
                    name: area.name.clone(),
                    code: Some(area.code.to_string()),
                })
                .into_iter()
                .collect();
            listing.entry.provision = Provision::confidential(
                listing.entry.types().to_vec(),
                shown.map(|area| area.name.clone()),
            );
            listed.listing = Arc::new(listing);
        }
    }

    /// What finding knows besides the directory.
    pub fn knowledge(&self) -> &Knowledge {
        &self.knowledge
    }

    /// How many services there are.
    pub fn len(&self) -> usize {
        self.listed.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// A service by its reference.
    pub fn get(&self, reference: Ref) -> Option<&Listed> {
        self.at(self.position(reference)?)
    }

    pub(crate) fn position(&self, reference: Ref) -> Option<u32> {
        self.by_reference.get(&reference).copied()
    }

    /// Every service, by name, then reference.
    pub fn all(&self) -> impl Iterator<Item = &Listed> {
        self.listed.iter()
    }

    /// Every listing as the directory keeps it, to make the next snapshot of. Never to be shown: it names areas of confidential
    /// services that [`Listed::listing`] does not.
    pub fn kept(&self) -> impl Iterator<Item = &Listing> {
        self.listed.iter().map(|listed| listed.kept.as_ref())
    }

    pub(crate) fn at(&self, position: u32) -> Option<&Listed> {
        self.listed.get(usize::try_from(position).ok()?)
    }

    pub(crate) fn positions(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.listed.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn with_need(&self, need: NeedType) -> &[u32] {
        self.by_need.get(&need).map_or(&[], Vec::as_slice)
    }

    #[cfg(test)]
    pub(crate) fn crowds(&self) -> &BTreeMap<AreaCode, usize> {
        &self.crowds
    }

    /// Services with a public place within some metres of a point, in order of position, each once.
    pub(crate) fn within_metres(&self, point: Point, metres: f64) -> Vec<u32> {
        let chord = 2.0 * (metres.clamp(0.0, HALF_ROUND_METRES) / (2.0 * EARTH_METRES)).sin();
        let mut found: Vec<u32> = self
            .points
            .locate_within_distance(on_sphere(point), chord * chord)
            .map(|held| held.data)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// How well each service's words agree with the words typed. Services that share none are left out.
    pub(crate) fn scores(&self, typed: &[Word]) -> BTreeMap<u32, WordScore> {
        let mut total: BTreeMap<u32, WordScore> = BTreeMap::new();
        for word in typed {
            let mut best: HashMap<u32, WordScore> = HashMap::new();
            for number in self.alike(word) {
                let position = usize::try_from(number).unwrap_or(usize::MAX);
                let Some(agreement) = self
                    .vocabulary
                    .get(position)
                    .and_then(|written| agree(word, written))
                else {
                    continue;
                };
                for holder in self.by_word.get(position).into_iter().flatten() {
                    let held = best.entry(*holder).or_insert(0);
                    *held = (*held).max(points_for(agreement));
                }
            }
            for (holder, score) in best {
                *total.entry(holder).or_insert(0) += score;
            }
        }
        total
    }

    fn alike(&self, word: &Word) -> Vec<u32> {
        let mut found: Vec<u32> = self.by_stem.get(&word.stem).cloned().unwrap_or_default();
        if is_tolerant(&word.folded) {
            for form in forms(word) {
                found.extend(self.by_neighbour.get(&form).into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The same as [`Snapshot::scores`] for one service, read word by word without an index.
    #[cfg(test)]
    pub(crate) fn score_slowly(&self, position: u32, typed: &[Word]) -> WordScore {
        let words = words_of(self.at(position).unwrap().entry(), &self.knowledge.splitter);
        typed
            .iter()
            .map(|word| {
                let agreements = words.iter().filter_map(|written| agree(word, written));
                agreements.max().map_or(0, points_for)
            })
            .sum()
    }
}

/// The area that a confidential service lets be known and those it lies in, narrowest first; none where it is not known, and for
/// any other service. Only for choosing what is shown: rules know the area that was chosen.
fn areas_let_be_known(kept: &Entry, gazetteer: &Gazetteer) -> Vec<AreaCode> {
    let Place::Confidential {
        area_label: Some(label),
    } = kept.place()
    else {
        return Vec::new();
    };
    gazetteer.named(label).map_or_else(Vec::new, |area| {
        std::iter::once(area.code)
            .chain(area.within.iter().copied())
            .collect()
    })
}

/// Forms under which a word is looked up when a slip is allowed: those of the word and of its stem.
fn forms(word: &Word) -> Vec<String> {
    let mut forms = neighbours(&word.folded);
    forms.extend(neighbours(&word.stem));
    forms.sort_unstable();
    forms.dedup();
    forms
}

const fn points_for(agreement: Agreement) -> WordScore {
    match agreement {
        Agreement::Same => 2,
        Agreement::OneSlip => 1,
    }
}

/// Mean radius of the Earth and half way round it, metres.
const EARTH_METRES: f64 = 6_371_008.8;
const HALF_ROUND_METRES: f64 = EARTH_METRES * std::f64::consts::PI;

/// The point on a sphere of radius one, so that nearness needs no care at the date line.
fn on_sphere(point: Point) -> [f64; 3] {
    let (lat, lon) = (point.lat().to_radians(), point.lon().to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}
