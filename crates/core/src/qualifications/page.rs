//! From candidates to a page of what qualifies.

use guerdon_engine::{
    evaluate::{self, Application, Request},
    item,
    redeemable::Redeemable,
    rules::{Item, RuleSet},
    target::discounted,
    trace::Trace,
};
use guerdon_model::{Timestamp, qualification::Sorting};

use super::{
    Asked,
    candidate::{Candidate, Candidates},
    pool::Pool,
    scenario::{Items, Kinds},
};
use crate::{
    redeemables::{
        Found, Scene,
        evaluate::{situation, with},
        gather_found,
        locks::{self, Attempt},
    },
    tx::{Result, Tx},
};

/// How many candidates are evaluated at once: at first, and at most.
const FIRST_CHUNK: usize = 16;
const LAST_CHUNK: usize = 256;

/// A candidate that qualifies.
pub(super) struct Qualified {
    pub(super) candidate: Candidate,
    pub(super) found: Found,
    pub(super) applied: Application,
}

impl Qualified {
    /// What it takes off the order, in minor units.
    fn deal(&self) -> i64 {
        self.applied.amounts.total_applied()
    }
}

/// A page of what qualifies.
pub(super) struct Page {
    pub(super) rows: Vec<Qualified>,
    /// Where the next one begins, if there is one.
    pub(super) next: Option<Timestamp>,
}

/// Evaluates as many candidates as the page needs.
pub(super) fn fill(tx: &mut Tx, asked: &Asked, scene: &Scene, pool: &Pool) -> Result<Attempt<Page>> {
    let offers = tx.config().offers();
    let places = match asked.row.kinds.has_offers() {
        true => situation(tx, scene, asked.row.scope, |situation| offers.candidates(asked.row.items, situation)),
        false => Vec::new(),
    };
    let mut candidates = Candidates::new(pool.candidates(tx)?, offers, places);
    if let Some(before) = asked.starting_after {
        candidates.skip_to(before);
    }
    let (config, moment) = (tx.config(), tx.moment());
    let is_wanted = |candidate: &Candidate| {
        let is_of_kind = asked.row.kinds != Kinds::Campaigns || candidate.gives_codes();
        is_of_kind && asked.filter.as_ref().is_none_or(|filter| filter.matches(&candidate.seen(config), &moment))
    };
    let horizon = pool.horizon;
    let is_near = |candidate: &Candidate| horizon.is_none_or(|horizon| candidate.created_at() >= horizon);
    let mut candidates: Box<dyn Iterator<Item = Candidate>> =
        Box::new(candidates.take_while(is_near).filter(is_wanted));
    if asked.oldest_first {
        let all: Vec<Candidate> = candidates.collect();
        candidates = Box::new(all.into_iter().rev());
    }

    let mut page: Vec<Qualified> = Vec::new();
    let mut evaluated = 0;
    let mut size = FIRST_CHUNK.max(asked.limit + 1);
    loop {
        let chunk: Vec<Candidate> = candidates.by_ref().take(size).collect();
        if chunk.is_empty() {
            break;
        }
        evaluated += chunk.len();
        match evaluate(tx, asked, scene, chunk)? {
            Attempt::Done(qualified) => page.extend(qualified),
            Attempt::Due(vouchers) => return Ok(Attempt::Due(vouchers)),
        }
        // The sort is stable: equal deals stay in the order of their creation.
        match asked.sorting {
            Sorting::Default if page.len() > asked.limit => break,
            Sorting::Default => {}
            Sorting::BestDeal => page.sort_by_key(|qualified| std::cmp::Reverse(qualified.deal())),
            Sorting::LeastDeal => page.sort_by_key(Qualified::deal),
        }
        if asked.sorting != Sorting::Default {
            // One more than is shown, so that it is known whether there are more.
            page.truncate(asked.limit + 1);
        }
        size = (size * 2).min(LAST_CHUNK);
    }
    metrics::histogram!("guerdon_qualification_candidates").record(evaluated as f64);
    let next = next(&page, asked, horizon);
    page.truncate(asked.limit);
    Ok(Attempt::Done(Page { rows: page, next }))
}

/// Where the next page begins, if there is one.
fn next(page: &[Qualified], asked: &Asked, horizon: Option<Timestamp>) -> Option<Timestamp> {
    match page.len() > asked.limit {
        true => page[..asked.limit].last().map(|last| last.candidate.created_at()),
        // Older codes have not been looked at.
        false => horizon,
    }
}

/// Those of the candidates that qualify, in their order.
fn evaluate(tx: &mut Tx, asked: &Asked, scene: &Scene, candidates: Vec<Candidate>) -> Result<Attempt<Vec<Qualified>>> {
    tx.need(candidates.iter().filter_map(Candidate::keys))?;
    let mut available = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        if candidate.can_be_had(tx)? {
            available.push(candidate);
        }
    }
    let gathered = available.iter().map(|candidate| candidate.gathered(tx)).collect();
    let gathering = gather_found(tx, gathered, scene, asked.scene.session_key())?;
    let due = locks::due(tx, &gathering);
    if !due.is_empty() {
        return Ok(Attempt::Due(due));
    }
    let applied: Vec<Option<Application>> = with(tx, scene, &gathering, asked.row.scope, |request, requested| {
        let alone = |requested| {
            let applied = evaluate::alone(request, requested, &mut Trace::off()).ok()?;
            let redeemable = requested.redeemable.as_ref()?;
            concerns(request, redeemable, asked.row.items).then_some(applied)
        };
        requested.iter().map(alone).collect()
    });
    let found = gathering.redeemables.into_iter().map(|gathered| gathered.found);
    let evaluated = available.into_iter().zip(found).zip(applied);
    let qualified = evaluated
        .filter_map(|((candidate, found), applied)| Some(Qualified { candidate, found: found?, applied: applied? }));
    Ok(Attempt::Done(qualified.collect()))
}

/// Whether the redeemable has to do with the order's items as the scenario asks.
fn concerns(request: &Request<'_>, redeemable: &Redeemable<'_>, items: Items) -> bool {
    if items == Items::Any {
        return true;
    }
    let Some(order) = request.order else { return false };
    let collections = request.facts.collections;
    let is = |item: &Item, line: usize| item::matches(item.reference(), order.cart, line, collections);
    let of_rules = || redeemable.rules().filter_map(RuleSet::applicable_to);
    let discounted = discounted(redeemable.kind.incentive(), of_rules());
    let is_excluded = |line: usize| {
        let mut excluded = of_rules().flat_map(|of_rule| of_rule.excluded.iter());
        excluded.any(|entry| item::matches(item::of_entry(entry), order.cart, line, collections))
    };
    let mut lines = 0..order.cart.lines.len();
    lines.any(|line| {
        let is_discounted = discounted.iter().any(|item| is(item, line)) && !is_excluded(line);
        let is_asked_for = || redeemable.rules().flat_map(RuleSet::items).any(|item| is(item, line));
        is_discounted || (items == Items::Named && is_asked_for())
    })
}
