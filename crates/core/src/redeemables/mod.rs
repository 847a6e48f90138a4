//! What validations, qualifications and redemptions have in common: what there is to know, the evaluation,
//! and how answers tell of it. `docs/validations.md` has the page for users.
//!
//! `POST /v1/validations` with two codes and an order:
//!
//! 1. A [`Scene`] is who wants to buy what. For a validation it is what the request says, laid over what is
//!    stored ([`Scene::foreseen`]); whoever redeems brings the customer and the order that were stored on the
//!    way, and makes the same scene of them.
//! 2. [`gather()`] loads what the request names and makes each of it a [`Gathered`]: the voucher or tier with
//!    its campaign, rules, limits, category, what was redeemed before ([`counted`]) and what other sessions
//!    have reserved. It is owned: after this, nothing is looked up.
//! 3. If sessions have ended that are still counted ([`locks::due`]), the command comes to nothing
//!    ([`locks::Attempt::Due`]); its caller removes them ([`locks::sweep`]) and runs it again.
//! 4. [`evaluate::with`] lends all of it to the engine, which is pure.
//! 5. [`answer::Told`] is the evaluation in the words of answers.
//! 6. If a session was asked for and the evaluation is valid, [`locks::take`] reserves what it would spend.
//!
//! A redemption does the same up to the fifth step, in the same command that then stores it.

pub mod answer;
mod basket;
pub mod counted;
pub mod evaluate;
mod gather;
pub mod locks;
mod scene;

pub use basket::Basket;
pub use gather::{Found, Gathered, Gathering, Incentive, Units, gather, gather_found, gather_tiers, keys};
pub use scene::{Buyer, RESOURCE, Scene, buyer, keys as keys_of_scene};
