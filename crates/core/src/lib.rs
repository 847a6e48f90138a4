//! What Guerdon does: commands, the executor that carries them out, queries, jobs and events.
//!
//! Every change of state is a command: a plain function of a [`tx::Tx`], such as
//! [`customers::update`]. It reads like its specification and knows no database, no clock and no
//! network. The [`executor`] runs commands in batches and commits each batch once. This crate knows
//! no HTTP.
//!
//! Start with [`customers`], then [`tx`], then [`executor`]. `ARCHITECTURE.md` follows one request
//! through all of them.

pub mod bin;
pub mod blobs;
pub mod campaigns;
pub mod categories;
pub mod clock;
pub mod context;
pub mod custom_events;
pub mod customers;
mod discounts;
pub mod event_schemas;
pub mod executor;
pub mod exports;
pub mod failure;
pub mod holders;
pub mod idempotency;
pub mod ids;
pub mod images;
pub mod jobs;
pub mod keys;
pub mod metadata_schemas;
pub mod orders;
pub mod product_collections;
pub mod products;
pub mod projects;
pub mod promotions;
pub mod publications;
pub mod qualifications;
pub mod redeemables;
pub mod redemptions;
mod referrals;
pub mod retention;
pub mod secrets;
pub mod segments;
pub mod service;
pub mod snapshot;
pub mod stacking_rules;
pub mod templates;
mod tracking;
pub mod tx;
pub mod validation_rules;
pub mod validations;
pub mod vouchers;
pub mod webhooks;

mod batch;
mod working_set;

pub use context::Context;
pub use service::{Guerdon, Options};
