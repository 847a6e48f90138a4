//! `guerdon copy`: moves a whole store into an empty one, of the same or the other kind, and compares
//! the two.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use clap::Args;
use futures_util::{TryStreamExt, future::ready, stream};
use guerdon_store::{Part, Portion, Store, StoreError, Tally};
use tokio::{sync::mpsc, task::JoinHandle, try_join};

use crate::{
    config::{Database, Location},
    documents,
};

/// How many portions are read ahead.
const AHEAD: usize = 2;
/// How many portions are written at a time.
const UNDER_WAY: usize = 4;
/// How often it is told how far things are.
const PROGRESS: Duration = Duration::from_secs(5);

/// Passwords in arguments can be seen by others: the variables do the same.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The database to copy. Nothing may be written to it meanwhile.
    #[arg(long, env = "GUERDON_COPY_FROM", hide_env_values = true)]
    from: String,
    /// The database to fill. It is created if need be, and has to be empty.
    #[arg(long, env = "GUERDON_COPY_TO", hide_env_values = true)]
    to: String,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let (from, to) = (Database::at(arguments.from), Database::at(arguments.to));
    let (original, place) = (from.location().context("--from")?, to.location().context("--to")?);
    let source = from.open_read_only().await.context("the database to copy can't be opened")?;
    // Opening for writing may change something: what can be seen to be in use is left alone before.
    if let Ok(existing) = to.open_read_only().await {
        require_empty(existing, &place).await?;
    }
    let target = to.open().await.context("the database to fill can't be opened")?;
    require_empty(target.clone(), &place).await?;

    let copied = fill(source.clone(), target.as_ref()).await;
    let copied = copied.with_context(|| format!("the copy was broken off: {}, then try again", removal(&place)))?;
    eprintln!("Copied {} rows; comparing both sides.", grouped(copied.rows()));
    let compared = try_join!(Reading::of(source), Reading::of(target));
    let (read_again, read_back) = compared.context("the two sides could not be compared")?;
    match compare(&copied, &read_again, &read_back) {
        Verdict::Equal => println!("Everything is the same on both sides: {} rows.", grouped(copied.rows())),
        Verdict::Outdated => anyhow::bail!(
            "the original was written to meanwhile. The copy is whole, but of the moment when it was begun: stop what \
             writes to the original, {}, and copy again",
            removal(&place)
        ),
        Verdict::Different => anyhow::bail!("the copy is not what was read: {}, and try again", removal(&place)),
    }
    println!("{}", about_the_key(&original, &place));
    Ok(())
}

/// Everything in a store, while it is being told.
pub(crate) struct Dump {
    portions: mpsc::Receiver<Portion>,
    task: JoinHandle<Result<(), StoreError>>,
}

impl Dump {
    pub(crate) fn of(store: Arc<dyn Store>) -> Self {
        let (told, portions) = mpsc::channel(AHEAD);
        Self { portions, task: tokio::spawn(async move { store.dump(told).await }) }
    }

    /// The next portion; none at the end, which is asked for once.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Portion>> {
        let portion = self.portions.recv().await;
        if portion.is_none() {
            (&mut self.task).await??;
        }
        Ok(portion)
    }
}

async fn require_empty(store: Arc<dyn Store>, place: &Location) -> anyhow::Result<()> {
    if Dump::of(store).next().await?.is_some() {
        anyhow::bail!(
            "the database to fill is not empty, so nothing was copied. If what is in it is left from a copy that was \
             broken off, {}",
            removal(place)
        );
    }
    Ok(())
}

/// What to do with a place so that it can be filled.
fn removal(place: &Location) -> String {
    match place {
        Location::File(path) => format!("delete {0}, {0}-wal and {0}-shm", path.display()),
        Location::Postgres(_) => "drop the database to fill (or the schema) and create it anew".into(),
    }
}

/// Copies everything; returns what was read.
async fn fill(source: Arc<dyn Store>, target: &dyn Store) -> anyhow::Result<Reading> {
    let mut reading = Reading::new("copying");
    let next = |mut dump: Dump| async { Ok::<_, anyhow::Error>(dump.next().await?.map(|portion| (portion, dump))) };
    stream::try_unfold(Dump::of(source), next)
        .map_ok(|portion| {
            reading.add(&portion);
            async { Ok(target.restore(portion.index(documents::columns)?).await?) }
        })
        .try_buffered(UNDER_WAY)
        .try_for_each(|()| ready(Ok(())))
        .await?;
    Ok(reading)
}

