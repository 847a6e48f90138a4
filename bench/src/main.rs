//! Measures Guerdon, each figure against a limit that is measured in the same run. `README.md` says
//! what is measured and how to read it.
//!
//! Start with `figures.rs`. The measured server is this program once more, see `server.rs`.

mod client;
mod figures;
mod limits;
mod server;
mod shop;
mod sink;
mod table;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};

use figures::Bench;

/// As in `guerdon`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about)]
struct Arguments {
    /// Measure only this; may be given several times.
    #[arg(long)]
    only: Vec<Part>,
    /// Rows of the imported file.
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    /// About how long one run of a load is, in seconds.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How often each figure but the import and the listings is measured. Of ratios the median counts, of
    /// the others the best.
    #[arg(long, default_value_t = 3)]
    repeat: usize,
    /// Where the databases are made, on a real disk; by default beside this program.
    #[arg(long)]
    folder: Option<PathBuf>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Upserts,
    Reads,
    Webhooks,
    Import,
    Start,
    Lists,
}

/// What the processes are that a benchmark starts.
#[derive(Subcommand)]
enum Role {
    #[command(hide = true)]
    Serve {
        #[arg(long)]
        listen: SocketAddr,
        #[arg(long)]
        database: PathBuf,
        #[arg(long)]
        without_deliveries: bool,
    },
    #[command(hide = true)]
    ServeBytes {
        #[arg(long)]
        listen: SocketAddr,
        #[arg(long)]
        body: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match &arguments.role {
        Some(Role::Serve { listen, database, without_deliveries }) => {
            runtime()?.block_on(server::serve(*listen, database, !without_deliveries))
        }
        Some(Role::ServeBytes { listen, body }) => runtime()?.block_on(limits::serve_bytes(*listen, body)),
        None => measure(&arguments),
    }
}

fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let program = std::env::current_exe()?;
    let beside = program.parent().context("the program lies in a folder")?;
    let folder = tempfile::tempdir_in(arguments.folder.as_deref().unwrap_or(beside))?;
    let length = Duration::from_secs(arguments.seconds);
    let mut bench = Bench::new(folder.path(), arguments.rows, length, arguments.repeat.max(1));
    for part in Part::value_variants() {
        if !arguments.only.is_empty() && !arguments.only.contains(part) {
            continue;
        }
        match part {
            Part::Upserts => bench.upserts()?,
            Part::Reads => bench.reads()?,
            Part::Webhooks => bench.webhooks()?,
            Part::Import => bench.import()?,
            Part::Start => bench.start()?,
            Part::Lists => bench.lists()?,
        }
    }
    table::print(&bench.figures);
    Ok(())
}
