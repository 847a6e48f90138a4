//! What is measured, one function per part of the table.

use std::{
    cell::RefCell,
    net::SocketAddr,
    path::Path,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    client::{self, Run, Until, percentile},
    databases::{Database, Databases, Kind, Place},
    limits,
    server::Server,
    shop,
    sink::Sink,
    table::{Aim, Figure},
};

/// Connections of the load generator.
pub(crate) const CONNECTIONS: usize = 64;
/// Transactions at a time when each request is one: as many as a store has connections.
const TRANSACTIONS_AT_A_TIME: usize = 16;
/// Customers among which reads choose.
const READ_CUSTOMERS: u64 = 10_000;
/// Customers in the store that a large one is compared with.
const FEW: u64 = 1_000;
/// Send-outs that wait before they are delivered.
const SEND_OUTS: u64 = 20_000;
/// Updates whose way to the webhook is timed one by one.
const SINGLE_UPDATES: u64 = 200;
/// How long one listing is asked for again and again.
pub(crate) const LISTING_TIME: Duration = Duration::from_secs(1);

/// How much is measured.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    /// Rows of the imported file.
    pub(crate) rows: u64,
    /// Vouchers of the large store.
    pub(crate) vouchers: u64,
    /// About how long one run of a load is.
    pub(crate) length: Duration,
    pub(crate) repeat: usize,
}

/// The figures of one store.
pub(crate) struct Bench {
    /// The database of the import. It goes before the server that it is on.
    imported: Option<Rc<Database>>,
    pub(crate) databases: Databases,
    pub(crate) effort: Effort,
    pub(crate) figures: Vec<Figure>,
}

impl Bench {
    pub(crate) fn new(databases: Databases, effort: Effort) -> Self {
        Self { imported: None, databases, effort, figures: Vec::new() }
    }

    pub(crate) fn add(&mut self, figure: Figure) {
        let store = self.databases.kind().name();
        eprintln!("  {store}: {} {:.2} {}", figure.name, figure.value, figure.unit);
        self.figures.push(Figure { store, ..figure });
    }

    /// Customers created one per request, against the same rows written by a bare loop.
    pub(crate) fn upserts(&mut self) -> anyhow::Result<()> {
        // As many as make a run about as long as asked for, and the same number for both.
        let per_second = match self.databases.kind() {
            Kind::Sqlite => 8_000,
            Kind::Postgres => 4_000,
        };
        let count = per_second * self.effort.length.as_secs().max(1);
        let mut pairs = Vec::new();
        for _ in 0..self.effort.repeat {
            let limit = limits::write_rows(&self.databases.create("limit")?, count)?;
            let database = self.databases.create("upserts")?;
            let server = Server::start(&database)?;
            let run = client::run(&[server.address], CONNECTIONS, Until::Count(count), upsert)?;
            pairs.push((limit, run));
        }
        let (limit, run) = median(pairs)?;
        self.add(Figure::new("store limit: customer and event rows", limit, "rows/s"));
        let upserts = Figure::new("customer upserts", run.per_second, "req/s");
        self.add(upserts.against(limit).aim(Aim::RatioAtLeast(0.5)));
        self.add(Figure::time("customer upserts, p50", run.percentile(50)));
        self.add(Figure::time("customer upserts, p99", run.percentile(99)));
        Ok(())
    }

    /// What collecting commands is for: the same requests, each a transaction of its own.
    pub(crate) fn batches(&mut self) -> anyhow::Result<()> {
        let until = Until::Elapsed(self.effort.length);
        let mut pairs = Vec::new();
        for _ in 0..self.effort.repeat {
            let database = self.databases.create("without-batches")?;
            let alone = Server::start_without_batches(&database, TRANSACTIONS_AT_A_TIME)?;
            let alone = client::run(&[alone.address], CONNECTIONS, until, upsert)?.per_second;
            let database = self.databases.create("batches")?;
            let together = Server::start(&database)?;
            pairs.push((alone, client::run(&[together.address], CONNECTIONS, until, upsert)?));
        }
        let (alone, together) = median(pairs)?;
        self.add(Figure::new("customer upserts, a transaction each", alone, "req/s"));
        let together = Figure::new("customer upserts, in batches", together.per_second, "req/s");
        self.add(together.against(alone).aim(Aim::RatioAtLeast(4.0)));
        Ok(())
    }

