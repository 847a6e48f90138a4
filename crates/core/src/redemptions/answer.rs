//! How much of a voucher, tier or order each answer shows.

use guerdon_engine::target::list::Lists;
use guerdon_model::{
    Patch,
    category::Category,
    metadata::Metadata,
    promotion_tier::{CampaignRef, PromotionTier, TierAnswer},
    redemption::{
        IncentiveRef, ListedTier, ListedVoucher, RedeemedTier, RedeemedVoucher, Redemption, RedemptionAnswer,
        ShortTier, TierStub, VoucherStub, WholeVoucher,
    },
    voucher::Voucher,
};

use crate::{snapshot::Snapshot, vouchers};

/// In answers to redemptions of redeemables.
pub(super) fn short_voucher(
    config: &Snapshot,
    voucher: &Voucher,
    categories: Option<Vec<Category>>,
) -> Patch<RedeemedVoucher> {
    let short = voucher.short(vouchers::context(config, voucher), categories);
    Patch::Value(RedeemedVoucher::Short(Box::new(short)))
}

/// In the answer to a redemption of one code.
pub(super) fn whole_voucher(config: &Snapshot, voucher: &Voucher, lists: Lists) -> Patch<RedeemedVoucher> {
    let Lists { applicable_to, inapplicable_to } = lists;
    let (applicable_to, inapplicable_to) = (Some(applicable_to), Some(inapplicable_to));
    let voucher = vouchers::answer_with_rules(config, voucher);
    Patch::Value(RedeemedVoucher::Whole(Box::new(WholeVoucher { voucher, applicable_to, inapplicable_to })))
}

/// In the answer to a rollback.
pub(super) fn restored_voucher(config: &Snapshot, voucher: &Voucher) -> Patch<RedeemedVoucher> {
    let voucher = vouchers::answer(config, voucher);
    let whole = WholeVoucher { voucher, applicable_to: None, inapplicable_to: None };
    Patch::Value(RedeemedVoucher::Whole(Box::new(whole)))
}

/// In answers to redemptions of redeemables.
pub(super) fn short_tier(
    tier: &PromotionTier,
    metadata: Option<Metadata>,
    categories: Option<Vec<Category>>,
) -> RedeemedTier {
    RedeemedTier::Short(Box::new(ShortTier {
        id: tier.id.clone(),
        name: tier.name.clone(),
        banner: tier.banner.clone(),
        campaign: CampaignRef { id: tier.campaign_id.clone() },
        metadata,
        categories,
    }))
}

/// In the answer to a redemption or rollback of one tier.
pub(super) fn whole_tier(tier: TierAnswer) -> RedeemedTier {
    RedeemedTier::Whole(Box::new(tier))
}

/// As lists show it: with what it is called, and null where there is no voucher.
pub(super) fn listed(config: &Snapshot, redemption: &Redemption) -> RedemptionAnswer {
    let mut shown = redemption.answer();
    shown.voucher = Patch::Null;
    let Some(incentive) = &redemption.incentive else { return shown };
    match &incentive.reference {
        IncentiveRef::Voucher { id, code, .. } => {
            let campaign = incentive.campaign_id.as_ref().and_then(|id| config.campaign_with_id(id));
            shown.voucher = Patch::Value(RedeemedVoucher::Listed(ListedVoucher {
                id: id.clone(),
                code: code.clone(),
                campaign: campaign.map(|campaign| campaign.name.clone()),
                campaign_id: incentive.campaign_id.clone(),
            }));
        }
        IncentiveRef::PromotionTier { id } => {
            let campaign = incentive.campaign_id.clone().map(|id| CampaignRef { id });
            shown.promotion_tier = Some(RedeemedTier::Listed(ListedTier { id: id.clone(), campaign }));
        }
    }
    shown
}

/// As it is shown by itself: the same with null for whatever the voucher or tier is worth.
pub(super) fn single(config: &Snapshot, redemption: &Redemption) -> RedemptionAnswer {
    let mut shown = listed(config, redemption);
    if let Patch::Value(RedeemedVoucher::Listed(ListedVoucher { id, code, campaign, campaign_id })) = shown.voucher {
        let stub = VoucherStub::new(id, code, campaign, campaign_id);
        shown.voucher = Patch::Value(RedeemedVoucher::Stub(Box::new(stub)));
    }
    if let Some(RedeemedTier::Listed(ListedTier { id, campaign })) = shown.promotion_tier {
        let stub = TierStub::new(id, campaign.map(|campaign| campaign.id));
        shown.promotion_tier = Some(RedeemedTier::Stub(Box::new(stub)));
    }
    shown
}
