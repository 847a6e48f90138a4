//! Two nodes, several clients, a bad connection to the store, and a seed that decides everything.
//!
//! Each run is checked against a naive model: see `model`. A run that fails names its seed;
//! `GUERDON_SIM_SEED=17 cargo test -p guerdon-core --test simulation` repeats that one alone, with
//! the same interleaving of tasks: there is one thread, no timer and one source of randomness.

#[path = "simulation/faulty.rs"]
mod faulty;
#[path = "simulation/model.rs"]
mod model;
#[path = "simulation/operations.rs"]
mod operations;
#[path = "simulation/segments.rs"]
mod segments;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Once,
        atomic::{AtomicU64, Ordering},
    },
};

use faulty::Faulty;
use futures_util::future::join_all;
use guerdon_core::{
    Guerdon, Options,
    clock::{Clock, ManualClock},
    ids::IdGenerator,
    projects::{self, ProjectInput},
    secrets::SecretKey,
    tx::{Result, Tx},
};
use guerdon_model::{Error, Timestamp, customer::Customer};
use guerdon_store::{Collection, EventRecord, Query, Store, memory::Memory};
use model::{Done, World};
use operations::{Operation, context, project};
use parking_lot::Mutex;
use rand::{Rng, SeedableRng, rngs::StdRng};

const SEEDS: u64 = 200;
/// Of all clients together, in one run.
const OPERATIONS: usize = 200;

#[test]
fn every_run_is_one_that_could_have_happened_one_command_at_a_time() {
    for seed in seeds() {
        let _report = Report(seed);
        run(seed);
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let _report = Report(7);
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn a_full_queue_refuses_and_the_others_are_served() {
    block_on(async {
        let memory = Memory::new();
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(0)));
        let options = Options { queue_length: 4, ..Options::default() };
        let node = node(Faulty::new(memory.clone(), 1), &clock, 1, options);
        set_up(&node).await;
        // All are sent before the queue is looked at once.
        let outcomes = join_all((0..10).map(|number| Operation::Count.perform(&node, number, false))).await;
        let overloaded = |outcome: &operations::Outcome| matches!(outcome, Err(Error::Overloaded { .. }));
        assert_eq!(outcomes.iter().map(overloaded).collect::<Vec<_>>(), [vec![false; 4], vec![true; 6]].concat());
        node.executor.drain().await;
        assert_eq!(node.executor.pending(), 0);
        let log = memory.all_events(&project());
        let counted = log.iter().filter(|event| !segments::is_about(event)).count();
        assert_eq!(counted, 4, "what was refused is not done later");
        Operation::Count.perform(&node, 10, false).await.expect("there is room again");
    });
}

/// The seed of the environment, or the first [`SEEDS`].
fn seeds() -> std::ops::Range<u64> {
    match std::env::var("GUERDON_SIM_SEED") {
        Ok(seed) => {
            let seed = seed.parse().expect("GUERDON_SIM_SEED is a number");
            seed..seed + 1
        }
        Err(_) => 0..SEEDS,
    }
}

/// Tells the seed of a run that fails.
struct Report(u64);

impl Drop for Report {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the run with seed {0} failed; GUERDON_SIM_SEED={0} repeats it", self.0);
        }
    }
}

