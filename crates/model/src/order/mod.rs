//! Orders: what somebody buys, and what it costs after discounts.
//!
//! Amounts are whole minor units. An amount that is zero because nothing was discounted is absent.
//! `docs/discounts.md` explains the calculated fields; the engine computes them. `docs/orders.md` is about
//! orders that are kept; what clients send about them is an [`OrderInput`].

mod event;
mod input;

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

pub use event::OrderData;
pub use input::{MAX_ITEMS, OrderInput};

use crate::{
    Patch, Timestamp,
    ids::{CustomerId, OrderId, OrderItemId, RedemptionId},
    metadata::Metadata,
    number::{quantity_or_none, whole_or_none},
    patch::Expected,
    redemption::OrderRedemption,
};

/// An order, as stored and as returned. Orders that are only calculated with, in validations and
/// qualifications, have no id, status and times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Order {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<OrderId>,
    /// The shop's own key of the order; null on a stored order without one.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<String>)]
    pub source_id: Patch<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// Null on a stored order that was never updated.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<Timestamp>)]
    pub updated_at: Patch<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<OrderStatus>,
    /// Before discounts; absent if nothing has a price.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub amount: Option<i64>,
    /// Before units were added or replaced.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub initial_amount: Option<i64>,
    /// Off the order as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub discount_amount: Option<i64>,
    /// Off its lines.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub items_discount_amount: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub total_discount_amount: Option<i64>,
    /// What is left to pay.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub total_amount: Option<i64>,
    /// The part of the discount that this step, or this request, has given.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub applied_discount_amount: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub items_applied_discount_amount: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub total_applied_discount_amount: Option<i64>,
    /// Absent for an order that is but an amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<OrderItem>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<OrderCustomer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<OrderCustomer>,
    /// Null if nobody is known; absent on the orders of redemptions that belong to a stack.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<CustomerId>)]
    pub customer_id: Patch<CustomerId>,
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<CustomerId>)]
    pub referrer_id: Patch<CustomerId>,
    /// By what it got its discounts: by the id of the redemption or, of several that were made together, of what
    /// stands for them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub redemptions: BTreeMap<RedemptionId, OrderRedemption>,
    #[serde(default = "order_object")]
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
}

fn order_object() -> Cow<'static, str> {
    Cow::Borrowed("order")
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderStatus {
    #[default]
    Created,
    Paid,
    Canceled,
    Fulfilled,
}

impl OrderStatus {
    /// The name as it is written.
    pub fn name(self) -> &'static str {
        match self {
            OrderStatus::Created => "CREATED",
            OrderStatus::Paid => "PAID",
            OrderStatus::Canceled => "CANCELED",
            OrderStatus::Fulfilled => "FULFILLED",
        }
    }
}

/// Who bought, or referred the buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderCustomer {
    pub id: CustomerId,
    #[serde(default = "customer_object")]
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
}

fn customer_object() -> Cow<'static, str> {
    Cow::Borrowed("customer")
}

impl OrderCustomer {
    /// The customer with this id.
    pub fn new(id: CustomerId) -> Self {
        Self { id, object: customer_object() }
    }
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OrderItem {
    #[serde(default = "order_item_object")]
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<OrderItemId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku_id: Option<String>,
    /// The shop's own key of the product or SKU; `related_object` says of which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related_object: Option<RelatedObject>,
    /// A text is accepted, too.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "quantity_or_none")]
    pub quantity: Option<i64>,
    /// Units that are free or discounted.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub discount_quantity: Option<i64>,
    /// Before units were added or replaced; 0 on a line that was added itself.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub initial_quantity: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub amount: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub discount_amount: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub initial_amount: Option<i64>,
    /// The part of the discount that this step, or this request, has given.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub applied_discount_amount: Option<i64>,
    /// Units that this step, or this request, has made free.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub applied_discount_quantity: Option<i64>,
    /// Units that this step, or this request, has added, or taken away if negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied_quantity: Option<i64>,
    /// Their value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied_quantity_amount: Option<i64>,
    /// Of one unit.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub price: Option<i64>,
    /// What is left to pay for the line.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub subtotal_amount: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<OrderItemProduct>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<OrderItemSku>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// How this line came to replace others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_details: Option<Vec<ApplicationDetails>>,
    /// Units that are free. Kept on stored orders, where `discount_quantity` can be greater; never part
    /// of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    #[schema(ignore)]
    pub free_quantity: Option<i64>,
}

fn order_item_object() -> Cow<'static, str> {
    Cow::Borrowed("order_item")
}

/// What a line's `source_id` is the key of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RelatedObject {
    Product,
    Sku,
}

/// The product of a line: the catalogue's values, overlaid with those of the request. What is not
/// known is absent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OrderItemProduct {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub price: Option<i64>,
    /// Asks to store these values in the catalogue; never returned.
    #[serde(rename = "override", skip_serializing, deserialize_with = "flag")]
    pub overrides: bool,
}

/// The SKU of a line, likewise.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct OrderItemSku {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// What it is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub price: Option<i64>,
    /// Asks to store these values in the catalogue; never returned.
    #[serde(rename = "override", skip_serializing, deserialize_with = "flag")]
    pub overrides: bool,
}

fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// One replacement of units of a line by units of another. Lines are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApplicationDetails {
    pub source_index: usize,
    /// Negative: so many units less.
    pub source_applied_quantity: i64,
    /// Their value, not positive.
    pub source_applied_quantity_amount: i64,
    pub target_index: usize,
    pub target_applied_quantity: i64,
    pub target_applied_quantity_amount: i64,
    /// What of the added value is not to be paid.
    pub target_applied_discount_amount: i64,
}

