//! The pure mathematics of promotions: no store, no HTTP, no clock, no randomness.
//!
//! So far only [`money`]. Discounts, rules, formulas and stacking will live here.

pub mod money;
