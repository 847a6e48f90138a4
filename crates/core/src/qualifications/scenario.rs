//! What each scenario asks about.

use guerdon_engine::rules::Scope;
use guerdon_model::qualification::Scenario;

/// A scenario's row.
#[derive(Debug)]
pub(super) struct Row {
    scenario: Scenario,
    /// Which rules count.
    pub(super) scope: Scope,
    pub(super) kinds: Kinds,
    pub(super) items: Items,
}

/// Which redeemables are candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kinds {
    /// Vouchers, promotion tiers, and campaigns that have codes to give.
    All,
    /// What the customer holds.
    Held,
    Stacks,
}

/// Which items of the order they must have to do with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Items {
    Any,
    /// Those that are discounted or asked for.
    Named,
    /// Those that are discounted.
    Discounted,
}

#[rustfmt::skip]
const SCENARIOS: [Row; 8] = [
    Row { scenario: Scenario::All, scope: Scope::Qualification, kinds: Kinds::All, items: Items::Any },
    Row { scenario: Scenario::CustomerWallet, scope: Scope::Qualification, kinds: Kinds::Held, items: Items::Any },
    Row { scenario: Scenario::AudienceOnly, scope: Scope::Audience, kinds: Kinds::All, items: Items::Any },
    Row { scenario: Scenario::Products, scope: Scope::Products, kinds: Kinds::All, items: Items::Named },
    Row { scenario: Scenario::ProductsDiscount, scope: Scope::Nothing, kinds: Kinds::All, items: Items::Discounted },
    Row { scenario: Scenario::ProductsByCustomer, scope: Scope::ProductsAndAudience, kinds: Kinds::All, items: Items::Named },
    Row { scenario: Scenario::ProductsDiscountByCustomer, scope: Scope::Audience, kinds: Kinds::All, items: Items::Discounted },
    Row { scenario: Scenario::PromotionStacks, scope: Scope::Qualification, kinds: Kinds::Stacks, items: Items::Any },
];

impl Row {
    pub(super) fn of(scenario: Scenario) -> &'static Self {
        SCENARIOS.iter().find(|row| row.scenario == scenario).unwrap_or(&SCENARIOS[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_has_its_row() {
        use Scenario::*;
        let all = [
            All,
            CustomerWallet,
            AudienceOnly,
            Products,
            ProductsDiscount,
            ProductsByCustomer,
            ProductsDiscountByCustomer,
            PromotionStacks,
        ];
        assert_eq!(SCENARIOS.each_ref().map(|row| row.scenario), all);
    }
}
