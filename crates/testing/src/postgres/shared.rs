//! One server for the tests of all processes, started by the first that needs it and stopped when
//! nobody has needed it for a while.
//!
//! Its folder is `guerdon-postgres-<user id>` in the folder of temporary files:
//!
//! * `start.lock` is held by whoever looks whether the server runs, starts it or stops it;
//! * `users.lock` is held, together with others, as long as a [`Schema`] is in use, and has one byte
//!   for each schema that was ever made. The kernel lets go of it even if a test is killed;
//! * `server` is what may be thrown away at any time while `start.lock` is held.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    os::unix::fs::MetadataExt,
    path::Path,
};

use tokio_postgres::NoTls;

use super::{
    blocking,
    cluster::Cluster,
    installation::{Installation, our_id},
};

/// Nothing of the tests has to survive a crash.
const SETTINGS: [&str; 4] =
    ["fsync = off", "synchronous_commit = off", "full_page_writes = off", "max_connections = 300"];

/// Stops the server and removes the folder once two looks in a row have found nobody, and no schema
/// was made in between. The folder goes all at once, by a rename, so that nobody enters half of it.
/// On a system without `flock`, the server stays.
const KEEPER: &str = r#"(
command -v flock || exit
seen=
while sleep 15; do
    exec 8<start.lock 9<users.lock || exit
    flock 8
    made=$(wc -c <users.lock)
    flock --nonblock 9 || made=
    if [ -n "$made" ] && [ "$made" = "$seen" ]; then
        "$2" stop --mode=immediate --pgdata "$3"
        mv "$1" "$1.$$" && rm -rf "$1.$$"
        exit
    fi
    seen=$made
    exec 8<&- 9<&-
done
) &"#;

/// An empty schema of the shared server. Keep it as long as you use it.
pub struct Schema {
    url: String,
    _in_use: File,
}

impl Schema {
    /// Where it is reached: what is said through this URL without naming a schema is said about this
    /// one.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Makes an empty schema on the shared server, which is started if need be, in about a second. Says
/// so if PostgreSQL is not installed.
///
/// # Panics
/// When the server can't be started or used; when PostgreSQL is not installed and `CI` is set.
pub async fn shared() -> Option<Schema> {
    let installation = Installation::found()?;
    let (cluster, number, in_use) = blocking(|| running(installation)).await;
    let name = format!("test_{number}");
    run(&cluster.url(), &format!("CREATE SCHEMA {name}")).await;
    let url = format!("{}?options=-c%20search_path%3D{name}", cluster.url());
    Some(Schema { url, _in_use: in_use })
}

async fn run(url: &str, statement: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the shared server takes connections");
    let connection = tokio::spawn(connection);
    client.batch_execute(statement).await.expect("the shared server does as it is told");
    drop(client);
    let _ = connection.await;
}

/// The server, started if need be; a number that nobody else gets; and the lock that keeps it all.
fn running(installation: Installation) -> (Cluster, u64, File) {
    let folder = std::env::temp_dir().join(format!("guerdon-postgres-{}", our_id()));
    let start_lock = enter(&installation, &folder);
    let mut in_use = open(&installation, &folder.join("users.lock")).expect("the folder is there");
    in_use.lock_shared().expect("a lock");
    in_use.write_all(b".").expect("room for a byte");
    let number = in_use.metadata().expect("a length").len();
    let cluster = Cluster { installation, folder: folder.join("server") };
    if !cluster.is_listening() {
        // First, so that what is started does not stay if we are killed.
        cluster.script(KEEPER, &folder).status().expect("a shell");
        // What a crash or a restart of the machine has left.
        cluster.remove();
        cluster.create(&SETTINGS);
    }
    drop(start_lock);
    (cluster, number, in_use)
}

/// Makes the folder if need be, and waits for its `start.lock`.
fn enter(installation: &Installation, folder: &Path) -> File {
    let path = folder.join("start.lock");
    loop {
        installation.make_folder(folder);
        // While we waited, the folder may have been removed, and made anew by somebody else.
        let Some(file) = open(installation, &path) else { continue };
        file.lock().expect("a lock");
        let locked = file.metadata().expect("a number").ino();
        if fs::metadata(&path).is_ok_and(|found| found.ino() == locked) {
            return file;
        }
    }
}

/// Opens a file that the keeper can open as well, unless its folder is gone.
fn open(installation: &Installation, path: &Path) -> Option<File> {
    match OpenOptions::new().append(true).create(true).open(path) {
        Ok(file) => {
            installation.hand_over_file(&file);
            Some(file)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => panic!("{} can't be opened: {error}", path.display()),
    }
}
