//! What an evaluation is told about something that can be redeemed.
//!
//! Times and numbers are as they are stored at the moment of the evaluation. What other requests have
//! reserved counts as gone.

use std::sync::{Arc, LazyLock};

use guerdon_model::{
    category::Category,
    discount::{Discount, GiftEffect},
    metadata::Metadata,
    redeemable::Card,
    validity::TimeLimits,
};
use rust_decimal::Decimal;

use crate::{
    discount::{Gift, Incentive, Points, RedeemableFacts, VoucherFacts},
    facts::{Counters, NoCounters},
    rules::RuleSet,
    target::{NoUnitBudgets, UnitBudgets},
    validity::Limits,
};

/// One redeemable of a request, found or not. A promotion stack is as many as it has tiers.
#[derive(Clone, Copy)]
pub struct Requested<'a> {
    /// As the request names it.
    pub id: &'a str,
    pub object: Object,
    /// `None` if there is no such thing.
    pub redeemable: Option<Redeemable<'a>>,
}

/// What a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Object {
    Voucher,
    PromotionTier,
    /// One that does not exist: of others, the tiers are requested.
    PromotionStack,
}

impl Object {
    /// As the API calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Object::Voucher => "voucher",
            Object::PromotionTier => "promotion_tier",
            Object::PromotionStack => "promotion_stack",
        }
    }
}

/// A voucher or promotion tier.
#[derive(Clone, Copy)]
pub struct Redeemable<'a> {
    /// What errors call it: a voucher's code, a promotion tier's id.
    pub name: &'a str,
    pub kind: Kind<'a>,
    pub is_active: bool,
    pub campaign: Option<Campaign<'a>>,
    /// Its own, and where it has none its campaign's; see [`TimeLimits::within`].
    pub limits: &'a Limits,
    pub uses: Uses,
    pub category: Option<&'a Category>,
    pub own_rules: &'a [Arc<RuleSet>],
    pub campaign_rules: &'a [Arc<RuleSet>],
    pub metadata: Option<&'a Metadata>,
    /// The metadata with which the code was given to somebody; `None` if it never was.
    pub publication: Option<&'a Metadata>,
    /// Whether that was the customer of the request.
    pub is_holder: bool,
    /// What was redeemed before, counted for this redeemable.
    pub counters: &'a dyn Counters,
    pub budgets: &'a dyn UnitBudgets,
}

/// What a redeemable belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Campaign<'a> {
    pub id: &'a str,
    pub is_active: bool,
}

/// How often something may be redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Uses {
    /// Without end if `None`.
    pub quantity: Option<i64>,
    pub redeemed: i64,
    /// Redemptions that other sessions have reserved.
    pub locked: i64,
}

impl Uses {
    /// How many redemptions are left, if they are limited.
    pub fn left(&self) -> Option<i64> {
        Some(self.quantity?.saturating_sub(self.redeemed).saturating_sub(self.locked).max(0))
    }
}

/// What it does, and what that takes.
#[derive(Debug, Clone, Copy)]
pub enum Kind<'a> {
    Coupon(&'a Discount),
    ReferralCode {
        discount: &'a Discount,
        /// Whether the customer of the request is the one who refers.
        is_referrer: bool,
    },
    GiftCard(Gift),
    LoyaltyCard(LoyaltyCard),
    PromotionTier(&'a Discount),
}

/// A loyalty card, and what the request wants for its points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoyaltyCard {
    pub balance: i64,
    /// Points that other sessions have reserved.
    pub locked: i64,
    pub reward: Option<Reward>,
}

/// What points are given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reward {
    /// The order is paid.
    PayWithPoints {
        /// So many points …
        points_ratio: i64,
        /// … are worth so much, in main units of the currency.
        exchange_ratio: Decimal,
        /// How many the request offers; as many as are needed if it does not say.
        points: Option<i64>,
    },
    /// Something that costs so many points.
    Other { points: i64 },
}

impl LoyaltyCard {
    /// How many points there are to be spent.
    pub fn available(&self) -> i64 {
        self.balance.saturating_sub(self.locked).max(0)
    }

    /// How many points were asked for, if the request or the reward says so.
    pub fn asked(&self) -> Option<i64> {
        match self.reward? {
            Reward::PayWithPoints { points, .. } => points,
            Reward::Other { points } => Some(points),
        }
    }
}