    /// Two nodes on one database against one: once each request creates a customer, once all change the
    /// same one.
    pub(crate) fn nodes(&mut self) -> anyhow::Result<()> {
        let compare = |measure: &dyn Fn(usize) -> anyhow::Result<Run>| {
            let pairs = (0..self.effort.repeat).map(|_| Ok((measure(1)?.per_second, measure(2)?)));
            median(pairs.collect::<anyhow::Result<_>>()?)
        };
        let (one, two) = compare(&|count| self.spread(count))?;
        let (hot_one, hot_two) = compare(&|count| self.one_document(count))?;
        self.add(Figure::new("customer upserts, one node", one, "req/s"));
        let spread = Figure::new("customer upserts, two nodes", two.per_second, "req/s");
        self.add(spread.against(one).aim(Aim::RatioAtLeast(1.0)));
        self.add(Figure::new("updates of one customer, one node", hot_one, "req/s"));
        let hot = Figure::new("updates of one customer, two nodes", hot_two.per_second, "req/s");
        self.add(hot.against(hot_one).aim(Aim::RatioAtLeast(0.5)));
        self.add(Figure::time("updates of one customer, two nodes, p50", hot_two.percentile(50)));
        self.add(Figure::time("updates of one customer, two nodes, p99", hot_two.percentile(99)));
        Ok(())
    }

    /// Customers created on so many nodes.
    fn spread(&self, nodes: usize) -> anyhow::Result<Run> {
        let database = self.databases.create("nodes")?;
        let servers = start_nodes(&database, nodes)?;
        client::run(&addresses(&servers), CONNECTIONS, Until::Elapsed(self.effort.length), upsert)
    }

    /// One customer changed on so many nodes; every update that was answered has to be there.
    fn one_document(&self, nodes: usize) -> anyhow::Result<Run> {
        let database = self.databases.create("one-document")?;
        let servers = start_nodes(&database, nodes)?;
        create_customer(&servers[0])?;
        let run = client::run(&addresses(&servers), CONNECTIONS, Until::Elapsed(self.effort.length), update)?;
        if let Place::Schema(schema) = &database.place {
            let logged = schema.count_events("customer.updated")?;
            ensure!(logged == run.count(), "{} updates were answered, {logged} are in the log of events", run.count());
        }
        Ok(run)
    }

    /// Customers read one per request, against the same bytes served from memory.
    pub(crate) fn reads(&mut self) -> anyhow::Result<()> {
        let database = self.databases.create("reads")?;
        let server = Server::start(&database)?;
        client::run(&[server.address], CONNECTIONS, Until::Count(READ_CUSTOMERS), upsert)?;
        let path = format!("/v1/customers/{}", shop::source_id(0));
        let body = database.folder.join("answer.json");
        std::fs::write(&body, serde_json::to_vec(&client::json(server.address, &request(&path))?)?)?;
        let bare = Server::start_serving_bytes(&body)?;

        let random = RefCell::new(StdRng::seed_from_u64(1));
        let read = |_, bytes: &mut Vec<u8>| {
            let number = random.borrow_mut().random_range(0..READ_CUSTOMERS);
            client::get(bytes, &format!("/v1/customers/{}", shop::source_id(number)));
        };
        let until = Until::Elapsed(self.effort.length);
        let mut pairs = Vec::new();
        for _ in 0..self.effort.repeat {
            let limit = client::run(&[bare.address], CONNECTIONS, until, read)?.per_second;
            pairs.push((limit, client::run(&[server.address], CONNECTIONS, until, read)?));
        }
        let (limit, run) = median(pairs)?;
        self.add(Figure::new("HTTP limit: the same bytes from memory", limit, "req/s"));
        let reads = Figure::new("customer reads", run.per_second, "req/s");
        self.add(reads.against(limit).aim(Aim::RatioAtLeast(0.35)));
        self.add(Figure::time("customer reads, p50", run.percentile(50)));
        self.add(Figure::time("customer reads, p99", run.percentile(99)));
        Ok(())
    }

