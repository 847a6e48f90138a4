//! Guerdon as one value: the store, the executor and what they share. Every front end holds one.

use std::{collections::HashMap, sync::Arc};

use guerdon_model::{
    Error,
    api_key::{ApiKey, KeyKind},
    filter::Moment,
    ids::ProjectId,
};
use guerdon_store::{Collection, Key, Page, Query, Store, collection::locator};
use parking_lot::RwLock;

use crate::{
    clock::Clock,
    context::Context,
    executor::{Executor, Signals},
    failure::unavailable,
    ids::IdGenerator,
    images::{ImageIds, KnownMarks},
    publications::candidates::Candidates,
    secrets::{self, SecretKey},
    snapshot::{Snapshot, Snapshots},
};

/// What an operator can set.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where clients reach the API, without a slash at the end; for links in answers.
    pub public_url: String,
    /// How many commands of one project may wait before further ones are refused.
    pub queue_length: usize,
    /// How long settled send-outs are kept, in milliseconds.
    pub send_out_retention: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8787".into(),
            queue_length: 4_096,
            send_out_retention: 180 * 24 * 3_600_000,
        }
    }
}

/// The whole engine.
pub struct Guerdon {
    pub store: Arc<dyn Store>,
    pub executor: Executor,
    pub snapshots: Arc<Snapshots>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<IdGenerator>,
    pub signals: Arc<Signals>,
    pub secret: SecretKey,
    pub options: Options,
    pub(crate) candidates: Candidates,
    /// Where keys that were used belong.
    located: RwLock<HashMap<String, ProjectId>>,
    pub(crate) image_ids: Arc<ImageIds>,
    pub(crate) known_marks: KnownMarks,
}

/// A key that has proved its secret.
#[derive(Debug, Clone)]
pub struct Authenticated {
    pub project: ProjectId,
    pub key: Arc<ApiKey>,
}

impl Guerdon {
    /// An engine on this store.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: IdGenerator,
        secret: SecretKey,
        options: Options,
    ) -> Arc<Self> {
        let ids = Arc::new(ids);
        let signals = Arc::new(Signals::default());
        let image_ids = Arc::new(ImageIds::of(&secret));
        let snapshots = Snapshots::new(store.clone(), secret.clone(), image_ids.clone(), &options.public_url);
        let snapshots = Arc::new(snapshots);
        let executor = Executor::new(
            store.clone(),
            snapshots.clone(),
            clock.clone(),
            ids.clone(),
            signals.clone(),
            options.queue_length,
        );
        Arc::new(Self {
            store,
            executor,
            snapshots,
            clock,
            ids,
            signals,
            secret,
            options,
            candidates: Candidates::default(),
            located: RwLock::default(),
            image_ids,
            known_marks: KnownMarks::default(),
        })
    }

    /// Whose key this is, if the secret fits and the key is not blocked.
    ///
    /// # Errors
    /// `Unauthorized`, the same for whatever is wrong; `StoreUnavailable`.
    pub async fn authenticate(&self, kind: KeyKind, app_id: &str, token: &str) -> Result<Authenticated, Error> {
        let project = self.locate(kind, app_id).await?;
        let token_hash = secrets::hash_token(token);
        let fitting = |config: &Snapshot| {
            let key = config.key(app_id).filter(|key| key.kind == kind && !key.blocked)?;
            secrets::equal(&token_hash, &key.token_hash).then(|| key.clone())
        };
        // Of a server-side key, whatever this node knows will do: a command checks it again under the
        // configuration that it runs with. Others are few.
        if kind == KeyKind::Server
            && let Some(key) = fitting(self.snapshots.get(&project, None).await?.as_ref())
        {
            return Ok(Authenticated { project, key });
        }
        let key = fitting(self.snapshots.latest(&project).await?.as_ref()).ok_or(Error::Unauthorized)?;
        Ok(Authenticated { project, key })
    }

    /// A listing for a caller who is still allowed to see it.
    ///
    /// # Errors
    /// `Unauthorized` or `MissingPermission` by the latest configuration; `StoreUnavailable`.
    pub async fn query(&self, context: &Context, query: Query) -> Result<Page, Error> {
        context.check_caller(self.snapshots.latest(&context.project).await?.as_ref())?;
        self.store.query(query).await.map_err(unavailable)
    }

    /// The moment that relative dates in a project's filters refer to.
    ///
    /// # Errors
    /// `StoreUnavailable`.
    pub async fn moment(&self, project: &ProjectId) -> Result<Moment, Error> {
        let config = self.snapshots.latest(project).await?;
        Ok(Moment { now: self.clock.now(), zone: config.zone() })
    }

    async fn locate(&self, kind: KeyKind, app_id: &str) -> Result<ProjectId, Error> {
        let locator = locator(kind, app_id);
        let known = self.located.read().get(&locator).cloned();
        if let Some(project) = known {
            return Ok(project);
        }
        let column = Collection::ApiKeys.column("app_id").expect("the collection's table has this column");
        let key = Key::unique(Collection::ApiKeys, column, locator.as_str());
        let found = self.store.locate(key).await.map_err(unavailable)?;
        let project = found.ok_or(Error::Unauthorized)?;
        self.located.write().insert(locator, project.clone());
        Ok(project)
    }
}
