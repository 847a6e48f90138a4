//! Lends a scene and what was gathered to the engine.

use guerdon_engine::{
    discount::ReadAnew,
    evaluate::Request,
    facts::{self, Calendar, Facts, NoCollections, NoCounters},
    redeemable::{self, Kind, LoyaltyCard, Redeemable, Requested, Uses},
    rules::{Order, Scope, Situation},
    target::NoUnitBudgets,
};
use guerdon_model::voucher::{Voucher, VoucherValue};

use super::{Buyer, Found, Gathered, Gathering, Incentive, Scene};
use crate::{product_collections::members::Members, segments::membership::Membership, tx::Tx};
use guerdon_engine::discount::Gift;

/// Asks the engine. `ask` is given the request and what it names, in the order of the gathering; see
/// [`guerdon_engine::evaluate`] for what can be asked.
pub fn with<T>(
    tx: &Tx,
    scene: &Scene,
    gathering: &Gathering,
    scope: Scope,
    ask: impl for<'a> FnOnce(&Request<'a>, &[Requested<'a>]) -> T,
) -> T {
    let (config, moment) = (tx.config(), tx.moment());
    let calendar = calendar(tx);
    let products =
        [scene.basket.as_ref().map_or(&[][..], |basket| &basket.products), &gathering.units.products].concat();
    let skus = [scene.basket.as_ref().map_or(&[][..], |basket| &basket.skus), &gathering.units.skus].concat();
    let members = Members::new(config.product_collections(), moment.clone(), &products, &skus);
    let membership = scene.buyer.as_ref().map(|buyer| {
        let of = if buyer.is_known { Membership::of } else { Membership::of_unknown };
        of(config.segments(), moment, &buyer.customer)
    });
    let nothing = guerdon_model::metadata::Metadata::default();
    let customer = scene.buyer.as_ref().zip(membership.as_ref()).map(|(buyer, membership)| facts::Customer {
        id: buyer.id(),
        source_id: buyer.customer.source_id.as_deref(),
        metadata: buyer.customer.metadata.as_ref().unwrap_or(&nothing),
        segments: membership,
        loyalty_tiers: &[],
        is_holder: false,
    });
    let facts = Facts {
        customer: customer.as_ref(),
        api_key: api_key(tx),
        collections: match config.product_collections().all().is_empty() {
            true => &NoCollections,
            false => &members,
        },
        ..Facts::new(tx.now(), &calendar, &scene.metadata)
    };
    let request = Request {
        order: scene.basket.as_ref().map(|basket| Order { cart: &basket.cart, amounts: &basket.amounts }),
        facts: &facts,
        scope,
        stacking: config.stacking_rules(),
        catalogue: &gathering.units,
        formulas: &ReadAnew,
        birthdate: scene.buyer.as_ref().and_then(|buyer| buyer.customer.birthdate).map(|date| date.to_jiff()),
    };
    let buyer = scene.buyer.as_ref();
    let requested: Vec<Requested<'_>> = gathering.redeemables.iter().map(|gathered| gathered.lent(buyer)).collect();
    ask(&request, &requested)
}

/// What rules are asked about before anything is named: which promotions may apply.
pub fn situation<T>(tx: &Tx, scene: &Scene, scope: Scope, ask: impl FnOnce(&Situation<'_>) -> T) -> T {
    with(tx, scene, &Gathering::default(), scope, |request, _| {
        ask(&Situation { order: request.order, facts: request.facts, scope })
    })
}

/// How the project counts days and weeks.
pub fn calendar(tx: &Tx) -> Calendar {
    Calendar { time_zone: tx.config().zone(), week_starts_on: jiff::civil::Weekday::Monday }
}

/// The public half of the key that the request came with.
pub(super) fn api_key<'a>(tx: &Tx<'a>) -> Option<&'a str> {
    tx.context().source.api_key.as_ref().map(|key| key.app_id.as_str())
}

impl Gathered {
    fn lent<'a>(&'a self, buyer: Option<&Buyer>) -> Requested<'a> {
        let redeemable = self.found.as_ref().map(|found| found.lent(buyer));
        Requested { id: &self.id, object: self.engine_object(), redeemable }
    }
}

impl Found {
    fn lent<'a>(&'a self, buyer: Option<&Buyer>) -> Redeemable<'a> {
        let campaign = self
            .campaign
            .as_ref()
            .map(|campaign| redeemable::Campaign { id: campaign.id.as_str(), is_active: campaign.active });
        let of_kind = match &self.incentive {
            Incentive::Voucher(voucher) => {
                let is_holder = voucher.holder_id.as_ref().is_some_and(|holder| is(buyer, holder.as_str()));
                let reserved = self.reserved_by_others(voucher);
                Redeemable {
                    is_active: voucher.active,
                    uses: Uses {
                        quantity: voucher.redemption.quantity,
                        redeemed: voucher.redemption.redeemed_quantity,
                        locked: reserved.0,
                    },
                    is_holder,
                    ..Redeemable::new(&voucher.code, self.kind(voucher, buyer, reserved.1))
                }
            }
            Incentive::Tier(ready) => Redeemable {
                is_active: ready.tier.active,
                limits: &ready.limits,
                ..Redeemable::new(ready.tier.id.as_str(), Kind::PromotionTier(&ready.tier.action.discount))
            },
        };
        Redeemable {
            campaign,
            limits: self.limits.as_ref().unwrap_or(of_kind.limits),
            category: self.category.as_ref(),
            own_rules: &self.own_rules,
            campaign_rules: &self.campaign_rules,
            metadata: Some(self.metadata()),
            publication: self.publication.as_ref(),
            counters: match &self.counted {
                Some(counted) => &**counted,
                None => &NoCounters,
            },
            budgets: &NoUnitBudgets,
            ..of_kind
        }
    }

    /// How many redemptions, and how many credits or points, other sessions have reserved.
    fn reserved_by_others(&self, voucher: &Voucher) -> (i64, i64) {
        let own = self.own_lock.as_ref().map_or((0, 0), |own| (1, own.amount));
        (voucher.locked.sessions - own.0, voucher.locked.amount - own.1)
    }

    fn kind<'a>(&self, voucher: &'a Voucher, buyer: Option<&Buyer>, locked: i64) -> Kind<'a> {
        let balance = voucher.balance().unwrap_or(0);
        match &voucher.value {
            VoucherValue::Discount { discount } if voucher.is_referral_code => {
                let referrer = voucher.referrer_id.as_ref().or(voucher.holder_id.as_ref());
                let is_referrer = referrer.is_some_and(|referrer| is(buyer, referrer.as_str()));
                Kind::ReferralCode { discount, is_referrer }
            }
            VoucherValue::Discount { discount } => Kind::Coupon(discount),
            VoucherValue::Gift { gift } => {
                let effect = gift.effect.unwrap_or_default();
                Kind::GiftCard(Gift { effect, balance, locked, credits: self.credits })
            }
            // There are no rewards yet that its points could be spent for.
            VoucherValue::Loyalty { .. } => Kind::LoyaltyCard(LoyaltyCard { balance, locked, reward: None }),
        }
    }
}

fn is(buyer: Option<&Buyer>, customer: &str) -> bool {
    buyer.and_then(Buyer::id) == Some(customer)
}
