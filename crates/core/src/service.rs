//! Guerdon as one value: the store, the executor and what they share. Every front end holds one.

use std::{collections::HashMap, sync::Arc};

use guerdon_model::{
    Error,
    api_key::{ApiKey, KeyKind},
    ids::ProjectId,
};
use guerdon_store::{Collection, Key, Store, collection::locator};
use parking_lot::RwLock;

use crate::{
    clock::Clock,
    executor::{Executor, Signals},
    failure::unavailable,
    ids::IdGenerator,
    secrets::{self, SecretKey},
    snapshot::Snapshots,
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
    /// Where keys that were used belong.
    located: RwLock<HashMap<String, ProjectId>>,
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
        let snapshots = Arc::new(Snapshots::new(store.clone(), secret.clone()));
        let executor = Executor::new(
            store.clone(),
            snapshots.clone(),
            clock.clone(),
            ids.clone(),
            signals.clone(),
            options.queue_length,
        );
        Arc::new(Self { store, executor, snapshots, clock, ids, signals, secret, options, located: RwLock::default() })
    }

    /// Whose key this is, if the secret fits and the key is not blocked.
    ///
    /// # Errors
    /// `Unauthorized`, the same for whatever is wrong; `StoreUnavailable`.
    pub async fn authenticate(&self, kind: KeyKind, app_id: &str, token: &str) -> Result<Authenticated, Error> {
        let project = self.locate(kind, app_id).await?;
        let config = self.snapshots.get(&project, None).await?;
        let key = config.key(app_id).filter(|key| key.kind == kind).ok_or(Error::Unauthorized)?;
        let fits = secrets::equal(&secrets::hash_token(token), &key.token_hash);
        if !fits || key.blocked {
            return Err(Error::Unauthorized);
        }
        Ok(Authenticated { project, key: key.clone() })
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
