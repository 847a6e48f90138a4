//! Which PostgreSQL is installed, and who may run it.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{
        fs::{DirBuilderExt, MetadataExt, chown, fchown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Where Debian's packages put the programs: a folder per version, none of them in `$PATH`.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The programs, and whom they and their files belong to.
#[derive(Clone)]
pub(super) struct Installation {
    programs: PathBuf,
    owner: Owner,
}

#[derive(Clone, Copy)]
enum Owner {
    /// Whoever runs the tests, by their id.
    Ourselves(u32),
    /// PostgreSQL refuses to run as root, so for root it runs as the user that its package makes.
    Postgres { user: u32, group: u32 },
}

impl Installation {
    /// What is installed. If nothing is, says so and returns nothing.
    ///
    /// # Panics
    /// When nothing is installed and the environment variable `CI` is set.
    pub(super) fn found() -> Option<Self> {
        if let (Some(programs), Some(owner)) = (programs(), owner()) {
            return Some(Self { programs, owner });
        }
        let message = "the tests on PostgreSQL need its server; on Debian: apt-get install postgresql";
        assert!(std::env::var_os("CI").is_none(), "{message}");
        eprintln!("SKIPPED, {message}");
        None
    }

    /// One of PostgreSQL's programs, to be run in a folder.
    pub(super) fn program(&self, name: &str, folder: &Path) -> Command {
        self.command(&self.path(name), folder)
    }

    /// Where one of PostgreSQL's programs is.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// A program that runs in a folder as the owner, without the settings that PostgreSQL's programs
    /// would take from our environment, and without our input and output.
    pub(super) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C");
        if let Owner::Postgres { user, group } = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    /// Makes a folder that nobody but the owner can open, unless it is there.
    ///
    /// # Panics
    /// When it is somebody else's, who could read or change what is in it.
    pub(super) fn make_folder(&self, path: &Path) {
        match fs::DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => self.hand_over(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => panic!("{} can't be made: {error}", path.display()),
        }
        let (Owner::Ourselves(user) | Owner::Postgres { user, .. }) = self.owner;
        // If it is gone again, whoever uses it will notice.
        let found = fs::symlink_metadata(path).map_or(user, |found| found.uid());
        assert!(found == user || found == our_id(), "{} belongs to another user", path.display());
    }

    /// Gives the owner a folder that we have made.
    pub(super) fn hand_over(&self, folder: &Path) {
        if let Owner::Postgres { user, group } = self.owner {
            chown(folder, Some(user), Some(group)).expect("root may give folders away");
        }
    }

    /// Gives the owner a file, wherever it is by now.
    pub(super) fn hand_over_file(&self, file: &fs::File) {
        if let Owner::Postgres { user, group } = self.owner {
            fchown(file, Some(user), Some(group)).expect("root may give files away");
        }
    }
}

/// The folder of the programs: the one in `$PATH`, the one that `pg_config` tells, or Debian's newest.
fn programs() -> Option<PathBuf> {
    let search_path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&search_path)
        .find_map(|folder| complete(&folder))
        .or_else(|| complete(&told_by_pg_config()?))
        .or_else(|| debians().iter().find_map(|folder| complete(folder)))
}

/// A folder if it, or the one that its programs are links to, has all that we run.
fn complete(folder: &Path) -> Option<PathBuf> {
    let initdb = folder.join("initdb").canonicalize().ok()?;
    let folder = initdb.parent()?;
    let has_all = ["postgres", "pg_ctl", "createdb"].iter().all(|name| folder.join(name).exists());
    has_all.then(|| folder.to_owned())
}

fn told_by_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().into())
}

/// Debian's folders of programs, the newest version first.
fn debians() -> Vec<PathBuf> {
    let version = |folder: &PathBuf| folder.file_name().and_then(OsStr::to_str)?.parse::<u32>().ok();
    let mut folders: Vec<PathBuf> =
        fs::read_dir(DEBIAN).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    folders.iter().map(|folder| folder.join("bin")).collect()
}

/// Ourselves, or for root the user `postgres`, if there is one.
fn owner() -> Option<Owner> {
    match our_id() {
        0 => {
            let users = fs::read_to_string("/etc/passwd").ok()?;
            let mut fields = users.lines().find_map(|line| line.strip_prefix("postgres:"))?.split(':').skip(1);
            let mut number = || fields.next()?.parse().ok();
            Some(Owner::Postgres { user: number()?, group: number()? })
        }
        user => Some(Owner::Ourselves(user)),
    }
}

/// The id of the user who runs the tests: the one whom our files belong to.
pub(super) fn our_id() -> u32 {
    let file = tempfile::tempfile().expect("a temporary file");
    file.metadata().expect("its owner").uid()
}
