//! In which order candidates have their turns.

use guerdon_model::{
    category::{Category, StackingRulesType},
    ids::CategoryId,
    stacking_rules::{GroupedSortingRule, SortingRule, StackingRules},
};

use super::Candidate;

/// What the rules say about a candidate because of its category.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits<'a> {
    pub(super) category: Option<&'a CategoryId>,
    stacking_type: Option<StackingRulesType>,
    exists: bool,
    hierarchy: i64,
}

impl<'a> Traits<'a> {
    pub(super) fn new(candidate: &Candidate<'a>, rules: &StackingRules) -> Self {
        let category = candidate.category.map(|category| &category.id);
        Self {
            category,
            stacking_type: rules.type_of(category),
            exists: candidate.exists,
            hierarchy: candidate.category.map_or(Category::DEFAULT_HIERARCHY, |category| category.hierarchy),
        }
    }

    pub(super) fn is_exclusive(&self) -> bool {
        self.stacking_type == Some(StackingRulesType::Exclusive)
    }

    pub(super) fn is_joint(&self) -> bool {
        self.stacking_type == Some(StackingRulesType::Joint)
    }

    pub(super) fn is_common(&self) -> bool {
        self.exists && self.stacking_type.is_none()
    }
}

/// The candidates' places in the order of their turns, as far as it does not depend on which are valid.
pub(super) fn sorted(candidates: &[Traits<'_>], rules: &StackingRules) -> Vec<usize> {
    let mut places: Vec<usize> = (0..candidates.len()).collect();
    match rules.redeemables_sorting_rule {
        SortingRule::RequestedOrder => {}
        // Those of equal rank stay as they were requested.
        SortingRule::CategoryHierarchy => places.sort_by_key(|place| candidates[*place].hierarchy),
    }
    places
}

/// Rearranges them for the case that one of the exclusive candidates is valid.
pub(super) fn group(places: &mut [usize], candidates: &[Traits<'_>], rules: &StackingRules) {
    match rules.grouped_redeemables_sorting_rule {
        GroupedSortingRule::JointAlwaysLast => places.sort_by_key(|place| candidates[*place].is_joint()),
        GroupedSortingRule::SortingRule => {}
    }
}
