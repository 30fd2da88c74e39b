//! The problems of one row, as they are found.

use std::borrow::Cow;

use super::Problem;
use crate::repair::text::EMPTY;
use crate::repair::{Mend, Mended};

/// Collects what was wrong with one row.
#[derive(Debug)]
pub(crate) struct Notes {
    row: u64,
    problems: Vec<Problem>,
    empty: Vec<&'static str>,
}

impl Notes {
    pub(crate) const fn new(row: u64) -> Self {
        Self {
            row,
            problems: Vec::new(),
            empty: Vec::new(),
        }
    }

    /// Notes one problem. The same problem of the same field is noted once.
    pub(crate) fn add(
        &mut self,
        field: impl Into<String>,
        problem: impl Into<Cow<'static, str>>,
        did: impl Into<Cow<'static, str>>,
    ) {
        let problem = Problem {
            row: self.row,
            field: field.into(),
            problem: problem.into(),
            did: did.into(),
        };
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// The value of a repair, its repairs noted. Empty fields are gathered into one problem.
    pub(crate) fn take<T>(&mut self, field: &'static str, mended: Mended<T>) -> T {
        for mend in mended.mends {
            if mend == EMPTY {
                self.empty(field);
            } else {
                self.mend(field, mend);
            }
        }
        mended.value
    }

    /// Notes one repair.
    pub(crate) fn mend(&mut self, field: &'static str, mend: Mend) {
        self.add(field, mend.problem, mend.did);
    }

    /// Notes an empty field.
    pub(crate) fn empty(&mut self, field: &'static str) {
        if !self.empty.contains(&field) {
            self.empty.push(field);
        }
    }

    /// All problems, the empty fields as one.
    pub(crate) fn finish(mut self) -> Vec<Problem> {
        if !self.empty.is_empty() {
            let fields = self.empty.join(", ");
            self.add(fields, EMPTY.problem, EMPTY.did);
        }
        self.problems
    }
}
