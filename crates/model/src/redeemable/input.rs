//! What a client sends to have redeemables evaluated or redeemed.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::session::SessionInput;
use crate::{
    Error, Patch,
    customer::CustomerInput,
    error::{Path, Rule},
    metadata::Metadata,
    number::whole_or_none,
    order::OrderInput,
    payload::joined,
    texts::{MAX_ID, MAX_TEXT, check_lengths},
};

/// The most redeemables of one request.
pub const MAX_REDEEMABLES: usize = 30;
/// The most characters of a tracking id: a `source_id` of the greatest length, enciphered.
const MAX_TRACKING_ID: usize = 8 * MAX_TEXT;

/// The body of a validation or redemption.
#[derive(Debug, Clone, PartialEq, Default, ToSchema)]
pub struct RedeemablesInput {
    #[serde(flatten)]
    pub requested: RequestedInput,
    #[serde(flatten)]
    pub scene: SceneInput,
}

joined!(RedeemablesInput { requested, scene });

/// What is to be redeemed.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
pub struct RequestedInput {
    pub redeemables: Vec<RedeemableInput>,
}

/// One redeemable, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct RedeemableInput {
    pub object: RedeemableObject,
    /// Of a voucher the code or the id.
    pub id: String,
    /// Of gift cards.
    #[serde(default)]
    pub gift: Option<GiftCreditsInput>,
    /// Of loyalty cards.
    #[serde(default)]
    pub reward: Option<RewardInput>,
}

/// The kinds of redeemables that a request can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedeemableObject {
    Voucher,
    PromotionTier,
    PromotionStack,
}

/// How many credits of a gift card are spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
pub struct GiftCreditsInput {
    /// In minor units; as many as the order needs and the card has if absent.
    #[serde(default, deserialize_with = "whole_or_none")]
    pub credits: Option<i64>,
}

/// What points are spent for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct RewardInput {
    pub id: Option<String>,
    pub assignment_id: Option<String>,
    /// Where points pay for the order: how many; as many as it needs and the card has if absent.
    #[serde(deserialize_with = "whole_or_none")]
    pub points: Option<i64>,
}

/// Who wants to buy what, and how it is to be told.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
pub struct SceneInput {
    pub order: Option<OrderInput>,
    pub customer: Option<CustomerInput>,
    /// Stands for the customer's `source_id`.
    pub tracking_id: Option<String>,
    pub session: Option<SessionInput>,
    /// Of the redemption.
    #[serde(default)]
    #[schema(value_type = Option<Metadata>)]
    pub metadata: Patch<Metadata>,
    pub options: Option<OptionsInput>,
}

/// How much an answer tells.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct OptionsInput {
    pub expand: Option<Vec<String>>,
}

/// Something that an answer tells only if it is asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expansion {
    /// The order after each redeemable; told unless something else is asked for.
    Order,
    /// The redeemable's own attributes.
    Redeemable,
    /// The redemption's metadata.
    Redemption,
    /// The categories.
    Category,
    /// The assignments of validation rules.
    ValidationRules,
    /// Why each decision was made.
    Explain,
}

impl Expansion {
    const fn name(self) -> &'static str {
        match self {
            Expansion::Order => "order",
            Expansion::Redeemable => "redeemable",
            Expansion::Redemption => "redemption",
            Expansion::Category => "category",
            Expansion::ValidationRules => "validation_rules",
            Expansion::Explain => "explain",
        }
    }
}

impl RedeemablesInput {
    /// The first thing that is wrong with what does not depend on anything stored.
    ///
    /// # Errors
    /// `invalid_payload`, `duplicated_redeemables` or `invalid_redeemables`.
    pub fn check(&self) -> Result<(), Error> {
        self.requested.check()?;
        self.scene.check()
    }
}

