//! The pure mathematics of promotions: no store, no HTTP, no clock, no randomness.
//!
//! An order comes in through [`normalize`] and is, from then on, a [`cart`]: what was ordered, and what
//! it costs. [`index`] finds, among many promotions, those whose rules are worth asking. [`rules`] decide
//! whether a redeemable applies to it, [`validity`] when, and [`target`] to which lines and units.
//! [`discount`] is the arithmetic of one redeemable, [`evaluate`] that of several ones after another,
//! [`formula`] computes values that are not fixed. [`calculated`] is the order as answers show it.
//! [`facts`] is whatever else must be known. Whatever decides can say why in a [`trace`].
//!
//! Amounts are whole minor units; everything is rounded once, in [`money`].

pub mod calculated;
pub mod cart;
pub mod discount;
pub mod evaluate;
pub mod facts;
pub mod formula;
pub mod index;
pub mod item;
pub mod money;
pub mod normalize;
pub mod redeemable;
pub mod rules;
pub mod stacking;
pub mod target;
pub mod trace;
pub mod validity;
mod window;
