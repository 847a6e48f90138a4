//! The bin: what was deleted and still occupies its identifiers. See `docs/products.md`.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Timestamp,
    campaign::Campaign,
    ids::{BinEntryId, CampaignId, UserId, VoucherId},
    product::Product,
    sku::Sku,
    voucher::Voucher,
};

/// What the bin's list shows of a deleted resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BinEntry {
    pub id: BinEntryId,
    /// When the resource was deleted.
    pub created_at: Timestamp,
    /// Null if it was deleted through the API.
    pub deleted_by_user_id: Option<UserId>,
    pub resource_id: String,
    #[schema(value_type = String)]
    pub resource_type: Cow<'static, str>,
    /// Its name, or else what identifies it.
    pub resource_name: String,
    /// The product of a SKU, the campaign of a voucher.
    pub resource_parent_id: Option<String>,
    /// The same as `resource_type`.
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
}

/// A bin entry as stored: with what was deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Binned {
    #[serde(flatten)]
    pub entry: BinEntry,
    pub content: Content,
}

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Its SKUs lie where they were; they can't be seen without it.
    Product(Product),
    Sku(Sku),
    /// Its vouchers lie where they were; they can't be seen without it.
    Campaign(Box<Campaign>),
    /// It lies where it was, out of sight.
    Voucher(BinnedVoucher),
}

/// Which voucher was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BinnedVoucher {
    pub id: VoucherId,
    pub code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
}

impl From<&Voucher> for BinnedVoucher {
    fn from(voucher: &Voucher) -> Self {
        let Voucher { id, code, campaign_id, .. } = voucher.clone();
        Self { id, code, campaign_id }
    }
}

impl Content {
    /// The word for its kind.
    pub fn resource_type(&self) -> &'static str {
        match self {
            Content::Product(_) => "product",
            Content::Sku(_) => "sku",
            Content::Campaign(_) => "campaign",
            Content::Voucher(_) => "voucher",
        }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        match self {
            Content::Product(product) => product.id.as_str(),
            Content::Sku(sku) => sku.id.as_str(),
            Content::Campaign(campaign) => campaign.id.as_str(),
            Content::Voucher(voucher) => voucher.id.as_str(),
        }
    }

    /// The shop's own key of it; of a campaign, its name.
    pub fn source_id(&self) -> Option<&str> {
        match self {
            Content::Product(product) => product.source_id.as_deref(),
            Content::Sku(sku) => sku.source_id.as_deref(),
            Content::Campaign(campaign) => Some(&campaign.name),
            Content::Voucher(_) => None,
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Content::Product(product) => product.name.as_deref(),
            Content::Sku(sku) => sku.sku.as_deref(),
            Content::Campaign(campaign) => Some(&campaign.name),
            Content::Voucher(voucher) => Some(&voucher.code),
        }
    }

    fn parent_id(&self) -> Option<&str> {
        match self {
            Content::Product(_) | Content::Campaign(_) => None,
            Content::Sku(sku) => Some(sku.product_id.as_str()),
            Content::Voucher(voucher) => voucher.campaign_id.as_ref().map(CampaignId::as_str),
        }
    }
}

impl Binned {
    /// What was deleted at this time, through the API.
    pub fn new(id: BinEntryId, content: Content, created_at: Timestamp) -> Self {
        let kind = Cow::Borrowed(content.resource_type());
        let entry = BinEntry {
            id,
            created_at,
            deleted_by_user_id: None,
            resource_id: content.id().to_owned(),
            resource_type: kind.clone(),
            resource_name: content.name().or(content.source_id()).unwrap_or(content.id()).to_owned(),
            resource_parent_id: content.parent_id().map(str::to_owned),
            object: kind,
        };
        Self { entry, content }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_back_with_what_was_deleted_and_shows_its_fields_to_filters() {
        let time = Timestamp::from_millis(0);
        let sku = Sku::new("sku_1".into(), Some("s".into()), "prod_1".into(), time);
        let voucher = BinnedVoucher { id: "v_1".into(), code: "A".into(), campaign_id: None };
        for content in [Content::Product(Product::shipping(time)), Content::Sku(sku), Content::Voucher(voucher)] {
            let binned = Binned::new("tbe_1".into(), content, time);
            let json = serde_json::to_value(&binned).expect("json");
            assert_eq!(json["resource_type"], json["object"]);
            assert_eq!(serde_json::from_value::<Binned>(json).expect("an entry"), binned);
        }
    }

    #[test]
    fn what_has_no_name_is_called_by_its_source_id_or_else_by_its_id() {
        let time = Timestamp::from_millis(0);
        let named = |name: Option<&str>, source_id: Option<&str>| {
            let product = Product::new("prod_1".into(), source_id.map(Into::into), time);
            let product = Product { name: name.map(Into::into), ..product };
            Binned::new("tbe_1".into(), Content::Product(product), time).entry.resource_name
        };
        assert_eq!(named(Some("Shirt"), Some("s")), "Shirt");
        assert_eq!(named(None, Some("s")), "s");
        assert_eq!(named(None, None), "prod_1");
    }
}
