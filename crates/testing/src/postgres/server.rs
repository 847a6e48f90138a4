//! A server of one test alone, to be killed and started again.

use std::{
    path::Path,
    process::{Child, Stdio},
};

use super::{blocking, cluster::Cluster, installation::Installation};

/// `fsync` is on by default; it is here to say that tests rely on it.
const SETTINGS: &[&str] = &[
    "fsync = on",
    "max_connections = 200",
    // A start after a crash syncs the file system once instead of each file, which takes seconds.
    // Since PostgreSQL 14.
    #[cfg(target_os = "linux")]
    "recovery_init_sync_method = syncfs",
];

/// Waits until its input ends, which it does even if the test is killed, and cleans up: several times
/// if something that the test had started is still writing.
const KEEPER: &str = r#"
read -r _
for _ in 1 2 3 4 5 6 7 8 9 10; do
    "$2" stop --mode=immediate --pgdata "$3"
    rm -rf "$1" && exit
    sleep 0.2
done
"#;

/// A server that nobody else uses. It stops and its folder is removed when this is dropped, and also
/// when the test's process is killed.
pub struct Server {
    cluster: Cluster,
    url: String,
    keeper: Child,
}

impl Server {
    /// Starts one, or says that PostgreSQL is not installed. Takes about a second.
    ///
    /// # Panics
    /// When it can't be started; when PostgreSQL is not installed and `CI` is set.
    pub async fn start() -> Option<Self> {
        let installation = Installation::found()?;
        Some(blocking(|| Self::start_of(installation)).await)
    }

    fn start_of(installation: Installation) -> Self {
        let folder = tempfile::Builder::new().prefix("guerdon-postgres-").tempdir().expect("a folder").keep();
        installation.hand_over(&folder);
        let cluster = Cluster { installation, folder };
        let keeper = cluster.script(KEEPER, &cluster.folder).stdin(Stdio::piped()).spawn().expect("a shell");
        // From here on, the keeper cleans up after a panic too.
        let server = Self { url: cluster.url(), cluster, keeper };
        server.cluster.create(SETTINGS);
        server
    }

    /// Where its database `guerdon` is reached, whose owner we are.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The folder of its data, its log and its socket.
    pub fn folder(&self) -> &Path {
        &self.cluster.folder
    }

    /// Stops it as a crash would: connections break, and only what is in its log of changes is left.
    pub async fn stop_immediately(&self) {
        let cluster = self.cluster.clone();
        blocking(move || cluster.stop_immediately()).await;
    }

    /// Starts it after it was stopped, and waits until it has recovered.
    pub async fn start_again(&self) {
        let cluster = self.cluster.clone();
        blocking(move || cluster.start()).await;
    }

    /// A crash and a start at once.
    pub async fn restart_immediately(&self) {
        self.stop_immediately().await;
        self.start_again().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