/// One run; returns its event log.
fn run(seed: u64) -> Vec<EventRecord> {
    keep_simulated_panics_quiet();
    block_on(async {
        let memory = Memory::new();
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_704_067_200_000)));
        let store = Faulty::new(memory.clone(), seed);
        let nodes = [1, 2].map(|number| node(store.clone(), &clock, seed << 2 | number, Options::default()));
        set_up(&nodes[0]).await;
        let start = customers(&memory).await;

        let mut random = StdRng::seed_from_u64(seed);
        // Some runs are calm: what goes wrong there is nobody's fault but ours.
        store.set_faults_per_thousand([0, 10, 40][random.random_range(0..3)]);
        let done = Arc::new(Mutex::new(BTreeMap::new()));
        let moments = Arc::new(AtomicU64::new(0));
        // Few clients make small batches, many make large ones.
        let count = [2, 4, 8, 20][random.random_range(0..4)];
        let each = OPERATIONS / count;
        let clients = (0..count).map(|client| {
            let client = Client {
                nodes: nodes.clone(),
                clock: clock.clone(),
                random: StdRng::seed_from_u64(seed << 8 | client as u64),
                numbers: client * each..(client + 1) * each,
                moments: moments.clone(),
                done: done.clone(),
            };
            tokio::spawn(client.live())
        });
        for client in join_all(clients).await {
            client.expect("a client does not panic");
        }
        for node in &nodes {
            node.executor.drain().await;
            assert_eq!(node.executor.pending(), 0);
        }

        let (log, end) = (memory.all_events(&project()), customers(&memory).await);
        segments::check(&memory, &end, &log).await;
        let log: Vec<EventRecord> = log.into_iter().filter(|event| !segments::is_about(event)).collect();
        let schemas = Query::all(project(), Collection::MetadataSchemas);
        let has_schema = !memory.query(schemas).await.expect("a page").records.is_empty();
        model::check(World::of(&start, false), &done.lock(), &log, &end, has_schema);
        log
    })
}

/// Sends one request after the other, to whichever node.
struct Client {
    nodes: [Arc<Guerdon>; 2],
    clock: Arc<ManualClock>,
    random: StdRng,
    numbers: std::ops::Range<usize>,
    /// Grows with every request and answer.
    moments: Arc<AtomicU64>,
    done: Arc<Mutex<BTreeMap<usize, Done>>>,
}

impl Client {
    async fn live(mut self) {
        for number in self.numbers {
            self.clock.advance_millis(self.random.random_range(0..3));
            let operation = Operation::random(&mut self.random);
            let node = &self.nodes[self.random.random_range(0..2)];
            let declares_needs = self.random.random();
            let asked = self.moments.fetch_add(1, Ordering::SeqCst);
            let outcome = operation.perform(node, number, declares_needs).await;
            let answered = self.moments.fetch_add(1, Ordering::SeqCst);
            self.done.lock().insert(number, Done { operation, outcome, asked, answered });
        }
    }
}

fn node(store: Arc<Faulty>, clock: &Arc<ManualClock>, seed: u64, options: Options) -> Arc<Guerdon> {
    let ids = IdGenerator::seeded(seed);
    let secret = SecretKey::generate(&ids);
    let clock: Arc<dyn Clock> = clock.clone();
    Guerdon::new(store, clock, ids, secret, options)
}

async fn set_up(node: &Guerdon) {
    let secret = node.secret.clone();
    let first = move |tx: &mut Tx| {
        let input = ProjectInput {
            name: Some("Simulated".into()),
            case_sensitive_codes: Some(true),
            timezone: Some("UTC".into()),
            currency: Some("USD".into()),
            ..ProjectInput::default()
        };
        projects::create(tx, &secret, &input)?;
        segments::set_up(tx);
        Ok(())
    };
    for command in [Box::new(first) as Box<dyn FnMut(&mut Tx) -> Result<()> + Send>, Box::new(operations::set_up)] {
        node.executor.execute(context(usize::MAX), Vec::new(), command).await.expect("nothing goes wrong yet");
    }
}

async fn customers(memory: &Memory) -> Vec<Customer> {
    let page = memory.query(Query::all(project(), Collection::Customers)).await.expect("a page");
    page.records.iter().map(|record| serde_json::from_str(&record.body).expect("a customer")).collect()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

/// Panics that are part of the play would fill the test's output.
fn keep_simulated_panics_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.payload().downcast_ref::<&str>() != Some(&"simulated") {
                usual(panic);
            }
        }));
    });
}
