//! One request, as its handler sees it.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode},
};
use bytes::Bytes;
use guerdon_core::{
    Context,
    tx::{Result as TxResult, Tx},
};
use guerdon_model::{
    Error,
    ids::{AsyncActionId, RequestId},
    payload,
};
use guerdon_store::Key;
use parking_lot::Mutex;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    app::App,
    respond::{Answer, Refusal, Started, answered},
};

/// A request whose caller is known and may do this.
pub struct Call {
    pub app: Arc<App>,
    pub request_id: RequestId,
    /// On whose behalf, and in which project.
    pub context: Context,
    /// The path's parameters, percent-decoded, in order.
    pub(crate) params: Vec<(String, String)>,
    /// The query string's pairs, decoded, in order.
    pub query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    /// The whole body, for routes that take JSON.
    pub(crate) body: Bytes,
    /// The body still to be read, for routes that take a file; behind a lock because a body alone
    /// can't be shared between threads.
    pub(crate) stream: Mutex<Body>,
}

impl Call {
    /// The path's parameter of that name; empty if the route has none.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The last query parameter of that name.
    pub fn query_param(&self, name: &str) -> Option<&str> {
        self.query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as an object of this form.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        payload::parse(&self.body).map_err(Refusal::from)
    }

    /// The body as any JSON.
    pub fn json(&self) -> Result<Value, Refusal> {
        payload::parse_any(&self.body).map_err(Refusal::from)
    }

    /// Runs a command; see [`guerdon_core::executor::Executor::execute`].
    pub async fn execute<T, F>(&self, needs: Vec<Key>, command: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx) -> TxResult<T> + Send + 'static,
    {
        self.app.guerdon.executor.execute(self.context.clone(), needs, command).await
    }

    /// Runs a command and answers what it gives: once, if the request has an `Idempotency-Key`. Every route that
    /// is not [repeatable](crate::routes::Repeats) by nature answers by this.
    pub async fn answer<T, F>(&self, needs: Vec<Key>, command: F) -> Answer
    where
        T: Serialize + Send + 'static,
        F: FnMut(&mut Tx) -> TxResult<T> + Send + 'static,
    {
        self.answer_with(StatusCode::OK, needs, command).await
    }

    /// The same with another status.
    pub async fn answer_with<T, F>(&self, status: StatusCode, needs: Vec<Key>, command: F) -> Answer
    where
        T: Serialize + Send + 'static,
        F: FnMut(&mut Tx) -> TxResult<T> + Send + 'static,
    {
        let (context, executor) = (self.context.clone(), &self.app.guerdon.executor);
        answered(status, &executor.answer(context, needs, status.as_u16(), command).await?)
    }

    /// Answers with the id of an async action that a command starts.
    pub async fn answer_started<F>(&self, status: StatusCode, mut start: F) -> Answer
    where
        F: FnMut(&mut Tx) -> TxResult<AsyncActionId> + Send + 'static,
    {
        self.answer_with(status, Vec::new(), move |tx| Ok(Started { async_action_id: start(tx)? })).await
    }

    /// Runs a command that only reads.
    pub async fn read<T>(&self, command: impl FnMut(&mut Tx) -> TxResult<T>) -> Result<T, Error> {
        self.app.guerdon.executor.read(&self.context, command).await
    }
}