impl<'a> Redeemable<'a> {
    /// One that is active, without limits, rules and campaign, and was never redeemed.
    pub fn new(name: &'a str, kind: Kind<'a>) -> Self {
        static UNLIMITED: LazyLock<Limits> = LazyLock::new(|| Limits::compile(&TimeLimits::default()));
        Self {
            name,
            kind,
            is_active: true,
            campaign: None,
            limits: &UNLIMITED,
            uses: Uses::default(),
            category: None,
            own_rules: &[],
            campaign_rules: &[],
            metadata: None,
            publication: None,
            is_holder: false,
            counters: &NoCounters,
            budgets: &NoUnitBudgets,
        }
    }

    /// What a request calls such a thing.
    pub const fn object(&self) -> Object {
        match self.kind {
            Kind::PromotionTier(_) => Object::PromotionTier,
            Kind::Coupon(_) | Kind::ReferralCode { .. } | Kind::GiftCard(_) | Kind::LoyaltyCard(_) => Object::Voucher,
        }
    }

    /// All its rules: its own first, then its campaign's.
    pub fn rules(&self) -> impl Iterator<Item = &'a RuleSet> + use<'a> {
        self.own_rules.iter().chain(self.campaign_rules).map(|set| &**set)
    }

    /// What formulas may ask about it.
    pub(crate) fn facts(&self) -> RedeemableFacts<'a> {
        let (start_date, expiration_date) = self.limits.period();
        let voucher = VoucherFacts {
            redemption_limit: self.uses.quantity,
            redemptions: self.uses.redeemed,
            is_published: self.publication.is_some(),
        };
        RedeemableFacts {
            metadata: self.metadata,
            publication_metadata: self.publication,
            start_date,
            expiration_date,
            voucher: (self.object() == Object::Voucher).then_some(voucher),
        }
    }

    /// Whether it belongs to the same campaign as another.
    pub(crate) fn shares_campaign(&self, other: &Redeemable<'_>) -> bool {
        self.campaign.zip(other.campaign).is_some_and(|(own, others)| own.id == others.id)
    }
}

impl<'a> Kind<'a> {
    /// What errors about rules call it.
    pub const fn label(&self) -> &'static str {
        match self {
            Kind::Coupon(_) => "Discount Coupon",
            Kind::ReferralCode { .. } => "Referral Code",
            Kind::GiftCard(_) => "Gift Card",
            Kind::LoyaltyCard(_) => "Loyalty Card",
            Kind::PromotionTier(_) => "Promotion Tier",
        }
    }

    /// What is applied to the order.
    pub fn incentive(&self) -> Incentive<'a> {
        match *self {
            Kind::Coupon(discount) | Kind::PromotionTier(discount) | Kind::ReferralCode { discount, .. } => {
                Incentive::Discount(discount)
            }
            Kind::GiftCard(gift) => Incentive::Gift(gift),
            Kind::LoyaltyCard(card) => match card.reward {
                Some(Reward::PayWithPoints { points_ratio, exchange_ratio, points }) => {
                    let LoyaltyCard { balance, locked, .. } = card;
                    Incentive::Points(Points { points_ratio, exchange_ratio, balance, locked, points })
                }
                Some(Reward::Other { points }) => Incentive::Reward { points },
                None => Incentive::Reward { points: 0 },
            },
        }
    }

    /// Which card it is, if something is taken off it.
    pub(crate) const fn card(&self) -> Option<Card> {
        match self {
            Kind::Coupon(_) | Kind::ReferralCode { .. } | Kind::PromotionTier(_) => None,
            Kind::GiftCard(_) => Some(Card::GiftVoucher),
            Kind::LoyaltyCard(_) => Some(Card::LoyaltyCard),
        }
    }

    /// Whether it pays for the order's items, which must be there.
    pub(crate) fn pays_for_items(&self) -> bool {
        matches!(self, Kind::GiftCard(gift) if gift.effect == GiftEffect::ApplyToItems)
    }

    /// Whether it pays, so that there must be something to pay.
    pub(crate) fn pays(&self) -> bool {
        matches!(
            self,
            Kind::GiftCard(_) | Kind::LoyaltyCard(LoyaltyCard { reward: Some(Reward::PayWithPoints { .. }), .. })
        )
    }
}
