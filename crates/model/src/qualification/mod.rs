//! Qualifications: which redeemables somebody could use. `docs/qualifications.md` has the page for users.

mod answer;
mod input;

pub use answer::{
    CampaignsAnswer, OfferedCampaign, OfferedVoucher, QualificationAnswer, QualifiedAnswer, QualifiedCard,
    QualifiedGift, QualifiedObject, QualifiedResult, VouchersAnswer,
};
pub use input::{
    DEFAULT_LIMIT, FILTERED, MAX_LIMIT, QualificationInput, QualificationOptions, Question, Scenario, Sorting,
};
