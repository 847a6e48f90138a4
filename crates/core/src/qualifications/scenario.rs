//! What each scenario asks about.

use guerdon_engine::rules::Scope;
use guerdon_model::qualification::Scenario;

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
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
    /// Codes for everybody.
    Generic,
    /// Campaigns that have codes to give, loyalty programs left out.
    Campaigns,
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
const SCENARIOS: [(Scenario, Row); 8] = [
    (Scenario::All, Row { scope: Scope::Qualification, kinds: Kinds::All, items: Items::Any }),
    (Scenario::CustomerWallet, Row { scope: Scope::Qualification, kinds: Kinds::Held, items: Items::Any }),
    (Scenario::AudienceOnly, Row { scope: Scope::Audience, kinds: Kinds::All, items: Items::Any }),
    (Scenario::Products, Row { scope: Scope::Products, kinds: Kinds::All, items: Items::Named }),
    (Scenario::ProductsDiscount, Row { scope: Scope::Nothing, kinds: Kinds::All, items: Items::Discounted }),
    (Scenario::ProductsByCustomer, Row { scope: Scope::ProductsAndAudience, kinds: Kinds::All, items: Items::Named }),
    (Scenario::ProductsDiscountByCustomer, Row { scope: Scope::Audience, kinds: Kinds::All, items: Items::Discounted }),
    (Scenario::PromotionStacks, Row { scope: Scope::Qualification, kinds: Kinds::Stacks, items: Items::Any }),
];

impl Kinds {
    /// Whether the configuration offers such.
    pub(super) const fn has_offers(self) -> bool {
        matches!(self, Kinds::All | Kinds::Campaigns)
    }

    /// Whether codes for everybody are such.
    pub(super) const fn has_generic(self) -> bool {
        matches!(self, Kinds::All | Kinds::Generic)
    }

    /// Whether what a customer holds is such.
    pub(super) const fn has_held(self) -> bool {
        matches!(self, Kinds::All | Kinds::Held)
    }
}

impl Row {
    pub(super) fn of(scenario: Scenario) -> Self {
        let (_, row) = SCENARIOS.iter().find(|(of, _)| *of == scenario).unwrap_or(&SCENARIOS[0]);
        *row
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
        assert_eq!(SCENARIOS.map(|(scenario, _)| scenario), all);
    }
}