impl RequestedInput {
    /// The first thing that is wrong with what was asked for.
    ///
    /// # Errors
    /// `invalid_payload`, `duplicated_redeemables` or `invalid_redeemables`.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |path, rule| Err(Error::invalid_payload(path, rule));
        let path = Path::of("redeemables");
        match self.redeemables.len() {
            0 => return refuse(path, Rule::MinItems(1)),
            count if count > MAX_REDEEMABLES => return refuse(path, Rule::MaxItems(MAX_REDEEMABLES)),
            _ => {}
        }
        for (place, redeemable) in self.redeemables.iter().enumerate() {
            let path = path.clone().index(place).key("id");
            match redeemable.id.chars().count() {
                0 => return refuse(path, Rule::MinLength(1)),
                length if length > MAX_TEXT => return refuse(path, Rule::MaxLength(MAX_TEXT)),
                _ => {}
            }
        }
        let mut seen = HashSet::new();
        if self.redeemables.iter().any(|redeemable| !seen.insert((redeemable.object, &redeemable.id))) {
            return Err(Error::DuplicatedRedeemables);
        }
        let is_stack = |redeemable: &RedeemableInput| redeemable.object == RedeemableObject::PromotionStack;
        if self.redeemables.len() > 1 && self.redeemables.iter().any(is_stack) {
            // Sic.
            let details = "Promotion Stack cannot be use with other redeemables".into();
            return Err(Error::InvalidRedeemables { details });
        }
        Ok(())
    }
}

impl SceneInput {
    /// The first thing that is wrong with what is not checked where it is used.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(), Error> {
        check_lengths([
            (Path::of("tracking_id"), self.tracking_id.as_ref(), MAX_TRACKING_ID),
            (Path::of("session").key("key"), self.session.as_ref().and_then(|session| session.key.as_ref()), MAX_ID),
        ])
    }

    /// Whether a session is to lock what is found valid.
    pub fn locks(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.session_type.is_some())
    }

    /// The key of the session that the request belongs to, if it names one.
    pub fn session_key(&self) -> Option<&str> {
        self.session.as_ref()?.key.as_deref().filter(|key| !key.is_empty())
    }

    /// Whether the answer is to tell this.
    pub fn expands(&self, expansion: Expansion) -> bool {
        match &self.options {
            None => expansion == Expansion::Order,
            Some(options) => options.expand.iter().flatten().any(|name| name == expansion.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::error::Dialect;

    fn input(json: Value) -> RedeemablesInput {
        serde_json::from_value(json).expect("a body")
    }

    #[test]
    fn what_makes_no_sense_together_is_refused() {
        let voucher = |id: &str| json!({"object": "voucher", "id": id});
        let stack = |id: &str| json!({"object": "promotion_stack", "id": id});
        let too_many: Vec<Value> = (0..31).map(|number| voucher(&number.to_string())).collect();
        for (redeemables, expected) in [
            (json!([]), Some("Property .redeemables should NOT have fewer than 1 items")),
            (json!(too_many), Some("Property .redeemables should NOT have more than 30 items")),
            (json!([voucher("")]), Some("Property .redeemables[0].id should NOT have fewer than 1 characters")),
            (json!([voucher("a"), voucher("a")]), Some("Duplicated redeemables detected in one redemption")),
            (json!([voucher("a"), stack("s")]), Some("Promotion Stack cannot be use with other redeemables")),
            (json!([stack("r"), stack("s")]), Some("Promotion Stack cannot be use with other redeemables")),
            (json!([stack("s")]), None),
            (json!([voucher("a"), voucher("b"), json!({"object": "promotion_tier", "id": "a"})]), None),
        ] {
            let checked = input(json!({"redeemables": redeemables})).requested.check();
            let details = checked.err().and_then(|error| error.describe(Dialect::Should).details);
            assert_eq!(details.as_deref(), expected);
        }
    }

    #[test]
    fn an_answer_tells_the_orders_unless_something_else_is_asked_for() {
        let expands = |options: Value| {
            let scene = input(json!({"redeemables": [], "options": options})).scene;
            [Expansion::Order, Expansion::Redeemable].map(|expansion| scene.expands(expansion))
        };
        assert_eq!(expands(Value::Null), [true, false]);
        assert_eq!(expands(json!({})), [false, false]);
        assert_eq!(expands(json!({"expand": ["redeemable", "moon"]})), [false, true]);
    }
}
