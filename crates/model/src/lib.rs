//! What Guerdon talks about: resources, ids, times, errors, events, filters.
//!
//! A resource's fields are written once, here: the same struct is stored, sent over the wire and
//! patched. This crate holds values and pure functions on them. It knows nothing of stores, HTTP,
//! clocks or randomness, and depends on no other crate of the workspace.
//!
//! Start with [`customer`], the resource that every other one resembles, then [`patch`] (absent,
//! null and value are three different things), [`error`] (the one catalogue of what can go wrong)
//! and [`event`].

pub mod api_key;
pub mod async_action;
pub mod bin_entry;
pub mod campaign;
pub mod campaign_totals;
pub mod canonical_json;
pub mod category;
pub mod code_config;
pub mod customer;
pub mod discount;
pub mod error;
pub mod event;
pub mod event_schema;
pub mod filter;
pub mod ids;
pub mod list;
pub mod metadata;
pub mod metadata_schema;
pub mod number;
pub mod order;
pub mod patch;
pub mod payload;
pub mod product;
pub mod project;
pub mod redeemable;
pub mod role;
pub mod send_out;
pub mod sku;
pub mod stacking_rules;
pub mod texts;
pub mod time;
pub mod user;
pub mod validation_rule;
pub mod validity;
pub mod voucher;
pub mod voucher_transaction;
pub mod webhook;

pub use error::Error;
pub use patch::Patch;
pub use time::{Date, Timestamp};
