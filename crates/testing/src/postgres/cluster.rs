//! A folder with a database, its log and its socket, and the server that runs on it.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::{net::UnixStream, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::installation::Installation;

/// The settings of all servers. The port is only a part of the socket's name.
const SETTINGS: [&str; 3] = ["listen_addresses = ''", "port = 5432", "shared_buffers = 64MB"];

/// The server may be there or not; every call here blocks until its work is done.
#[derive(Clone)]
pub(super) struct Cluster {
    pub(super) installation: Installation,
    pub(super) folder: PathBuf,
}

impl Cluster {
    /// Makes the folder, unless it is there, and in it an empty database, and starts the server.
    pub(super) fn create(&self, settings: &[&str]) {
        self.installation.make_folder(&self.folder);
        let mut initdb = self.installation.program("initdb", &self.folder);
        // The locale that every system has. No sync: nothing is in the database yet.
        initdb.args(["--encoding=UTF8", "--locale=C", "--username=guerdon", "--auth=trust", "--no-sync"]);
        self.succeed(initdb.arg("--pgdata").arg(self.data()));
        self.configure(settings);
        self.start();
        let mut createdb = self.installation.program("createdb", &self.folder);
        self.succeed(createdb.arg("--host").arg(&self.folder).args(["--username=guerdon", "guerdon"]));
    }

    fn configure(&self, settings: &[&str]) {
        let sockets = format!("unix_socket_directories = '{}'", self.folder.display());
        let lines = [&SETTINGS, settings, &[&sockets]].concat().join("\n");
        let file = OpenOptions::new().append(true).open(self.data().join("postgresql.conf"));
        writeln!(file.expect("initdb has made it"), "{lines}").expect("room for the settings");
    }

    /// Starts the server and waits until it can be used. It outlives us.
    pub(super) fn start(&self) {
        let mut start = self.installation.program("pg_ctl", &self.folder);
        start.args(["start", "--wait", "--log"]).arg(self.log());
        self.succeed(start.arg("--pgdata").arg(self.data()));
    }

    /// Stops the server, if it runs, as a crash would: nothing is finished, nothing is written.
    pub(super) fn stop_immediately(&self) {
        let mut stop = self.installation.program("pg_ctl", &self.folder);
        stop.args(["stop", "--wait", "--mode=immediate", "--pgdata"]).arg(self.data());
        // It fails if there is no server.
        stop.status().expect("pg_ctl can be started");
    }

    /// Removes the folder, if it is there, and whatever runs on it.
    pub(super) fn remove(&self) {
        if self.folder.exists() {
            self.stop_immediately();
            fs::remove_dir_all(&self.folder).expect("nobody holds on to it");
        }
    }

    /// Whether there is a server.
    pub(super) fn is_listening(&self) -> bool {
        UnixStream::connect(self.folder.join(".s.PGSQL.5432")).is_ok()
    }

    /// Where the database is reached.
    pub(super) fn url(&self) -> String {
        let host = self.folder.to_str().expect("the path of the temporary folder is UTF-8");
        format!("postgres://guerdon@{}/guerdon", utf8_percent_encode(host, NON_ALPHANUMERIC))
    }

    /// A shell script that may outlive us, in a process group of its own so that whoever ends ours
    /// leaves it alone. It runs in `folder`, which is `$1`; `$2` is `pg_ctl`, `$3` the data.
    pub(super) fn script(&self, script: &str, folder: &Path) -> Command {
        let mut command = self.installation.command(Path::new("sh"), folder);
        command.args(["-c", script, "sh"]).arg(folder).arg(self.installation.path("pg_ctl")).arg(self.data());
        command.process_group(0);
        command
    }

    fn succeed(&self, command: &mut Command) {
        let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output();
        let output = output.expect("PostgreSQL's programs can be started");
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            let log = fs::read_to_string(self.log()).unwrap_or_default();
            panic!("{command:?} failed: {}\n{log}", String::from_utf8_lossy(&said));
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}
