//! Validations: what a redemption would come to, without redeeming. `docs/validations.md` has the rules.
//!
//! What there is to know, the evaluation and its words are those of all redeemables
//! ([`crate::redeemables`]). A validation adds two things: the session that locks what was found valid, and the
//! event. Without a session it is a read, and keeps nobody waiting; the event is recorded by itself, so that a
//! validation which changes nothing is never in the way of a redemption.

pub mod code;
pub mod promotions;
mod reason;

use std::sync::Arc;

use guerdon_engine::{
    evaluate::{self, Evaluation},
    rules::Scope,
    trace::Trace,
};
use guerdon_model::{
    Error,
    customer::Customer,
    event::{Event, EventType},
    ids::{CustomerId, SessionKey},
    redeemable::{Expansion, RedeemablesInput, RequestedInput, SceneInput, Session},
    validation::{ValidationAnswer, ValidationData, ValidationFacts},
};
use guerdon_store::Key;

use crate::{
    context::Context,
    idempotency::{Answered, Reply},
    redeemables::{
        Gathering, Scene,
        answer::Told,
        evaluate::with,
        gather, keys as keys_of_redeemables, keys_of_scene,
        locks::{self, Attempt},
    },
    service::Guerdon,
    snapshot::Snapshot,
    tx::{Result, Tx},
};

/// How often ended sessions are removed for one validation, so many of each voucher at a time.
const MAX_TRIES: usize = 16;

/// An evaluation, as whoever makes an answer of it sees it.
struct Evaluated<'e> {
    tx: &'e Tx<'e>,
    requested: &'e RequestedInput,
    input: &'e SceneInput,
    scene: &'e Scene,
    gathering: &'e Gathering,
    evaluation: &'e Evaluation<'e>,
}

/// What a validation is answered with.
trait Shown {
    /// The same with the session that it has begun, as JSON; none if it is refused.
    fn shown(&self, session: Option<&Session>) -> std::result::Result<Option<Reply>, Error>;
}

impl Shown for ValidationAnswer {
    fn shown(&self, session: Option<&Session>) -> std::result::Result<Option<Reply>, Error> {
        Reply::of(200, &Self { session: session.cloned(), ..self.clone() }).map(Some)
    }
}

/// Makes an answer.
type Tell<A> = fn(Evaluated<'_>, Trace) -> A;

/// What a validation has come to.
struct Validated<A> {
    answer: A,
    /// If something was locked.
    session: Option<Session>,
    /// If it is somebody who is known.
    customer: Option<CustomerId>,
}

/// Validates several redeemables.
///
/// # Errors
/// What [`RedeemablesInput::check`] and [`gather`] refuse; `not_found` for a customer or an order;
/// `metadata_validation_failed`; `StoreUnavailable` or `Overloaded`.
pub async fn validate(
    guerdon: &Guerdon,
    context: &Context,
    input: RedeemablesInput,
) -> std::result::Result<Answered<ValidationAnswer>, Error> {
    let validated = match ask(guerdon, context, input, tell).await? {
        Answered::Now(validated) => validated,
        Answered::Before(kept) => return Ok(Answered::Before(kept)),
    };
    let answer = ValidationAnswer { session: validated.session, ..validated.answer };
    if let Some(customer) = validated.customer {
        let facts = ValidationFacts::of(&answer, customer, guerdon.clock.now());
        let command = move |tx: &mut Tx| record(tx, &facts);
        guerdon.executor.execute(context.clone(), Vec::new(), command).await?;
    }
    Ok(Answered::Now(answer))
}

fn tell(evaluated: Evaluated<'_>, trace: Trace) -> ValidationAnswer {
    let Evaluated { tx, input, scene, gathering, evaluation, .. } = evaluated;
    let told = Told::of(tx, scene, gathering, evaluation, input);
    ValidationAnswer {
        id: tx.new_id(),
        valid: told.is_valid,
        redeemables: told.redeemables,
        inapplicable_redeemables: told.inapplicable,
        skipped_redeemables: told.skipped,
        order: told.order,
        tracking_id: scene.tracking_id.clone(),
        session: None,
        stacking_rules: tx.config().stacking_rules().into(),
        explain: trace.is_on().then(|| serde_json::json!(trace.into_nodes())),
    }
}

/// Tells of a validation, unless its customer has gone meanwhile.
fn record(tx: &mut Tx, validation: &ValidationFacts) -> Result<()> {
    let Some(customer) = tx.peek::<Customer>(validation.customer_id.as_str())? else { return Ok(()) };
    let kind = match validation.is_valid() {
        true => EventType::CUSTOMER_VALIDATION_SUCCEEDED,
        false => EventType::CUSTOMER_VALIDATION_FAILED,
    };
    let data = ValidationData { customer: customer.simple(), validation };
    tx.emit(Event::Of { kind, entity_id: customer.id.as_str(), data: &data });
    Ok(())
}

/// Validates, and has the answer made.
async fn ask<A: Shown + Send + 'static>(
    guerdon: &Guerdon,
    context: &Context,
    input: RedeemablesInput,
    tell: Tell<A>,
) -> std::result::Result<Answered<Validated<A>>, Error> {
    input.check()?;
    let input = Arc::new(input);
    for _ in 0..MAX_TRIES {
        let attempt = if input.scene.locks() || context.keyed.is_some() {
            let config = guerdon.snapshots.get(&context.project, None).await?;
            let (needs, input) = (keys(&config, &input), input.clone());
            let command = move |tx: &mut Tx| validate_in(tx, &input, tell);
            match guerdon.executor.answer_as(context.clone(), needs, command, reply).await? {
                Answered::Now(attempt) => attempt,
                Answered::Before(kept) => return Ok(Answered::Before(kept)),
            }
        } else {
            guerdon.executor.read(context, |tx| validate_in(tx, &input, tell)).await?
        };
        match attempt {
            Attempt::Done(validated) => return Ok(Answered::Now(validated)),
            Attempt::Due(vouchers) => locks::sweep(guerdon, context, &vouchers).await?,
        }
    }
    Err(Error::Overloaded { retry_after_seconds: 1 })
}

