//! What tests need from outside: a real PostgreSQL, started when a test asks for it and gone soon
//! after the last one.
//!
//! Only tests use this crate. It knows nothing of Guerdon, so that every crate can use it. Start
//! reading at [`postgres`].

pub mod postgres;
