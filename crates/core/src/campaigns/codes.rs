//! Draws codes that nobody has.

use std::{collections::HashSet, sync::Arc};

use guerdon_model::{
    code_config::CodeConfig,
    voucher::{Voucher, folded},
};
use guerdon_store::{Collection, Key};
use parking_lot::Mutex;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};

use super::is_case_sensitive;
use crate::{
    ids::IdGenerator,
    tx::{Result, Tx},
};

/// From so many possible codes on, a code that was drawn is not looked up before it is taken: should
/// somebody have it all the same, the commit fails at the unique index and its commands run again.
const SPARSE: u64 = 1_000_000_000_000;
/// How many rounds of drawing there are at most, each of as many codes as all before it.
const ROUNDS: usize = 6;
/// Up to so many possible codes, those that are left are found by trying them all.
const FEW: u64 = 100_000;

/// How many codes are drawn ahead for slices of one job.
const AHEAD: usize = 100_000;

/// Codes that slices of one job take one after another, in the order of the index that they go into. A
/// slice then changes few pages of it, which is what writing a million random codes costs most.
#[derive(Debug, Clone, Default)]
pub struct CodesAhead {
    /// The last is the next. What is lost with the process is drawn anew.
    codes: Arc<Mutex<Vec<String>>>,
}

/// Codes for one request. They are drawn from a seed of its own, so that a command which runs again after
/// it has found out who has them draws the same ones. Nobody else can guess them.
#[derive(Debug, Clone)]
pub struct CodeDraw {
    random: StdRng,
    drawn: Vec<String>,
    ahead: Option<CodesAhead>,
}

impl CodeDraw {
    /// Nothing drawn yet.
    pub fn new(ids: &IdGenerator) -> Self {
        Self { random: StdRng::from_seed(ids.bytes()), drawn: Vec::new(), ahead: None }
    }

    /// The same for a slice of a job.
    pub fn for_slice(ids: &IdGenerator, ahead: CodesAhead) -> Self {
        Self { ahead: Some(ahead), ..Self::new(ids) }
    }

    /// So many different codes that nobody has; fewer if there are not so many.
    pub fn take(&mut self, tx: &mut Tx, config: &CodeConfig, count: usize) -> Result<Vec<String>> {
        let is_case_sensitive = is_case_sensitive(tx);
        let capacity = config.capacity(is_case_sensitive);
        let alphabet = config.alphabet(is_case_sensitive);
        let mut free = Free { codes: Vec::with_capacity(count), seen: HashSet::new(), count, is_case_sensitive };
        if capacity >= SPARSE {
            // Others in each run: after a conflict, the same ones would conflict again.
            let mut draw = || config.code(&alphabet, |choices| self.random.random_range(0..choices));
            if let Some(ahead) = &self.ahead {
                let mut ahead = ahead.codes.lock();
                if ahead.is_empty() {
                    ahead.extend(std::iter::repeat_with(&mut draw).take(AHEAD));
                    ahead.sort_by_cached_key(|code| free.lookup(code));
                }
                while !free.is_enough()
                    && let Some(code) = ahead.pop()
                {
                    free.add(code);
                }
            }
            while !free.is_enough() {
                free.add(draw());
            }
            // Whoever knows some of them does not know in which order the others come.
            free.codes.shuffle(&mut self.random);
            return Ok(free.codes);
        }
        for round in 0..ROUNDS {
            let wanted = (count + 4) << round;
            while self.drawn.len() < wanted {
                self.drawn.push(config.code(&alphabet, |choices| self.random.random_range(0..choices)));
            }
            free.look_up(tx, &self.drawn)?;
            if free.is_enough() {
                return Ok(free.codes);
            }
        }
        if capacity <= FEW {
            free.look_up(tx, &every_code(config, &alphabet, capacity))?;
        }
        Ok(free.codes)
    }
}

/// Every possible code, in order.
fn every_code(config: &CodeConfig, alphabet: &[char], capacity: u64) -> Vec<String> {
    let nth = |number: u64| {
        let mut rest = number;
        config.code(alphabet, |choices| {
            let digit = rest % choices as u64;
            rest /= choices as u64;
            digit as usize
        })
    };
    (0..capacity).map(nth).collect()
}

/// The codes that were found to be free.
struct Free {
    codes: Vec<String>,
    /// All that were looked at, as they are looked up.
    seen: HashSet<String>,
    count: usize,
    is_case_sensitive: bool,
}

impl Free {
    fn is_enough(&self) -> bool {
        self.codes.len() >= self.count
    }

    fn lookup(&self, code: &str) -> String {
        folded(code, self.is_case_sensitive).unwrap_or_else(|| code.to_owned())
    }

    fn add(&mut self, code: String) {
        if self.seen.insert(self.lookup(&code)) {
            self.codes.push(code);
        }
    }

    /// Adds those that nobody has, as long as they are wanted.
    fn look_up(&mut self, tx: &mut Tx, candidates: &[String]) -> Result<()> {
        let column = Collection::Vouchers.column("code").expect("the collection's table has this column");
        tx.need(candidates.iter().map(|code| Key::unique(Collection::Vouchers, column, self.lookup(code))))?;
        for code in candidates {
            if self.is_enough() {
                break;
            }
            let lookup = self.lookup(code);
            if self.seen.insert(lookup.clone()) && tx.find::<Voucher>("code", &lookup)?.is_none() {
                self.codes.push(code.clone());
            }
        }
        Ok(())
    }
}
