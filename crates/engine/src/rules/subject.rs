//! What each rule name looks at: one row per name.

use guerdon_model::validation_rule::RuleName;

use crate::facts::{Counter, Measure, Scope, Window};

/// How a leaf finds the value that its conditions are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Segments,
    LoyaltyTiers,
    IsHolder,
    Metadata(Owner),
    Amount(Amount),
    /// Asked of lines one by one: of those around, or of all.
    EachLine(OfLine, Quantifier),
    /// Asked of lines together.
    Sum(Sum),
    /// The lines that are certain items.
    Items(Items),
    /// The lines whose product's metadata fulfils the conditions.
    ProductMetadata,
    /// Whether the enclosing leaf has matched every line.
    MatchesAll,
    /// Holds always.
    Mark,
    Counted(Counter),
    UserLogin,
    ApiKey,
    Points,
    /// A name that was not known when the rule was compiled: never holds.
    Unknown,
}

/// Whose metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    Customer,
    Order,
    Redemption,
    Event,
}

/// Which of the order's amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Amount {
    Initial,
    Before,
    After,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OfLine {
    Price,
    Quantity,
    Metadata,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sum {
    Quantity,
    Amount,
}

/// How many of the lines must fulfil a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    Any,
    Every,
    /// As the enclosing leaf has it.
    Inherited,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Items {
    Any,
    Every,
    None,
    Cheapest,
    MostExpensive,
    /// `product.id` and `sku.id`, which also know negative operators.
    Named,
}

/// What must be known to evaluate a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Needs(u8);

impl Needs {
    pub(super) const NOTHING: Needs = Needs(0);
    pub(super) const CUSTOMER: Needs = Needs(1);
    pub(super) const ORDER: Needs = Needs(2);
    pub(super) const AMOUNT: Needs = Needs(2 | 4);
    pub(super) const LINES: Needs = Needs(2 | 8);

    pub(super) const fn and(self, other: Needs) -> Needs {
        Needs(self.0 | other.0)
    }

    /// What of this `known` does not have.
    pub(super) const fn without(self, known: Needs) -> Needs {
        Needs(self.0 & !known.0)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) const fn contains(self, other: Needs) -> bool {
        self.0 & other.0 == other.0
    }
}

const fn counted(measure: Measure, scope: Scope, window: Window) -> Subject {
    Subject::Counted(Counter { measure, scope, window })
}

const fn redemptions(scope: Scope, window: Window) -> Subject {
    counted(Measure::Redemptions, scope, window)
}

impl Subject {
    /// What a name looks at and what it needs.
    #[rustfmt::skip]
    pub(super) const fn of(name: RuleName) -> (Subject, Needs) {
        use Amount::{After, Before, Initial};
        use Quantifier::{Any, Every, Inherited};
        use Scope::{Campaign, CampaignAndCustomer, Incentive, IncentiveAndApiKey, IncentiveAndCustomer, IncentiveAndUser};
        use Window::{Day, Ever, Month, Week};
        match name {
            RuleName::CustomerSegment => (Subject::Segments, Needs::CUSTOMER),
            RuleName::CustomerMetadata => (Subject::Metadata(Owner::Customer), Needs::CUSTOMER),
            RuleName::CustomerLoyaltyTier => (Subject::LoyaltyTiers, Needs::CUSTOMER),
            RuleName::RedeemableByHolder => (Subject::IsHolder, Needs::CUSTOMER),
            RuleName::OrderAmount => (Subject::Amount(Before), Needs::AMOUNT),
            RuleName::OrderTotalAmount => (Subject::Amount(After), Needs::AMOUNT),
            RuleName::OrderInitialAmount => (Subject::Amount(Initial), Needs::AMOUNT),
            RuleName::OrderItemsCount => (Subject::Sum(Sum::Quantity), Needs::LINES),
            RuleName::OrderItemsPriceAny => (Subject::EachLine(OfLine::Price, Any), Needs::LINES),
            RuleName::OrderItemsPriceEach => (Subject::EachLine(OfLine::Price, Every), Needs::LINES),
            RuleName::OrderItemsMetadataAny => (Subject::EachLine(OfLine::Metadata, Any), Needs::LINES),
            RuleName::OrderItemsMetadataEach => (Subject::EachLine(OfLine::Metadata, Every), Needs::LINES),
            RuleName::OrderMetadata => (Subject::Metadata(Owner::Order), Needs::ORDER),
            RuleName::ItemsAny => (Subject::Items(Items::Any), Needs::LINES),
            RuleName::ItemsEvery => (Subject::Items(Items::Every), Needs::LINES),
            RuleName::ItemsNone => (Subject::Items(Items::None), Needs::ORDER),
            RuleName::ItemsCheapest => (Subject::Items(Items::Cheapest), Needs::LINES),
            RuleName::ItemsMostExpensive => (Subject::Items(Items::MostExpensive), Needs::LINES),
            RuleName::ItemsQuantity => (Subject::EachLine(OfLine::Quantity, Inherited), Needs::LINES),
            RuleName::ItemsAggregatedQuantity => (Subject::Sum(Sum::Quantity), Needs::LINES),
            RuleName::ItemsPrice => (Subject::EachLine(OfLine::Price, Inherited), Needs::LINES),
            RuleName::ItemsAggregatedAmount => (Subject::Sum(Sum::Amount), Needs::LINES),
            RuleName::ItemsMetadata => (Subject::EachLine(OfLine::Metadata, Inherited), Needs::LINES),
            RuleName::ProductId | RuleName::SkuId => (Subject::Items(Items::Named), Needs::LINES),
            RuleName::ProductPrice | RuleName::SkuPrice => (Subject::EachLine(OfLine::Price, Any), Needs::LINES),
            RuleName::ProductQuantity | RuleName::SkuQuantity => (Subject::EachLine(OfLine::Quantity, Any), Needs::LINES),
            RuleName::ProductDiscountApplicable | RuleName::SkuDiscountApplicable
            | RuleName::ProductMetadataDiscountApplicable => (Subject::Mark, Needs::NOTHING),
            RuleName::ProductMetadata => (Subject::ProductMetadata, Needs::LINES),
            RuleName::ProductMetadataAggregatedQuantity => (Subject::Sum(Sum::Quantity), Needs::LINES),
            RuleName::ProductMetadataAggregatedAmount => (Subject::Sum(Sum::Amount), Needs::LINES),
            RuleName::ProductMetadataMatchAll => (Subject::MatchesAll, Needs::LINES),
            RuleName::CampaignOrdersAmount => (counted(Measure::OrderAmount, Campaign, Ever), Needs::NOTHING),
            RuleName::CampaignAmountDiscounted => (counted(Measure::DiscountAmount, Campaign, Ever), Needs::NOTHING),
            RuleName::CampaignCount => (redemptions(Campaign, Ever), Needs::NOTHING),
            RuleName::CampaignCountDaily => (redemptions(Campaign, Day), Needs::NOTHING),
            RuleName::CampaignCountWeekly => (redemptions(Campaign, Week), Needs::NOTHING),
            RuleName::CampaignCountMonthly => (redemptions(Campaign, Month), Needs::NOTHING),
            RuleName::CampaignPerCustomer => (redemptions(CampaignAndCustomer, Ever), Needs::CUSTOMER),
            RuleName::CampaignPerCustomerDaily => (redemptions(CampaignAndCustomer, Day), Needs::CUSTOMER),
            RuleName::CampaignPerCustomerWeekly => (redemptions(CampaignAndCustomer, Week), Needs::CUSTOMER),
            RuleName::CampaignPerCustomerMonthly => (redemptions(CampaignAndCustomer, Month), Needs::CUSTOMER),
            RuleName::CountDaily => (redemptions(Incentive, Day), Needs::NOTHING),
            RuleName::CountWeekly => (redemptions(Incentive, Week), Needs::NOTHING),
            RuleName::CountMonthly => (redemptions(Incentive, Month), Needs::NOTHING),
            RuleName::CountPerCustomer => (redemptions(IncentiveAndCustomer, Ever), Needs::CUSTOMER),
            RuleName::CountPerCustomerDaily => (redemptions(IncentiveAndCustomer, Day), Needs::CUSTOMER),
            RuleName::CountPerCustomerWeekly => (redemptions(IncentiveAndCustomer, Week), Needs::CUSTOMER),
            RuleName::CountPerCustomerMonthly => (redemptions(IncentiveAndCustomer, Month), Needs::CUSTOMER),
            RuleName::CountPerUser => (redemptions(IncentiveAndUser, Ever), Needs::NOTHING),
            RuleName::CountPerApiKey => (redemptions(IncentiveAndApiKey, Ever), Needs::NOTHING),
            RuleName::UserLogin => (Subject::UserLogin, Needs::NOTHING),
            RuleName::ApiKey => (Subject::ApiKey, Needs::NOTHING),
            RuleName::GiftAmount => (counted(Measure::GiftCredits, Campaign, Ever), Needs::NOTHING),
            RuleName::PointsUsed => (Subject::Points, Needs::NOTHING),
            RuleName::RedemptionMetadata => (Subject::Metadata(Owner::Redemption), Needs::NOTHING),
            RuleName::CustomEventMetadata => (Subject::Metadata(Owner::Event), Needs::NOTHING),
        }
    }

    /// Whether the discount must be known.
    pub(super) const fn needs_discount(self) -> bool {
        matches!(
            self,
            Subject::Amount(Amount::After)
                | Subject::Counted(Counter { measure: Measure::DiscountAmount, scope: _, window: _ })
        )
    }
}
