//! Events about redemptions and rollbacks.

use guerdon_model::{
    campaign::SimpleCampaign,
    customer::SimpleCustomer,
    event::{Event, EventType},
    order::Order,
    promotion_stack::SimpleStack,
    promotion_tier::{PromotionTier, SimpleTier},
    redemption::{RedemptionAnswer, RedemptionData, RollbackData},
    voucher::{SimpleVoucher, Voucher},
};

use crate::{
    campaigns::category_of,
    tx::{Result, Tx},
    vouchers,
};

/// A kind of event, and the same about the customer.
pub(super) type Kinds = [EventType; 2];

pub(super) const REDEEMED: Kinds = [EventType::REDEMPTION_SUCCEEDED, EventType::CUSTOMER_REDEMPTION_SUCCEEDED];
pub(super) const FAILED: Kinds = [EventType::REDEMPTION_FAILED, EventType::CUSTOMER_REDEMPTION_FAILED];
pub(super) const ROLLED_BACK: Kinds = [EventType::ROLLBACK_SUCCEEDED, EventType::CUSTOMER_ROLLBACK_SUCCEEDED];
pub(super) const ROLLBACK_FAILED: Kinds = [EventType::ROLLBACK_FAILED, EventType::CUSTOMER_ROLLBACK_FAILED];

/// What an event about a redemption tells of what was redeemed; nothing of what stands for several.
#[derive(Debug, Default)]
pub(super) struct Subject {
    campaign: Option<SimpleCampaign>,
    voucher: Option<SimpleVoucher>,
    holder: Option<SimpleCustomer>,
    tier: Option<SimpleTier>,
    stack: Option<SimpleStack>,
}

impl Subject {
    pub(super) fn voucher(tx: &mut Tx, voucher: &Voucher) -> Result<Self> {
        Ok(Self {
            campaign: vouchers::simple_campaign(tx.config(), voucher),
            voucher: Some(voucher.simple(vouchers::context(tx.config(), voucher))),
            holder: vouchers::simple_holder(tx, voucher)?,
            ..Self::default()
        })
    }

    pub(super) fn tier(tx: &Tx, tier: &PromotionTier) -> Self {
        let config = tx.config();
        let campaign = config.campaign_with_id(&tier.campaign_id);
        Self {
            campaign: campaign.map(|campaign| campaign.simple(category_of(config, campaign.category_id.as_ref()))),
            tier: Some(tier.simple()),
            ..Self::default()
        }
    }

    /// Of what stands for several, which a stack may have asked for.
    pub(super) fn of_several(stack: Option<SimpleStack>) -> Self {
        Self { stack, ..Self::default() }
    }

    /// Says which stack has asked for it.
    pub(super) fn belongs_to(&mut self, stack: Option<&SimpleStack>) {
        self.stack = stack.cloned();
    }

    /// Tells of a redemption or, if there is one, of its rollback.
    pub(super) fn tell(
        &self,
        tx: &mut Tx,
        [kind, of_customer]: Kinds,
        order: Option<&Order>,
        redemption: &RedemptionAnswer,
        rollback: Option<&RedemptionAnswer>,
    ) {
        let customer = rollback.unwrap_or(redemption).customer.as_ref();
        let data = RedemptionData {
            customer,
            order,
            campaign: self.campaign.as_ref(),
            voucher: self.voucher.as_ref(),
            holder: self.holder.as_ref(),
            promotion_tier: self.tier.as_ref(),
            promotion_stack: self.stack.as_ref(),
            redemption,
            created_at: None,
        };
        let about_customer = customer.map(|customer| (of_customer, customer.id.as_str(), data));
        match rollback {
            None => {
                let data = RedemptionData { created_at: Some(tx.now()), ..data };
                tx.emit(Event::Of { kind, entity_id: redemption.id.as_str(), data: &data });
                if let Some((kind, entity_id, data)) = about_customer {
                    tx.emit(Event::Of { kind, entity_id, data: &data });
                }
            }
            Some(redemption_rollback) => {
                let data = RollbackData { redemption: data, redemption_rollback };
                tx.emit(Event::Of { kind, entity_id: redemption_rollback.id.as_str(), data: &data });
                if let Some((kind, entity_id, _)) = about_customer {
                    tx.emit(Event::Of { kind, entity_id, data: &data });
                }
            }
        }
    }
}