impl Expected for CustomerId {
    const NAME: &'static str = "string";
}

impl Default for Order {
    fn default() -> Self {
        Self {
            id: None,
            source_id: Patch::Absent,
            created_at: None,
            updated_at: Patch::Absent,
            status: None,
            amount: None,
            initial_amount: None,
            discount_amount: None,
            items_discount_amount: None,
            total_discount_amount: None,
            total_amount: None,
            applied_discount_amount: None,
            items_applied_discount_amount: None,
            total_applied_discount_amount: None,
            items: None,
            metadata: None,
            customer: None,
            referrer: None,
            customer_id: Patch::Absent,
            referrer_id: Patch::Absent,
            redemptions: BTreeMap::new(),
            object: order_object(),
        }
    }
}

impl Default for OrderItem {
    fn default() -> Self {
        Self {
            object: order_item_object(),
            id: None,
            product_id: None,
            sku_id: None,
            source_id: None,
            related_object: None,
            quantity: None,
            discount_quantity: None,
            initial_quantity: None,
            amount: None,
            discount_amount: None,
            initial_amount: None,
            applied_discount_amount: None,
            applied_discount_quantity: None,
            applied_quantity: None,
            applied_quantity_amount: None,
            price: None,
            subtotal_amount: None,
            product: None,
            sku: None,
            metadata: None,
            application_details: None,
            free_quantity: None,
        }
    }
}

impl Order {
    /// The order as it is stored: without what belongs to one step or request.
    pub fn into_stored(mut self) -> Self {
        self.applied_discount_amount = None;
        self.items_applied_discount_amount = None;
        self.total_applied_discount_amount = None;
        for item in self.items.iter_mut().flatten() {
            item.applied_discount_amount = None;
            item.applied_discount_quantity = None;
            item.applied_quantity = None;
            item.applied_quantity_amount = None;
        }
        self
    }

    /// Says with zeros that nothing was discounted, as the orders of whole redemption requests do.
    pub fn show_nothing_applied(&mut self) {
        if self.total_applied_discount_amount.is_none() {
            (self.applied_discount_amount, self.total_applied_discount_amount) = (Some(0), Some(0));
        }
    }

    /// The order as answers show it: without what is kept for later calculations only.
    pub fn into_answer(mut self) -> Self {
        for item in self.items.iter_mut().flatten() {
            item.free_quantity = None;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{error::Dialect, payload};

    #[test]
    fn what_was_not_set_is_absent_and_what_nobody_knows_is_null() {
        let sent = json!({
            "source_id": null,
            "amount": 4300,
            "items": [
                {"product_id": "prod_1", "quantity": "2", "price": null, "metadata": null},
                {"source_id": "mug", "related_object": "sku", "amount": 300,
                 "sku": {"sku": "Blue", "price": 150, "override": true, "metadata": {}},
                 "product": {"id": "prod_2", "name": "Mug", "override": null}},
            ],
            "customer_id": null,
        });
        let order: Order = serde_json::from_value(sent).expect("an order");
        assert_eq!(
            json!(order),
            json!({
                "source_id": null,
                "amount": 4300,
                "items": [
                    {"object": "order_item", "product_id": "prod_1", "quantity": 2},
                    {"object": "order_item", "source_id": "mug", "related_object": "sku", "amount": 300,
                     "product": {"id": "prod_2", "name": "Mug"}, "sku": {"sku": "Blue", "metadata": {}, "price": 150}},
                ],
                "customer_id": null,
                "object": "order",
            })
        );
        assert!(order.items.iter().flatten().any(|item| item.sku.as_ref().is_some_and(|sku| sku.overrides)));
    }

    #[test]
    fn amounts_and_quantities_that_make_no_sense_are_refused_by_place() {
        let line = |line: Value| json!({"items": [{"quantity": 1}, line]});
        for (sent, details) in [
            (json!({"amount": -1}), ".amount cannot be lower than 0"),
            (json!({"amount": 1.5}), ".amount should be integer"),
            (json!({"amount": "100"}), ".amount should be integer"),
            (json!({"items": {}}), ".items should be array"),
            (line(json!({"price": -1})), ".items[1].price cannot be lower than 0"),
            (line(json!({"quantity": "many"})), ".items[1].quantity should be integer"),
            (line(json!({"quantity": -2})), ".items[1].quantity cannot be lower than 0"),
            (
                line(json!({"related_object": "thing"})),
                ".items[1].related_object should be equal to one of the allowed values [ product, sku ]",
            ),
        ] {
            let error = payload::from_value::<Order>(sent.clone()).expect_err("refused");
            assert_eq!(error.describe(Dialect::Should).details, Some(format!("Property {details}")), "{sent}");
        }
    }

    #[test]
    fn a_stored_order_keeps_no_step_and_an_answer_no_secrets() {
        let line = json!({"object": "order_item", "quantity": 3, "discount_quantity": 3, "applied_quantity": -1,
                          "applied_discount_amount": 5, "free_quantity": 1});
        let order = json!({"amount": 5, "applied_discount_amount": 5, "items": [line]});
        let order: Order = serde_json::from_value(order).expect("an order");
        assert_eq!(
            json!(order.clone().into_stored()),
            json!({"amount": 5, "items": [{"object": "order_item", "quantity": 3, "discount_quantity": 3, "free_quantity": 1}],
                   "object": "order"})
        );
        assert_eq!(json!(order.into_answer())["items"][0].get("free_quantity"), None);
    }
}
