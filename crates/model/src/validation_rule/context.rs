//! Which form of the dashboard a rule was made with. Its evaluation does not depend on it.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, de};

/// Where a rule was made, such as `campaign.promotion.discount.apply_to_order`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct ContextType(Cow<'static, str>);

const ALONE: &[&str] = &[""];
const TIERS: &[&str] = &["joined", "left", "upgraded", "downgraded", "prolonged"];
const GIFTS: &[&str] = &["", ".gift.apply_to_order", ".gift.apply_to_items"];
const DISCOUNTS: &[&str] = &[
    "",
    ".discount.apply_to_order",
    ".discount.apply_to_items",
    ".discount.apply_to_items_proportionally",
    ".discount.apply_to_items_proportionally_by_quantity",
    ".discount.apply_to_items_by_quantity",
    ".discount.fixed.apply_to_items",
    ".discount.percent.apply_to_items",
];

/// Beginnings and the ends that each of them may have.
const CONTEXTS: &[(&str, &[&str])] = &[
    ("global", ALONE),
    ("earning_rule.order.paid", ALONE),
    ("earning_rule.custom_event", ALONE),
    ("earning_rule.customer.segment.entered", ALONE),
    ("earning_rule.customer.tier.", TIERS),
    ("campaign.discount_coupons", DISCOUNTS),
    ("campaign.referral_program", DISCOUNTS),
    ("campaign.promotion", DISCOUNTS),
    ("voucher.discount_voucher", DISCOUNTS),
    ("campaign.gift_vouchers", GIFTS),
    ("voucher.gift_voucher", GIFTS),
    ("campaign.loyalty_program", ALONE),
    ("voucher.loyalty_card", ALONE),
    ("distribution.custom_event", ALONE),
    ("distribution.order.", &["paid", "created", "canceled", "updated"]),
    ("reward_assignment.pay_with_points", ALONE),
];

impl ContextType {
    /// Every context, in the documented order.
    pub fn all() -> impl Iterator<Item = String> {
        CONTEXTS.iter().flat_map(|(begin, ends)| ends.iter().map(move |end| format!("{begin}{end}")))
    }

    /// Reads one of them.
    pub fn parse(text: &str) -> Option<Self> {
        let is_known =
            CONTEXTS.iter().any(|(begin, ends)| text.strip_prefix(begin).is_some_and(|end| ends.contains(&end)));
        is_known.then(|| Self(Cow::Owned(text.to_owned())))
    }

    /// As on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ContextType {
    fn default() -> Self {
        Self(Cow::Borrowed("global"))
    }
}

impl<'de> Deserialize<'de> for ContextType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            // In serde's own words for an enum, from which the refusal is made.
            let allowed: Vec<String> = Self::all().map(|known| format!("`{known}`")).collect();
            de::Error::custom(format!("unknown variant `{text}`, expected one of {}", allowed.join(", ")))
        })
    }
}

impl utoipa::PartialSchema for ContextType {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::schema::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .enum_values(Some(Self::all()))
            .into()
    }
}
impl utoipa::ToSchema for ContextType {}