/// What has been read of a store so far.
struct Reading {
    what: &'static str,
    parts: BTreeMap<Part, Tally>,
    begun: Instant,
    told: Instant,
}

impl Reading {
    fn new(what: &'static str) -> Self {
        let now = Instant::now();
        Self { what, parts: BTreeMap::new(), begun: now, told: now }
    }

    /// All of it.
    async fn of(store: Arc<dyn Store>) -> anyhow::Result<Self> {
        let mut reading = Self::new("comparing");
        let mut dump = Dump::of(store);
        while let Some(portion) = dump.next().await? {
            reading.add(&portion);
        }
        Ok(reading)
    }

    fn add(&mut self, portion: &Portion) {
        let part = portion.part();
        self.parts.entry(part).or_default().add(portion);
        if self.told.elapsed() >= PROGRESS {
            self.told = Instant::now();
            let per_second = self.rows() as f64 / self.begun.elapsed().as_secs_f64();
            let (rows, per_second) = (grouped(self.rows()), grouped(per_second as u64));
            eprintln!("{} {}: {rows} rows so far, {per_second} per second", self.what, part.name());
        }
    }

    fn part(&self, part: Part) -> Tally {
        self.parts.get(&part).copied().unwrap_or_default()
    }

    fn rows(&self) -> u64 {
        self.parts.values().map(|tally| tally.rows).sum()
    }
}

/// How a copy and its original compare, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Equal,
    /// The original has changed since.
    Outdated,
    /// The copy is not what was read.
    Different,
}

/// Prints a line for every part; the worst decides.
fn compare(copied: &Reading, read_again: &Reading, read_back: &Reading) -> Verdict {
    println!("{:<20} {:>15}  checksum", "", "rows");
    let line = |part: Part| {
        let tally = copied.part(part);
        let (verdict, found, whose) = match (read_again.part(part), read_back.part(part)) {
            (_, back) if back != tally => (Verdict::Different, back, "the copy has"),
            (again, _) if again != tally => (Verdict::Outdated, again, "the original now has"),
            (again, _) => (Verdict::Equal, again, ""),
        };
        let remark = match verdict {
            Verdict::Equal => "the same".to_owned(),
            _ => format!("DIFFERENT: {whose} {} rows, {}", grouped(found.rows), found.checksum()),
        };
        println!("{:<20} {:>15}  {}  {remark}", part.name(), grouped(tally.rows), tally.checksum());
        verdict
    };
    Part::all().map(line).max().unwrap_or(Verdict::Equal)
}

/// The copy is of no use without the key that seals what is secret in it.
fn about_the_key(original: &Location, place: &Location) -> String {
    let need = "The copy needs the secret key of the original";
    let key = |database: &std::path::Path| database.with_extension("key").display().to_string();
    match (original, place) {
        (Location::File(from), Location::File(to)) => {
            format!(
                "{need}: the same GUERDON_SECRET_KEY or, if that is not set, a copy of {} at {}.",
                key(from),
                key(to)
            )
        }
        (Location::File(from), Location::Postgres(_)) => format!(
            "{need}: on every node, set GUERDON_SECRET_KEY to what it is for the original or, if it is not set there, to \
             the text in {}.",
            key(from)
        ),
        (Location::Postgres(_), Location::File(to)) => {
            format!(
                "{need}: set the same GUERDON_SECRET_KEY, or write it into {}, readable by its owner only.",
                key(to)
            )
        }
        (Location::Postgres(_), Location::Postgres(_)) => {
            format!("{need}: set the same GUERDON_SECRET_KEY on every node.")
        }
    }
}

/// Digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(project: &str) -> Reading {
        let mut reading = Reading::new("testing");
        reading.add(&Portion::Partitions(vec![(project.into(), 1)]));
        reading
    }

    #[test]
    fn the_worst_difference_is_what_is_said() {
        for (copied, read_again, read_back, expected) in [
            ("a", "a", "a", Verdict::Equal),
            ("a", "b", "a", Verdict::Outdated),
            ("a", "a", "b", Verdict::Different),
            ("a", "b", "b", Verdict::Different),
        ] {
            assert_eq!(compare(&reading(copied), &reading(read_again), &reading(read_back)), expected);
        }
        assert_eq!(compare(&reading("a"), &reading("a"), &Reading::new("testing")), Verdict::Different);
    }

    #[test]
    fn digits_are_grouped_by_three() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
