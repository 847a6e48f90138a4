//! What becomes of an installation whose secret key is lost.

use std::sync::Arc;

use guerdon_core::{
    Context, Guerdon, Options,
    clock::SystemClock,
    ids::IdGenerator,
    projects::{self, Bootstrap},
    secrets::SecretKey,
};
use guerdon_store::{Store, memory::Memory};

fn installation(store: &Arc<Memory>, key: &str) -> Arc<Guerdon> {
    let (store, secret): (Arc<dyn Store>, _) = (store.clone(), SecretKey::parse(key).expect("long enough"));
    Guerdon::new(store, Arc::new(SystemClock), IdGenerator::from_system(), secret, Options::default())
}

#[tokio::test]
async fn without_its_secret_key_an_installation_still_starts_and_can_replace_the_signing_key() {
    let store = Memory::new();
    let before = installation(&store, "the first secret key");
    let first = projects::bootstrap(&before, Bootstrap::default()).await.expect("a store").expect("the first start");

    let after = installation(&store, "quite another secret key");
    assert!(projects::bootstrap(&after, Bootstrap::default()).await.expect("it starts").is_none());
    let listed = projects::list(&after).await.expect("a list").rows;
    assert_eq!(listed[0].webhook_token, "", "what can't be opened is shown empty");

    let context = Context::background(first.project.clone(), &after.ids.next(after.clock.now()));
    let secret = after.secret.clone();
    let rotate = after.executor.execute(context, Vec::new(), move |tx| projects::rotate_webhook_token(tx, &secret));
    let rotated = rotate.await.expect("it can be replaced");
    let listed = projects::list(&after).await.expect("a list").rows;
    assert_eq!(listed[0].webhook_token, rotated.webhook_token);
    assert_ne!(rotated.webhook_token, "");
}
