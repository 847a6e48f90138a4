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
pub mod campaign_day;
pub mod campaign_template;
pub mod campaign_totals;
pub mod canonical_json;
pub mod category;
pub mod code_config;
pub mod custom_event;
pub mod customer;
pub mod discount;
pub mod error;
pub mod event;
pub mod event_schema;
pub mod export;
pub mod filter;
pub mod holder;
pub mod ids;
pub mod kept_answer;
pub mod list;
pub mod metadata;
pub mod metadata_schema;
pub mod number;
pub mod order;
pub mod participation;
pub mod patch;
pub mod payload;
pub mod product;
pub mod product_collection;
pub mod project;
pub mod promotion_stack;
pub mod promotion_tier;
pub mod publication;
pub mod qualification;
pub mod recent_orders;
pub mod redeemable;
pub mod redemption;
pub mod role;
pub mod segment;
pub mod send_out;
pub mod sku;
pub mod stacking_rules;
pub mod texts;
pub mod time;
pub mod usage;
pub mod user;
pub mod validation;
pub mod validation_rule;
pub mod validity;
pub mod voucher;
pub mod voucher_transaction;
pub mod webhook;

pub use error::Error;
pub use patch::Patch;
pub use time::{Date, Timestamp};
