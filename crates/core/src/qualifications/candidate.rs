//! What may qualify: vouchers, and what the configuration offers.

use std::{iter::Peekable, sync::Arc, vec::IntoIter};

use guerdon_model::{
    Timestamp,
    api_key::KeyKind,
    campaign::{Campaign, CampaignType, Supply},
    holder::HolderRole,
    ids::{CategoryId, VoucherId},
    qualification::QualifiedObject,
    voucher::{Voucher, VoucherValue},
};
use guerdon_store::Key;
use serde_json::{Value, json};

use super::offers::{Offer, Offers};
use crate::{
    campaigns::totals,
    promotions::ReadyTier,
    redeemables::Gathered,
    snapshot::Snapshot,
    tx::{Result, Tx},
    vouchers,
};

/// One of them.
#[derive(Debug, Clone)]
pub(super) enum Candidate {
    Voucher {
        voucher: Arc<Voucher>,
        /// What the customer has to do with it.
        role: Option<HolderRole>,
    },
    Tier(Arc<ReadyTier>),
    /// A code of it.
    Campaign(Arc<Campaign>),
}

impl From<&Offer> for Candidate {
    fn from(offer: &Offer) -> Self {
        match offer {
            Offer::Tier(ready) => Candidate::Tier(ready.clone()),
            Offer::Campaign(campaign) => Candidate::Campaign(campaign.clone()),
        }
    }
}

impl Candidate {
    /// What they are sorted by; the greatest comes first.
    pub(super) fn rank(&self) -> (Timestamp, &str) {
        match self {
            Candidate::Voucher { voucher, .. } => (voucher.created_at, voucher.id.as_str()),
            Candidate::Tier(ready) => (ready.tier.created_at, ready.tier.id.as_str()),
            Candidate::Campaign(campaign) => (campaign.created_at, campaign.id.as_str()),
        }
    }

    pub(super) fn created_at(&self) -> Timestamp {
        self.rank().0
    }

    pub(super) const fn object(&self) -> QualifiedObject {
        match self {
            Candidate::Voucher { .. } => QualifiedObject::Voucher,
            Candidate::Tier(_) => QualifiedObject::PromotionTier,
            Candidate::Campaign(_) => QualifiedObject::Campaign,
        }
    }

    /// Whether it is a campaign that gives codes, and not cards to collect points on.
    pub(super) fn gives_codes(&self) -> bool {
        matches!(self, Candidate::Campaign(campaign) if campaign.campaign_type != CampaignType::LoyaltyProgram)
    }

    /// What filters look at; see [`guerdon_model::qualification::FILTERED`].
    pub(super) fn seen(&self, config: &Snapshot) -> Value {
        let (campaign_id, category_id, value, code, role) = match self {
            Candidate::Voucher { voucher, role } => (
                voucher.campaign_id.as_ref(),
                voucher.category_id.as_ref(),
                Some(&voucher.value),
                Some(&voucher.code),
                role.as_ref(),
            ),
            Candidate::Tier(ready) => {
                (Some(&ready.tier.campaign_id), ready.tier.category_id.as_ref(), None, None, None)
            }
            Candidate::Campaign(campaign) => {
                (Some(&campaign.id), None, campaign.voucher.as_ref().map(|template| &template.value), None, None)
            }
        };
        let campaign = campaign_id.and_then(|id| config.campaign_with_id(id));
        let of_campaign = campaign.and_then(|campaign| campaign.category_id.as_ref());
        json!({
            "category_id": category_id.or(of_campaign).map(CategoryId::as_str),
            "campaign_id": campaign_id,
            "campaign_type": campaign.map(|campaign| campaign.campaign_type),
            "resource_id": self.rank().1,
            "resource_type": self.object(),
            "voucher_type": value.map(VoucherValue::voucher_type),
            "code": code,
            "holder_role": role,
        })
    }

    /// What has to be loaded to know whether it can be had.
    pub(super) fn keys(&self) -> Option<Key> {
        match self {
            Candidate::Campaign(campaign) if campaign.supply == Supply::Static => Some(totals::key(Some(&campaign.id))),
            Candidate::Voucher { .. } | Candidate::Tier(_) | Candidate::Campaign(_) => None,
        }
    }

    /// Whether it can be had: a campaign has codes left, and nobody is told the code of a card in a browser who
    /// does not hold it, because whoever knows it can spend what is on it.
    pub(super) fn can_be_had(&self, tx: &mut Tx) -> Result<bool> {
        Ok(match self {
            Candidate::Tier(_) => true,
            Candidate::Voucher { voucher, role } => {
                role.is_some() || matches!(voucher.value, VoucherValue::Discount { .. }) || !is_in_browser(tx)
            }
            Candidate::Campaign(campaign) => match campaign.supply {
                Supply::AutoUpdate => true,
                Supply::Static => totals::of(tx, Some(&campaign.id))?.available > 0,
                // Its one code is a candidate itself.
                Supply::Standalone => false,
            },
        })
    }

    /// What its evaluation needs. Of a campaign, that is the voucher that the customer would be given.
    pub(super) fn gathered(&self, tx: &Tx) -> Gathered {
        match self {
            Candidate::Voucher { voucher, .. } => Gathered::of_voucher(tx, voucher.clone()),
            Candidate::Tier(ready) => Gathered::tier(tx.config(), ready.clone(), None),
            Candidate::Campaign(campaign) => {
                let voucher = vouchers::of_campaign(tx, campaign, campaign.id.to_string());
                let voucher =
                    Voucher { id: VoucherId::from(campaign.id.as_str()), created_at: campaign.created_at, ..voucher };
                Gathered::of_voucher(tx, Arc::new(voucher))
            }
        }
    }
}

/// Whether the answer goes to a page of a shop, where anybody can read it.
fn is_in_browser(tx: &Tx) -> bool {
    tx.context().caller.as_ref().is_some_and(|caller| caller.key.kind == KeyKind::Client)
}

/// All candidates, the newest first; what was created at the same time is sorted by its id.
pub(super) struct Candidates<'a> {
    vouchers: Peekable<IntoIter<Candidate>>,
    offers: &'a Offers,
    places: Peekable<IntoIter<usize>>,
}

impl<'a> Candidates<'a> {
    /// These, of which only the offers are sorted.
    pub(super) fn new(mut vouchers: Vec<Candidate>, offers: &'a Offers, places: Vec<usize>) -> Self {
        vouchers.sort_unstable_by(|one, other| other.rank().cmp(&one.rank()));
        Self { vouchers: vouchers.into_iter().peekable(), offers, places: places.into_iter().peekable() }
    }

    /// Leaves out what was not created before this time.
    pub(super) fn skip_to(&mut self, before: Timestamp) {
        while self.vouchers.next_if(|voucher| voucher.created_at() >= before).is_some() {}
        while self.places.next_if(|place| self.offers.at(*place).rank().0 >= before).is_some() {}
    }
}

impl Iterator for Candidates<'_> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        let Some(place) = self.places.peek() else { return self.vouchers.next() };
        let offer = self.offers.at(*place);
        let newer = self.vouchers.next_if(|voucher| voucher.rank() > offer.rank());
        newer.or_else(|| {
            self.places.next();
            Some(Candidate::from(offer))
        })
    }
}
