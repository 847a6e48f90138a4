//! What a whole evaluation comes to.

use guerdon_model::{Error, stacking_rules::ApplicationMode};

use super::{Application, Refused};
use crate::stacking::{self, Status};

/// One redeemable's turn.
pub type Entry<'a> = stacking::Entry<Application, Refused<'a>>;

/// What became of all redeemables of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation<'a> {
    mode: ApplicationMode,
    entries: Vec<Entry<'a>>,
}

/// Which entries an answer lists where: places among the entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    pub redeemables: Vec<usize>,
    pub inapplicable: Vec<usize>,
    pub skipped: Vec<usize>,
}

/// Why nothing of a request is carried out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Failure<'e, 'a> {
    /// This one can't be applied. The number is its place in the request.
    One(usize, &'e Refused<'a>),
    /// None of them is applied, and not because of a single one.
    All,
}

impl Failure<'_, '_> {
    /// Its row of the catalogue.
    pub fn error(&self) -> Error {
        match self {
            Failure::One(_, refused) => refused.error.clone(),
            Failure::All => Error::NoApplicableRedeemables,
        }
    }
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(mode: ApplicationMode, entries: Vec<Entry<'a>>) -> Self {
        Self { mode, entries }
    }

    /// All redeemables, in the order of application.
    pub fn entries(&self) -> &[Entry<'a>] {
        &self.entries
    }

    /// Those that are applied, each with its place in the request. If the whole is not valid, they would
    /// have been.
    pub fn applied(&self) -> impl DoubleEndedIterator<Item = (usize, &Application)> {
        self.entries.iter().filter_map(|entry| match &entry.status {
            Status::Applicable(applied) => Some((entry.candidate, applied)),
            Status::Inapplicable(_) | Status::Skipped(_) => None,
        })
    }

    /// The order after all of them, unless nothing is applied.
    pub fn last(&self) -> Option<&Application> {
        self.applied().next_back().map(|(_, applied)| applied)
    }

    /// Those that can't be applied, likewise.
    fn refused(&self) -> impl Iterator<Item = (usize, &Refused<'a>)> {
        self.entries.iter().filter_map(|entry| match &entry.status {
            Status::Inapplicable(refused) => Some((entry.candidate, refused)),
            Status::Applicable(_) | Status::Skipped(_) => None,
        })
    }

    /// Whether something is applied and, where it is all or nothing, nothing refused.
    pub fn is_valid(&self) -> bool {
        let is_whole = || self.refused().next().is_none();
        self.last().is_some() && (self.mode == ApplicationMode::Partial || is_whole())
    }

    /// Which entries are listed where. A valid evaluation in part lists each once, under what became of
    /// it. Any other lists all under `redeemables`, and those that are not applied again.
    pub fn listing(&self) -> Listing {
        let places = |is_listed: fn(&Entry<'a>) -> bool| -> Vec<usize> {
            let listed = self.entries.iter().enumerate().filter(|(_, entry)| is_listed(entry));
            listed.map(|(place, _)| place).collect()
        };
        let is_moved = self.mode == ApplicationMode::Partial && self.is_valid();
        Listing {
            redeemables: match is_moved {
                true => places(|entry| matches!(entry.status, Status::Applicable(_))),
                false => places(|_| true),
            },
            inapplicable: places(|entry| matches!(entry.status, Status::Inapplicable(_))),
            skipped: places(|entry| matches!(entry.status, Status::Skipped(_))),
        }
    }

    /// Why a redemption fails; `None` if it is carried out. All or nothing, the first that can't be
    /// applied has the word; in part only if it is the only one.
    pub fn failure(&self) -> Option<Failure<'_, 'a>> {
        if self.is_valid() {
            return None;
        }
        let has_the_word = self.mode == ApplicationMode::All || self.entries.len() == 1;
        let first = self.refused().next().filter(|_| has_the_word);
        Some(first.map_or(Failure::All, |(place, refused)| Failure::One(place, refused)))
    }
}
