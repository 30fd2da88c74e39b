//! Finding help. No record of a person is needed, and nothing that was asked is kept: only that there was a search that day.

use throughline_core::id::Ref;
pub use throughline_find::geo::{ATTRIBUTION, Gazetteer};
pub use throughline_find::rule::{Param, Verdict};
pub use throughline_find::{
    Answer, Fit, IfOnly, Listed, Listing, Match, Query, RuledOut, Served, Soon,
};

use crate::App;
use crate::directory_node::SearchKind;

/// Answers a question to the directory as it is on this node now.
pub fn find(app: &App, query: &Query, kind: SearchKind) -> Answer {
    let now = app.env().now();
    app.directory.count_search(kind, now);
    throughline_find::find(&app.directory.snapshot(), query, now)
}

/// One service that can be found. `None`: there is none of this reference, or it was taken out.
pub fn service(app: &App, reference: Ref) -> Option<Listed> {
    app.directory.snapshot().get(reference).cloned()
}