    /// A file of customers, from the first byte of its upload to the end of its job.
    pub(crate) fn import(&mut self) -> anyhow::Result<()> {
        let database = self.databases.create("import")?;
        let file = database.folder.join("customers.csv");
        let bytes = shop::write_csv(&file, self.effort.rows)?;
        let server = Server::start(&database)?;
        let started = Instant::now();
        import(&server, "customers", &file)?;
        let elapsed = started.elapsed();
        let size = bytes >> 20;
        let name = format!("CSV import of {} rows ({size} MiB)", self.effort.rows);
        let rate = self.effort.rows as f64 / elapsed.as_secs_f64();
        let rate = Figure::new(name, rate, "rows/s");
        let aim = match self.databases.kind() {
            Kind::Sqlite => Some(Aim::AtLeast(20_000.0)),
            Kind::Postgres => None,
        };
        self.add(Figure { aim, ..rate });
        let memory = server.peak_memory()? as f64 / 1e6;
        self.add(Figure::new("peak memory of an importing server", memory, "MB").aim(Aim::LessThan(300.0)));
        std::fs::remove_file(&file)?;
        drop(server);
        if let Place::Schema(schema) = &database.place {
            schema.settle()?;
        }
        self.imported = Some(Rc::new(database));
        Ok(())
    }

    /// The database that an import has filled.
    fn imported(&mut self) -> anyhow::Result<Rc<Database>> {
        if self.imported.is_none() {
            self.import()?;
        }
        self.imported.clone().context("the import has left a database")
    }

    /// Send-outs that were waiting are delivered as fast as possible, and single ones as soon as
    /// possible.
    pub(crate) fn webhooks(&mut self) -> anyhow::Result<()> {
        let sink = Sink::start()?;
        let (mut rate, mut way) = (0.0f64, Vec::new());
        for _ in 0..self.effort.repeat {
            let database = self.databases.create("webhooks")?;
            leave_waiting(&Server::start_without_deliveries(&database)?, &sink)?;
            let server = Server::start(&database)?;
            let first = arrival(&sink)?;
            let mut last = first;
            for _ in 1..SEND_OUTS {
                last = arrival(&sink)?;
            }
            rate = rate.max(SEND_OUTS as f64 / (last - first).as_secs_f64());
            // Until the last outcomes are recorded.
            std::thread::sleep(Duration::from_millis(300));
            let surplus = sink.arrivals.try_iter().count();
            ensure!(surplus == 0, "{surplus} webhooks arrived twice");
            let found = single_updates(&server, &sink)?;
            if way.is_empty() || percentile(&found, 99) < percentile(&way, 99) {
                way = found;
            }
        }
        self.add(Figure::new("webhook deliveries to one endpoint", rate, "req/s").aim(Aim::AtLeast(2_000.0)));
        self.add(Figure::time("update sent to webhook received, p50", percentile(&way, 50)));
        let slowest = Figure::time("update sent to webhook received, p99", percentile(&way, 99));
        self.add(slowest.aim(Aim::LessThan(100.0)));
        Ok(())
    }

    /// From the start of the process to its first answer that it is ready, on the large store.
    pub(crate) fn start(&mut self) -> anyhow::Result<()> {
        let database = self.imported()?;
        let mut best = Duration::MAX;
        for _ in 0..self.effort.repeat {
            let started = Instant::now();
            let server = Server::start(&database)?;
            best = best.min(started.elapsed());
            drop(server);
        }
        let name = format!("start to ready with {} customers", self.effort.rows);
        self.add(Figure::time(name, best).aim(Aim::LessThan(300.0)));
        Ok(())
    }

    /// Listings on the large store, against the same ones on a small store.
    pub(crate) fn lists(&mut self) -> anyhow::Result<()> {
        let large = self.imported()?;
        let small = self.databases.create("small")?;
        let file = small.folder.join("customers.csv");
        shop::write_csv(&file, FEW)?;
        import(&Server::start(&small)?, "customers", &file)?;
        if let Place::Schema(schema) = &small.place {
            schema.settle()?;
        }
        let (large, small) = (Server::start(&large)?, Server::start(&small)?);
        let wanted = shop::email(FEW / 2);
        let source_id = shop::source_id(FEW / 2);
        let many = self.effort.rows;
        let same = Some(Aim::RatioAtMost(1.5));
        for (what, query, aim) in [
            ("the newest 10", "limit=10".to_owned(), same),
            ("page 99", "limit=10&page=99".to_owned(), same),
            ("by email", format!("email={wanted}"), same),
            ("by name", "name=Customer%20Number%20500".to_owned(), same),
            ("filters[source_id] $is", format!("filters[source_id][conditions][$is]={source_id}"), same),
            // What is counted or searched through grows with the number; shown so that it is known.
            ("by city, an eighth", "city=Leeds".to_owned(), None),
            ("filters[email] $is", format!("filters[email][conditions][$is]={wanted}"), None),
        ] {
            let path = format!("/v1/customers?{}", query.replace('[', "%5B").replace(']', "%5D").replace('$', "%24"));
            let median = |server: &Server| {
                let list = |_, bytes: &mut Vec<u8>| client::get(bytes, &path);
                Ok::<_, anyhow::Error>(
                    client::run(&[server.address], 1, Until::Elapsed(LISTING_TIME), list)?.percentile(50),
                )
            };
            let (small, large) = (median(&small)?, median(&large)?);
            let figure = Figure::time(format!("list {what}, {many} against {FEW}"), large);
            self.add(Figure { aim, ..figure.against(small.as_secs_f64() * 1_000.0) });
        }
        Ok(())
    }
}

