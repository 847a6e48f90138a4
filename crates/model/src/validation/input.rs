//! What a client sends to have one code validated.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    payload::joined,
    redeemable::{GiftCreditsInput, RedeemableInput, RedeemableObject, RewardInput, SceneInput},
};

/// The body of a validation of one code.
#[derive(Debug, Clone, PartialEq, Default, ToSchema)]
pub struct CodeValidationInput {
    #[serde(flatten)]
    pub code: CodeInput,
    #[serde(flatten)]
    pub scene: SceneInput,
}

joined!(CodeValidationInput { code, scene });

/// What is to be spent of a card.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, ToSchema)]
pub struct CodeInput {
    /// Of gift cards.
    #[serde(default)]
    pub gift: Option<GiftCreditsInput>,
    /// Of loyalty cards.
    #[serde(default)]
    pub reward: Option<RewardInput>,
}

impl CodeInput {
    /// The redeemable that is meant; `code` is the path's.
    pub fn of_voucher(&self, code: &str) -> RedeemableInput {
        RedeemableInput {
            object: RedeemableObject::Voucher,
            id: code.to_owned(),
            gift: self.gift,
            reward: self.reward.clone(),
        }
    }
}
