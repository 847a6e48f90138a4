//! Which leaves of a rule set are evaluated.

use guerdon_model::validation_rule::{Category, Operand, RuleName};

/// What an evaluation is for. Leaves that it leaves out count as satisfied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scope {
    /// Validation and redemption: everything.
    #[default]
    Full,
    /// Qualification: everything but `order.amount` and what has been redeemed so far, which only
    /// validation can tell.
    Qualification,
    /// Only the customer.
    Audience,
    /// The same in the older endpoints of vouchers, which also count the customer's redemptions.
    AudienceAndLimits,
    /// Only which items are ordered.
    Products,
    /// Only the customer and which items are ordered.
    ProductsAndAudience,
    /// Nothing: the caller asks about something else, such as the items that are discounted.
    Nothing,
}

/// What a scope evaluates of each kind of leaf.
struct Row {
    scope: Scope,
    customer: bool,
    items: bool,
    limits_of_customer: bool,
    rest: bool,
    bundle: bool,
    /// Whether what is left out makes a rule set partially valid.
    reports: bool,
}

#[rustfmt::skip]
const SCOPES: [Row; 7] = [
    Row { scope: Scope::Full, customer: true, items: true, limits_of_customer: true, rest: true, bundle: true, reports: false },
    Row { scope: Scope::Qualification, customer: true, items: true, limits_of_customer: false, rest: true, bundle: true, reports: false },
    Row { scope: Scope::Audience, customer: true, items: false, limits_of_customer: false, rest: false, bundle: false, reports: true },
    Row { scope: Scope::AudienceAndLimits, customer: true, items: false, limits_of_customer: true, rest: false, bundle: false, reports: true },
    Row { scope: Scope::Products, customer: false, items: true, limits_of_customer: false, rest: false, bundle: false, reports: true },
    Row { scope: Scope::ProductsAndAudience, customer: true, items: true, limits_of_customer: false, rest: false, bundle: false, reports: true },
    Row { scope: Scope::Nothing, customer: false, items: false, limits_of_customer: false, rest: false, bundle: false, reports: true },
];

/// What qualification ignores. The customer's limits have a column of their own.
const IGNORED_BY_QUALIFICATION: [RuleName; 6] = [
    RuleName::OrderAmount,
    RuleName::CampaignAmountDiscounted,
    RuleName::CampaignCount,
    RuleName::CampaignCountDaily,
    RuleName::CampaignCountWeekly,
    RuleName::CampaignCountMonthly,
];

const LIMITS_OF_CUSTOMER: [RuleName; 8] = [
    RuleName::CampaignPerCustomer,
    RuleName::CampaignPerCustomerDaily,
    RuleName::CampaignPerCustomerWeekly,
    RuleName::CampaignPerCustomerMonthly,
    RuleName::CountPerCustomer,
    RuleName::CountPerCustomerDaily,
    RuleName::CountPerCustomerWeekly,
    RuleName::CountPerCustomerMonthly,
];

impl Scope {
    pub(crate) const ALL: [Scope; 7] = [
        Scope::Full,
        Scope::Qualification,
        Scope::Audience,
        Scope::AudienceAndLimits,
        Scope::Products,
        Scope::ProductsAndAudience,
        Scope::Nothing,
    ];

    /// Whether leaves of this name are evaluated.
    pub fn evaluates(self, rule: RuleName) -> bool {
        let row = self.row();
        match rule {
            _ if LIMITS_OF_CUSTOMER.contains(&rule) => row.limits_of_customer,
            _ if rule.category() == Category::Customer => row.customer,
            _ if rule.operand() == Operand::Items => row.items,
            _ if self == Scope::Qualification => !IGNORED_BY_QUALIFICATION.contains(&rule),
            _ => row.rest,
        }
    }

    /// Whether leaves of unknown names are evaluated, which can only fail.
    pub(super) fn evaluates_unknown(self) -> bool {
        self.row().rest
    }

    /// Whether a bundle must be complete.
    pub fn needs_bundle(self) -> bool {
        self.row().bundle
    }

    /// Whether leaves that are left out are reported as such.
    pub fn reports_omissions(self) -> bool {
        self.row().reports
    }

    fn row(self) -> &'static Row {
        let row = SCOPES.iter().find(|row| row.scope == self);
        row.unwrap_or(&SCOPES[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_has_its_row() {
        assert_eq!(SCOPES.each_ref().map(|row| row.scope), Scope::ALL);
    }

    #[test]
    fn scopes_evaluate_what_they_are_about() {
        use RuleName::*;
        #[rustfmt::skip]
        let table = [
            (Scope::Full, [true, true, true, true, true, true]),
            (Scope::Qualification, [true, true, true, false, false, false]),
            (Scope::Audience, [true, false, false, false, false, false]),
            (Scope::AudienceAndLimits, [true, false, false, false, false, true]),
            (Scope::Products, [false, true, false, false, false, false]),
            (Scope::ProductsAndAudience, [true, true, false, false, false, false]),
            (Scope::Nothing, [false, false, false, false, false, false]),
        ];
        for (scope, expected) in table {
            let rules =
                [CustomerSegment, ItemsAny, OrderItemsCount, OrderAmount, CampaignCountWeekly, CountPerCustomerDaily];
            assert_eq!(rules.map(|rule| scope.evaluates(rule)), expected, "{scope:?}");
        }
    }
}