fn reply<A: Shown>(attempt: &Attempt<Validated<A>>) -> std::result::Result<Option<Reply>, Error> {
    match attempt {
        Attempt::Done(validated) => validated.answer.shown(validated.session.as_ref()),
        Attempt::Due(_) => Ok(None),
    }
}

/// What [`validate_in`] surely reads.
fn keys(config: &Snapshot, input: &RedeemablesInput) -> Vec<Key> {
    let redeemables = keys_of_redeemables(config, &input.requested.redeemables);
    keys_of_scene(config, &input.scene).into_iter().chain(redeemables).collect()
}

/// Validates within a command.
fn validate_in<A>(tx: &mut Tx, input: &RedeemablesInput, tell: Tell<A>) -> Result<Attempt<Validated<A>>> {
    tx.need(keys(tx.config(), input))?;
    let scene = Scene::foreseen(tx, &input.scene)?;
    let gathering = gather(tx, &input.requested.redeemables, &scene, input.scene.session_key())?;
    let due = locks::due(tx, &gathering);
    if !due.is_empty() {
        return Ok(Attempt::Due(due));
    }
    let mut trace = if input.scene.expands(Expansion::Explain) { Trace::on() } else { Trace::off() };
    let (answer, reservations) = with(tx, &scene, &gathering, Scope::Full, |request, requested| {
        let evaluation = evaluate::stack(request, requested, &mut trace);
        let reservations = evaluation.is_valid().then(|| locks::reservations(&gathering, &evaluation));
        let RedeemablesInput { requested, scene: input } = input;
        let (scene, gathering, evaluation) = (&scene, &gathering, &evaluation);
        (tell(Evaluated { tx, requested, input, scene, gathering, evaluation }, trace), reservations)
    });
    let session = match reservations {
        Some(reservations) => lock(tx, input, &reservations)?,
        None => None,
    };
    let customer = scene.buyer.filter(|buyer| buyer.is_known).map(|buyer| buyer.customer.id);
    Ok(Attempt::Done(Validated { answer, session, customer }))
}

/// Locks what was found valid, if the request asks for it.
fn lock(tx: &mut Tx, input: &RedeemablesInput, reservations: &[locks::Reservation]) -> Result<Option<Session>> {
    let sent = input.scene.session.as_ref();
    let session = sent.and_then(|sent| Session::of(sent, || tx.new_id::<SessionKey>().to_string()));
    if let Some(session) = &session {
        let end = session.ends_at(tx.now());
        reservations.iter().try_for_each(|reservation| locks::take(tx, reservation, &session.key, end))?;
    }
    Ok(session)
}
