//! Guerdon over HTTP: finds the route, checks who calls, parses, calls `core`, answers.
//!
//! There is one table of routes ([`routes`]); the router, our OpenAPI document, the page at `/docs`
//! and the text of "method not allowed" are all made from it. A handler is a short function of a
//! [`call::Call`]. No business rule lives here.
//!
//! Start with [`routes`], then the handlers in `customers.rs`, then [`server`], which does what every
//! request has in common.

pub mod app;
pub mod call;
pub mod respond;
pub mod routes;
pub mod server;

mod assets;
mod async_actions;
mod auth;
mod background;
mod bin;
mod campaigns;
mod categories;
mod custom_events;
mod customers;
mod docs_page;
mod exports;
mod form;
mod idempotency;
mod listing;
mod management;
mod metadata_schemas;
mod openapi;
mod operations;
mod orders;
mod product_collections;
mod products;
mod promotions;
mod publications;
mod qualifications;
mod rate_limit;
mod redemptions;
mod referrals;
mod segments;
mod templates;
mod upload;
mod validation_rules;
mod validations;
mod vouchers;

pub use app::{App, Settings};
pub use openapi::document as openapi_document;
pub use server::{router, router_of};
