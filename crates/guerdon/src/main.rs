//! The `guerdon` program: serves the API, and the few things that are done beside it.
//!
//! Start with [`config`] for what can be set and [`serve`] for how the parts are put together.

mod check;
mod config;
mod copy;
mod demo;
mod documents;
mod keys;
mod ledger;
mod listen;
mod locks;
mod redeemed;
mod serve;
mod telemetry;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use guerdon_store::sqlite::Sqlite;

/// Rust's default allocator returns memory to the system more eagerly than a server wants.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "guerdon", version, about = "Self-hosted promotion and loyalty engine, Voucherify-compatible")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API. The first start makes a project and prints its keys.
    Serve(Box<config::Config>),
    /// Serve a store of its own, filled with a made-up shop's customers, with well-known keys.
    Demo(config::DemoConfig),
    /// Create the database or bring its tables up to date, and stop.
    Migrate(config::Database),
    /// List, create and revoke API keys.
    Keys(keys::Arguments),
    /// Listen for webhooks on this machine, print them and verify their signatures.
    Listen(listen::Arguments),
    /// Verify the store's invariants; exits with 1 if one is broken.
    Check(config::Database),
    /// Move everything into another database, of the same or the other kind, and compare the two.
    Copy(copy::Arguments),
    /// Write a consistent copy of the embedded database, while it is in use.
    Backup {
        #[command(flatten)]
        database: config::Database,
        /// The file to write; must not exist.
        file: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run(arguments.command))
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve(config) => serve::run(*config).await,
        Command::Demo(config) => demo::run(config).await,
        Command::Migrate(database) => {
            drop(database.open().await?);
            println!("The database is up to date.");
            Ok(())
        }
        Command::Keys(arguments) => keys::run(arguments).await,
        Command::Listen(arguments) => listen::run(arguments).await,
        Command::Check(database) => check::run(&database).await,
        Command::Copy(arguments) => copy::run(arguments).await,
        Command::Backup { database, file } => {
            let config::Location::File(path) = database.location()? else {
                anyhow::bail!("a PostgreSQL database is backed up with its own tools; see docs/scaling.md");
            };
            Sqlite::open_read_only(&path)?.backup(&file).context("the backup failed")?;
            println!("Wrote {}. Restoring it takes the secret key that is in use now, too.", file.display());
            Ok(())
        }
    }
}
