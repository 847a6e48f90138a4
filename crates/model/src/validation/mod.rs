//! Validations: what a redemption would come to, without redeeming. `docs/validations.md` has the page for
//! users.
//!
//! The current endpoint takes several redeemables ([`ValidationAnswer`]). Older ones take one code
//! ([`CodeValidationAnswer`]), one promotion tier ([`TierValidationAnswer`]) or all of them
//! ([`PromotionsAnswer`]), and say the same in other words.

mod answer;
mod event;
mod input;

pub use answer::{
    AnswerError, CodeGift, CodePoints, CodeReward, CodeValidationAnswer, PromotionsAnswer, TierCampaignAnswer,
    TierValidationAnswer, ValidationAnswer,
};
pub use event::{ValidatedRedeemable, ValidationData, ValidationFacts, ValidationStatus};
pub use input::{CodeInput, CodeValidationInput};
