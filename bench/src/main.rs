//! Measures Guerdon, each figure against a limit that is measured in the same run. `README.md` says
//! what is measured and how to read it.
//!
//! Start with `figures.rs`. The measured server is this program once more, see `server.rs`.

mod client;
mod codes;
mod databases;
mod figures;
mod limits;
mod postgres;
mod qualifications;
mod redemptions;
mod server;
mod shop;
mod sink;
mod table;
mod vouchers;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Context as _, ensure};
use clap::{Parser, Subcommand, ValueEnum};

use databases::{Databases, Kind};
use figures::{Bench, Effort};
use postgres::Cluster;
use server::Modes;

/// As in `guerdon`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about)]
struct Arguments {
    /// Measure only this; may be given several times.
    #[arg(long)]
    only: Vec<Part>,
    /// Measure only this store; may be given several times. By default both, PostgreSQL if it is
    /// installed.
    #[arg(long)]
    store: Vec<Kind>,
    /// A database on a running PostgreSQL server without TLS, in place of a server of our own. Each
    /// measurement makes a schema there, and removes it.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Rows of the imported file.
    #[arg(long, default_value_t = 1_000_000)]
    rows: u64,
    /// Vouchers of the store in which they are looked up and listed.
    #[arg(long, default_value_t = 5_000_000)]
    vouchers: u64,
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
    Batches,
    Nodes,
    Reads,
    Webhooks,
    Import,
    Start,
    Lists,
    Codes,
    VoucherImport,
    Publications,
    Vouchers,
    Qualifications,
    Redemptions,
    Past,
    Validations,
}

impl Part {
    /// Whether it is measured on that store: nodes side by side and transactions side by side are
    /// nothing that SQLite has.
    fn is_of(self, store: Kind) -> bool {
        store == Kind::Postgres || !matches!(self, Part::Batches | Part::Nodes)
    }
}

/// What the processes are that a benchmark starts.
#[derive(Subcommand)]
enum Role {
    #[command(hide = true)]
    Serve {
        #[arg(long)]
        listen: SocketAddr,
        #[arg(long)]
        database: String,
        #[arg(long)]
        without_deliveries: bool,
        #[arg(long)]
        without_batches: Option<usize>,
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
        Some(Role::Serve { listen, database, without_deliveries, without_batches }) => {
            let modes = Modes { deliver: !without_deliveries, without_batches: *without_batches };
            runtime()?.block_on(server::serve(*listen, database, modes))
        }
        Some(Role::ServeBytes { listen, body }) => runtime()?.block_on(limits::serve_bytes(*listen, body)),
        None => measure(&arguments),
    }
}

fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    let program = std::env::current_exe()?;
    let beside = program.parent().context("the program lies in a folder")?;
    let folder = tempfile::tempdir_in(arguments.folder.as_deref().unwrap_or(beside))?;
    let effort = Effort {
        rows: arguments.rows,
        vouchers: arguments.vouchers,
        length: Duration::from_secs(arguments.seconds),
        repeat: arguments.repeat.max(1),
    };
    let mut figures = Vec::new();
    for kind in Kind::value_variants() {
        if !arguments.store.is_empty() && !arguments.store.contains(kind) {
            continue;
        }
        let databases = match kind {
            Kind::Sqlite => Databases::sqlite(folder.path()),
            Kind::Postgres => match cluster(arguments)? {
                Some(cluster) => Databases::postgres(folder.path(), cluster),
                None => continue,
            },
        };
        let mut bench = Bench::new(databases, effort);
        for part in Part::value_variants().iter().filter(|part| part.is_of(*kind)) {
            if !arguments.only.is_empty() && !arguments.only.contains(part) {
                continue;
            }
            match part {
                Part::Upserts => bench.upserts()?,
                Part::Batches => bench.batches()?,
                Part::Nodes => bench.nodes()?,
                Part::Reads => bench.reads()?,
                Part::Webhooks => bench.webhooks()?,
                Part::Import => bench.import()?,
                Part::Start => bench.start()?,
                Part::Lists => bench.lists()?,
                Part::Codes => bench.codes()?,
                Part::VoucherImport => bench.voucher_import()?,
                Part::Publications => bench.publications()?,
                Part::Vouchers => bench.vouchers()?,
                Part::Qualifications => bench.qualifications()?,
                Part::Redemptions => bench.redemptions()?,
                Part::Past => bench.past()?,
                Part::Validations => bench.validations()?,
            }
        }
        figures.append(&mut bench.figures);
    }
    table::print(&figures);
    Ok(())
}

/// The PostgreSQL server to measure on; none if it is not installed and nobody has asked for it.
fn cluster(arguments: &Arguments) -> anyhow::Result<Option<Cluster>> {
    if let Some(url) = &arguments.postgres {
        return Cluster::at(url).map(Some);
    }
    let cluster = Cluster::start()?;
    ensure!(cluster.is_some() || arguments.store.is_empty(), "PostgreSQL is not installed");
    Ok(cluster)
}
