//! Delivers events to webhook endpoints: signs, sends, retries, and records every attempt.
//!
//! Commands write send-outs in the commit that records their event; this crate takes them from the
//! store with leases, so that a crash repeats a request at worst and never loses one. It must never
//! know what an event means: a send-out's body is sent byte for byte as it is stored. Nor does it
//! decide who may see or retry what; that is for its callers.
//!
//! Start with [`Dispatcher`], which looks for work, then `endpoint.rs`, which does the work of one
//! webhook, then [`schedule`] and [`guard`] for the rules. `docs/webhooks.md` is the page for users.

pub mod guard;
pub mod schedule;

mod attempt;
mod dispatcher;
mod endpoint;
mod http;
mod ledger;
mod transport;

pub use dispatcher::{Dispatcher, Options, RESOURCE};
pub use http::{HttpOptions, HttpTransport};
pub use transport::{Outcome, Outgoing, Transport};
