//! A real PostgreSQL for tests.
//!
//! * [`shared`] is for most tests: an empty schema on a server that all test processes share. It
//!   is ready at once, and it trades what would survive a crash for speed.
//! * [`Server`] is for tests that kill the database: a server of one test alone, which keeps what it
//!   acknowledged.
//!
//! Both are reached through a Unix socket in a folder that only the tests' user can open. Where
//! PostgreSQL is not installed, they say so and return nothing, and the test is left out; with the
//! environment variable `CI` set, they panic instead.
//!
//! ```no_run
//! # async fn test() {
//! use guerdon_testing::postgres;
//!
//! let Some(schema) = postgres::shared().await else { return };
//! println!("tables made through {} are nobody else's", schema.url());
//! # }
//! ```

mod cluster;
mod installation;
mod server;
mod shared;

pub use server::Server;
pub use shared::{Schema, shared};

/// Runs what blocks, such as another program, beside the tasks of the test.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
