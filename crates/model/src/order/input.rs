//! What a client sends about an order.

use serde::Deserialize;
use utoipa::ToSchema;

use super::{OrderItem, OrderStatus};
use crate::{
    Error, Patch, Timestamp,
    customer::CustomerInput,
    error::{Path, Rule},
    metadata::Metadata,
    patch::Expected,
    texts::{MAX_ID, MAX_TEXT, check_lengths},
};

/// The most lines of an order.
pub const MAX_ITEMS: usize = 500;

/// The body of a creation, an update, an upsert, and one record of an import.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
pub struct OrderInput {
    /// Selects an existing order; wins over `source_id`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub id: Patch<String>,
    /// Selects an existing order or becomes the key of a new one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub source_id: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<OrderStatus>)]
    pub status: Patch<OrderStatus>,
    /// Before discounts; wins over the sum of the lines.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub amount: Patch<i64>,
    /// Before units were added or replaced.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub initial_amount: Patch<i64>,
    /// Off the order as a whole.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub discount_amount: Patch<i64>,
    /// Replace all that the order had.
    #[serde(default)]
    #[schema(value_type = Option<Vec<OrderItem>>)]
    pub items: Patch<Vec<OrderItem>>,
    #[serde(default)]
    #[schema(value_type = Option<Metadata>)]
    pub metadata: Patch<Metadata>,
    /// Who buys: created or changed along with the order.
    #[serde(default)]
    #[schema(value_type = Option<CustomerInput>)]
    pub customer: Patch<CustomerInput>,
    /// Who referred the buyer, likewise.
    #[serde(default)]
    #[schema(value_type = Option<CustomerInput>)]
    pub referrer: Patch<CustomerInput>,
    /// A customer that exists; `referrer` wins over it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub referrer_id: Patch<String>,
    /// When a new order was placed, if not just now.
    #[serde(default)]
    #[schema(value_type = Option<Timestamp>)]
    pub created_at: Patch<Timestamp>,
}

impl Expected for OrderStatus {
    const NAME: &'static str = "string";
}
impl Expected for Vec<OrderItem> {
    const NAME: &'static str = "array";
}
impl Expected for CustomerInput {
    const NAME: &'static str = "object";
}

impl OrderInput {
    /// The first thing that is wrong with the values that were sent.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(), Error> {
        check_lengths([
            (Path::of("id"), self.id.as_value(), MAX_ID),
            (Path::of("source_id"), self.source_id.as_value(), MAX_TEXT),
            (Path::of("referrer_id"), self.referrer_id.as_value(), MAX_TEXT),
        ])?;
        for (key, amount) in [
            ("amount", &self.amount),
            ("initial_amount", &self.initial_amount),
            ("discount_amount", &self.discount_amount),
        ] {
            if let Some(..0) = amount.as_value() {
                return Err(Error::invalid_payload(Path::of(key), Rule::AtLeast(0)));
            }
        }
        let items = self.items.as_value().map(Vec::as_slice).unwrap_or_default();
        if items.len() > MAX_ITEMS {
            return Err(Error::invalid_payload(Path::of("items"), Rule::MaxItems(MAX_ITEMS)));
        }
        items.iter().enumerate().try_for_each(|(place, item)| check_item(Path::of("items").index(place), item))
    }
}

fn check_item(path: Path, item: &OrderItem) -> Result<(), Error> {
    if item.initial_quantity == Some(0) {
        return Err(Error::invalid_payload(path.key("initial_quantity"), Rule::AtLeast(1)));
    }
    let product = item.product.as_ref();
    let sku = item.sku.as_ref();
    let at = |key: &str| path.clone().key(key);
    check_lengths([
        (at("product_id"), item.product_id.as_ref(), MAX_TEXT),
        (at("sku_id"), item.sku_id.as_ref(), MAX_TEXT),
        (at("source_id"), item.source_id.as_ref(), MAX_TEXT),
        (at("product").key("id"), product.and_then(|product| product.id.as_ref()), MAX_TEXT),
        (at("product").key("source_id"), product.and_then(|product| product.source_id.as_ref()), MAX_TEXT),
        (at("product").key("name"), product.and_then(|product| product.name.as_ref()), MAX_TEXT),
        (at("sku").key("id"), sku.and_then(|sku| sku.id.as_ref()), MAX_TEXT),
        (at("sku").key("source_id"), sku.and_then(|sku| sku.source_id.as_ref()), MAX_TEXT),
        (at("sku").key("sku"), sku.and_then(|sku| sku.sku.as_ref()), MAX_TEXT),
    ])
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{error::Dialect, payload};

    fn refused(body: Value) -> Option<String> {
        let read = payload::from_value::<OrderInput>(body).and_then(|input| input.check());
        read.err().and_then(|error| error.describe(Dialect::Should).details)
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_place() {
        let line = |line: Value| json!({"items": [{"quantity": 1}, line]});
        let long = "x".repeat(MAX_TEXT + 1);
        for (body, details) in [
            (json!({"amount": -1}), ".amount cannot be lower than 0"),
            (json!({"discount_amount": -1}), ".discount_amount cannot be lower than 0"),
            (json!({"amount": "100"}), ".amount should be integer,null"),
            (json!({"status": 5}), ".status should be string,null"),
            (
                json!({"status": "LOST"}),
                ".status should be equal to one of the allowed values [ CREATED, PAID, CANCELED, FULFILLED ]",
            ),
            (json!({"items": {}}), ".items should be array,null"),
            (json!({"items": vec![json!({}); MAX_ITEMS + 1]}), ".items should NOT have more than 500 items"),
            (json!({"customer": "ada"}), ".customer should be object,null"),
            (json!({"referrer": {"name": 5}}), ".referrer.name should be string,null"),
            (json!({"created_at": "once"}), ".created_at cannot be recognized as a ISO-8601 compliant date"),
            (json!({"source_id": long}), ".source_id should NOT have more than 1000 characters"),
            (line(json!({"initial_quantity": 0})), ".items[1].initial_quantity cannot be lower than 1"),
            (line(json!({"price": -1})), ".items[1].price cannot be lower than 0"),
            (line(json!({"quantity": "many"})), ".items[1].quantity should be integer"),
            (
                line(json!({"product": {"name": long}})),
                ".items[1].product.name should NOT have more than 1000 characters",
            ),
            (line(json!({"sku": {"override": 1}})), ".items[1].sku.override should be boolean"),
        ] {
            assert_eq!(refused(body.clone()), Some(format!("Property {details}")), "{body}");
        }
        assert_eq!(refused(json!({"items": vec![json!({}); MAX_ITEMS], "amount": null, "customer": null})), None);
    }
}
