//! A publication as clients see it.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use super::{Publication, PublicationResult};
use crate::{
    Timestamp,
    customer::{Customer, SimpleCustomer},
    discount::Discount,
    ids::{CustomerId, PublicationId, VoucherId},
    metadata::Metadata,
    voucher::{Context, GiftAnswer, LoyaltyCardAnswer, Voucher, VoucherAnswer},
};

/// A publication as returned.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PublicationAnswer {
    pub id: PublicationId,
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
    pub created_at: Timestamp,
    pub customer_id: CustomerId,
    /// The customer's `source_id`.
    pub tracking_id: Option<String>,
    pub metadata: Metadata,
    pub channel: String,
    pub source_id: Option<String>,
    pub result: PublicationResult,
    pub customer: PublicationCustomer,
    /// If it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voucher: Option<PublishedVoucher>,
    /// The codes, if they are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vouchers: Option<Vec<String>>,
    pub vouchers_id: Vec<VoucherId>,
}

/// The customer of a publication: the short form, with null for what it leaves out.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PublicationCustomer {
    pub id: CustomerId,
    pub name: Option<String>,
    pub email: Option<String>,
    pub source_id: Option<String>,
    pub metadata: Metadata,
    /// Always null, like the three that follow.
    #[schema(value_type = Option<Object>)]
    address: (),
    #[schema(value_type = Option<Object>)]
    summary: (),
    #[schema(value_type = Option<Object>)]
    loyalty: (),
    #[schema(value_type = Option<Object>)]
    referrals: (),
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
}

/// The voucher of a publication: whole, or short in a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum PublishedVoucher {
    Whole(Box<VoucherAnswer>),
    Listed(Box<ListedVoucher>),
}

/// The voucher of a publication in a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ListedVoucher {
    pub code: String,
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
    /// The campaign's name.
    pub campaign: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Discount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gift: Option<GiftAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loyalty_card: Option<LoyaltyCardAnswer>,
    pub is_referral_code: bool,
}

impl Publication {
    /// The publication as events show it: without vouchers but for their ids.
    pub fn answer(&self, customer: SimpleCustomer) -> PublicationAnswer {
        PublicationAnswer {
            id: self.id.clone(),
            object: Cow::Borrowed("publication"),
            created_at: self.created_at,
            customer_id: self.customer_id.clone(),
            tracking_id: self.tracking_id.clone(),
            metadata: self.metadata.clone(),
            channel: self.channel.clone(),
            source_id: self.source_id.clone(),
            result: self.result,
            customer: customer.into(),
            voucher: None,
            vouchers: None,
            vouchers_id: self.vouchers_id.clone(),
        }
    }

    /// The customer as far as the publication itself knows, should nobody else know any more.
    pub fn lost_customer(&self) -> SimpleCustomer {
        Customer::new(self.customer_id.clone(), self.tracking_id.clone(), self.created_at).simple()
    }

    /// The first voucher as far as the publication itself knows.
    pub fn lost_voucher(&self) -> ListedVoucher {
        ListedVoucher {
            code: self.vouchers.first().cloned().unwrap_or_default(),
            object: Cow::Borrowed("voucher"),
            campaign: self.campaign_name.clone(),
            discount: None,
            gift: None,
            loyalty_card: None,
            is_referral_code: self.is_referral_code,
        }
    }
}

impl PublicationAnswer {
    /// The publication as it is returned: with its voucher, or the codes of several.
    pub fn with_vouchers(self, publication: &Publication, voucher: impl FnOnce() -> PublishedVoucher) -> Self {
        match publication.vouchers.as_slice() {
            [_] => Self { voucher: Some(voucher()), ..self },
            codes => Self { vouchers: Some(codes.to_vec()), ..self },
        }
    }
}

impl Voucher {
    /// The voucher as lists of publications show it.
    pub fn listed(&self, context: Context<'_>) -> ListedVoucher {
        let simple = self.simple(context);
        ListedVoucher {
            code: simple.code,
            object: Cow::Borrowed("voucher"),
            campaign: simple.campaign,
            discount: simple.discount,
            gift: simple.gift,
            loyalty_card: simple.loyalty_card,
            is_referral_code: simple.is_referral_code,
        }
    }
}

impl From<SimpleCustomer> for PublicationCustomer {
    fn from(customer: SimpleCustomer) -> Self {
        Self {
            id: customer.id,
            name: customer.name,
            email: customer.email,
            source_id: customer.source_id,
            metadata: customer.metadata.unwrap_or_default(),
            address: (),
            summary: (),
            loyalty: (),
            referrals: (),
            object: customer.object,
        }
    }
}
