//! Qualifications: what somebody could use, and what each of it would do by itself. `docs/qualifications.md`
//! has the page for users.
//!
//! `POST /v1/qualifications` looks at as little as it can, and writes nothing:
//!
//! 1. [`Asked`] is the request, checked. Its scenario's [`scenario::Row`] says which redeemables are
//!    candidates, and which rules count.
//! 2. The scene is that of a validation ([`crate::redeemables::Scene`]).
//! 3. Of what the configuration offers ([`Offers`]), an index names what may qualify. It lies in memory.
//! 4. The store has the vouchers that the customer holds, and the codes for everybody ([`pool`]).
//! 5. [`page`] goes through all of them, newest first, and evaluates each alone until the page is full. With
//!    another sorting, it evaluates all and keeps the best.

mod answer;
mod candidate;
mod offers;
pub mod older;
mod page;
mod pool;
mod scenario;
mod stacks;

use guerdon_model::{
    Error, Timestamp,
    filter::Filter,
    qualification::{QualificationAnswer, QualificationInput, Sorting},
    redeemable::SceneInput,
};

use crate::{
    context::Context,
    redeemables::{
        Scene, keys_of_scene,
        locks::{self, Attempt},
    },
    service::Guerdon,
    tx::{Result as TxResult, Tx},
};

pub use offers::{Offer, Offers};
use page::Page;
use pool::Pool;
pub use pool::{MAX_GENERIC, MAX_HELD, MAX_STANDALONE};
use scenario::{Kinds, Row};

/// How often ended sessions are removed for one qualification, so many of each voucher at a time.
const MAX_TRIES: usize = 16;

/// What is asked about.
#[derive(Debug)]
struct Asked {
    scene: SceneInput,
    row: Row,
    sorting: Sorting,
    /// The opposite of how candidates are evaluated.
    oldest_first: bool,
    limit: usize,
    starting_after: Option<Timestamp>,
    filter: Option<Filter>,
}

impl Asked {
    fn of(input: QualificationInput) -> Result<Self, Error> {
        input.scene.check()?;
        let question = &input.question;
        Ok(Self {
            row: Row::of(question.scenario()),
            sorting: question.sorting(),
            oldest_first: false,
            limit: question.limit()?,
            starting_after: question.starting_after()?,
            filter: question.filter()?,
            scene: input.scene,
        })
    }
}

/// What qualifies.
///
/// # Errors
/// `invalid_payload`; `not_found` for a customer or an order; `metadata_validation_failed`; `StoreUnavailable`.
pub async fn qualify(
    guerdon: &Guerdon,
    context: &Context,
    input: QualificationInput,
) -> Result<QualificationAnswer, Error> {
    let asked = Asked::of(input)?;
    ask(guerdon, context, &asked, |tx, scene, pool| match asked.row.kinds {
        Kinds::Stacks => stacks::fill(tx, &asked, scene).map(Attempt::Done),
        _ => {
            let page = page::fill(tx, &asked, scene, pool)?;
            Ok(page.map(|Page { rows, next }| {
                let rows = rows.iter().map(|qualified| answer::row(tx, &asked, scene, qualified)).collect();
                answer::whole(tx, &asked, scene, rows, next)
            }))
        }
    })
    .await
}

/// Finds the vouchers that a question is about, and has it answered.
async fn ask<A>(
    guerdon: &Guerdon,
    context: &Context,
    asked: &Asked,
    mut tell: impl FnMut(&mut Tx, &Scene, &Pool) -> TxResult<Attempt<A>>,
) -> Result<A, Error> {
    for _ in 0..MAX_TRIES {
        let found = guerdon.executor.read(context, |tx| {
            tx.need(keys_of_scene(tx.config(), &asked.scene))?;
            let scene = Scene::foreseen(tx, &asked.scene)?;
            let campaigns = pool::standalone(tx, asked, &scene)?;
            Ok((scene, campaigns))
        });
        let (scene, campaigns) = found.await?;
        let pool = Pool::fill(guerdon, context, asked, &scene, campaigns).await?;
        match guerdon.executor.read(context, |tx| tell(tx, &scene, &pool)).await? {
            Attempt::Done(answer) => return Ok(answer),
            Attempt::Due(vouchers) => locks::sweep(guerdon, context, &vouchers).await?,
        }
    }
    Err(Error::Overloaded { retry_after_seconds: 1 })
}