/// The limit and the run whose ratio is in the middle. Both were measured one right after the other, so
/// that whatever else the machine did met both; the best of each might stem from different moments.
pub(crate) fn median(mut pairs: Vec<(f64, Run)>) -> anyhow::Result<(f64, Run)> {
    pairs.sort_by(|(limit, run), (other_limit, other)| {
        (run.per_second / limit).total_cmp(&(other.per_second / other_limit))
    });
    let middle = pairs.len().saturating_sub(1) / 2;
    pairs.into_iter().nth(middle).context("no run")
}

fn start_nodes(database: &Database, count: usize) -> anyhow::Result<Vec<Server>> {
    (0..count).map(|_| Server::start(database)).collect()
}

fn addresses(servers: &[Server]) -> Vec<SocketAddr> {
    servers.iter().map(|server| server.address).collect()
}

pub(crate) fn request(path: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    client::get(&mut bytes, path);
    bytes
}

/// Uploads a file of customers or others and waits for the end of its job.
pub(crate) fn import(server: &Server, kind: &str, file: &Path) -> anyhow::Result<()> {
    let accepted = client::upload(server.address, &format!("/v1/{kind}/importCSV"), file)?;
    let id = accepted["async_action_id"].as_str().context("an async action")?;
    let path = request(&format!("/v1/async-actions/{id}"));
    loop {
        let action = client::json(server.address, &path)?;
        match action["status"].as_str() {
            Some("DONE") if action["result"]["failed_count"] == 0 => return Ok(()),
            Some("DONE" | "FAILED") => bail!("the import has failed: {action}"),
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Creates a webhook and a customer, and updates the customer until that many send-outs wait.
fn leave_waiting(server: &Server, sink: &Sink) -> anyhow::Result<()> {
    create_customer(server)?;
    let mut bytes = Vec::new();
    let body = format!(r#"{{"target_url":"http://{}/webhooks","events":["customer.updated"]}}"#, sink.address);
    client::manage(&mut bytes, "POST", &format!("/management/v1/projects/{}/webhooks", shop::PROJECT), &body);
    client::json(server.address, &bytes)?;
    client::run(&[server.address], CONNECTIONS, Until::Count(SEND_OUTS), update)?;
    Ok(())
}

/// Creates the customer that [`update`] changes.
fn create_customer(server: &Server) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    upsert(0, &mut bytes);
    client::json(server.address, &bytes)?;
    Ok(())
}

pub(crate) fn upsert(number: u64, bytes: &mut Vec<u8>) {
    client::send(bytes, "POST", "/v1/customers", &shop::body(number));
}

fn update(number: u64, bytes: &mut Vec<u8>) {
    let body = format!(r#"{{"metadata":{{"visits":{number}}}}}"#);
    client::send(bytes, "PUT", &format!("/v1/customers/{}", shop::source_id(0)), &body);
}

fn arrival(sink: &Sink) -> anyhow::Result<Instant> {
    sink.arrivals.recv_timeout(Duration::from_secs(30)).context("a webhook did not arrive")
}

/// Updates one by one, each after the webhook of the last; returns how long each took from the request
/// to its webhook, sorted.
fn single_updates(server: &Server, sink: &Sink) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    for number in 0..SINGLE_UPDATES {
        let mut bytes = Vec::new();
        update(number, &mut bytes);
        let sent = Instant::now();
        client::json(server.address, &bytes)?;
        times.push(arrival(sink)? - sent);
        // The next one finds the dispatcher idle.
        std::thread::sleep(Duration::from_millis(10));
    }
    times.sort_unstable();
    Ok(times)
}
