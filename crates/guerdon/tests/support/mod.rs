//! The real program, run as a process, with what is needed to talk to it and to be talked to.
#![allow(dead_code, reason = "every test file compiles this module and uses its own part of it")]

pub(crate) mod receiver;

use std::{
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const PROJECT: &str = "proj_tests";
pub(crate) const SERVER_KEY: (&str, &str) = ("tests-app-id", "tests-app-token");
pub(crate) const MANAGEMENT_KEY: (&str, &str) = ("tests-management-id", "tests-management-token");

/// Between two looks at something that is waited for.
const PAUSE: Duration = Duration::from_millis(20);

/// A folder with a database, and how the program is run on it.
pub(crate) struct Installation {
    pub(crate) folder: TempDir,
    database: PathBuf,
    /// The PostgreSQL database that is used instead, if there is one.
    postgres: Option<String>,
}

impl Installation {
    /// One that has nothing in it yet.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = folder.path().join("guerdon.db");
        Self { folder, database, postgres: None }
    }

    /// One whose data is in a PostgreSQL database: every `serve` is one more node.
    pub(crate) fn on_postgres(url: &str) -> Self {
        Self { postgres: Some(url.to_owned()), ..Self::new() }
    }

    /// One that is restored from a backup of this one's database, and from its key.
    pub(crate) fn restored_from(&self, backup: &Path) -> Self {
        let restored = Self::new();
        std::fs::copy(backup, &restored.database).expect("a copy of the database");
        let key = |database: &Path| database.with_extension("key");
        std::fs::copy(key(&self.database), key(&restored.database)).expect("a copy of the key");
        restored
    }

    pub(crate) fn url_of(file: &Path) -> String {
        format!("sqlite://{}", file.display())
    }

    /// The program with some arguments and nothing of our own environment's settings.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guerdon"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GUERDON_") || name.starts_with("OTEL_"))
        {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("GUERDON_DATABASE_URL", self.postgres.clone().unwrap_or_else(|| Self::url_of(&self.database)))
            .stdin(Stdio::null());
        if self.postgres.is_some() {
            command.env("GUERDON_SECRET_KEY", "the secret of all nodes");
        }
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program can be started")
    }

    /// Runs the program, which has to succeed; returns what it printed.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "guerdon {} failed: {}", arguments.join(" "), said(&output));
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Runs the program, which has to fail; returns what it complained.
    pub(crate) fn fail(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "guerdon {} did not fail: {}", arguments.join(" "), said(&output));
        String::from_utf8(output.stderr).expect("UTF-8")
    }

    /// `guerdon serve` with the tests' keys.
    pub(crate) async fn serve(&self) -> Server {
        let mut command = self.command(&["serve"]);
        command
            .env("GUERDON_WEBHOOK_ALLOW_PRIVATE", "true")
            .env("GUERDON_BOOTSTRAP_PROJECT_ID", PROJECT)
            .env("GUERDON_BOOTSTRAP_APP_ID", SERVER_KEY.0)
            .env("GUERDON_BOOTSTRAP_APP_TOKEN", SERVER_KEY.1)
            .env("GUERDON_BOOTSTRAP_MANAGEMENT_ID", MANAGEMENT_KEY.0)
            .env("GUERDON_BOOTSTRAP_MANAGEMENT_TOKEN", MANAGEMENT_KEY.1);
        self.start(command).await
    }

    /// Starts a command that serves, and waits until it does.
    pub(crate) async fn start(&self, mut command: Command) -> Server {
        static STARTS: AtomicU16 = AtomicU16::new(0);
        let start = STARTS.fetch_add(1, Ordering::Relaxed);
        let output = self.folder.path().join(format!("output-{start}"));
        let port = free_port();
        let file = File::create(&output).expect("a file for the output");
        let child = command
            .env("GUERDON_LISTEN", format!("127.0.0.1:{port}"))
            .stdout(file.try_clone().expect("a second handle"))
            .stderr(file)
            .spawn()
            .expect("the program can be started");
        let mut server = Server { child, url: format!("http://127.0.0.1:{port}"), output, client: Client::new() };
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            if let Ok(answer) = server.client.get(format!("{}/readyz", server.url)).send().await
                && answer.status().is_success()
            {
                return server;
            }
            let ended = server.child.try_wait().expect("the process can be asked");
            assert!(ended.is_none(), "the server has ended: {}", server.printed());
            assert!(Instant::now() < deadline, "the server does not become ready: {}", server.printed());
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// A port that nobody listens on. Below the ports that systems give to outgoing connections, and
/// different for tests that run at the same time, so that nobody takes it before it is used.
fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    loop {
        let offset = (std::process::id() * 16 + u32::from(TAKEN.fetch_add(1, Ordering::Relaxed))) % 20_000;
        let port = 10_000 + offset as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Everything that a program printed.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A process that serves. It is killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    output: PathBuf,
    client: Client,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("── what the server said ──\n{}", self.printed());
        }
    }
}

impl Server {
    /// What it has printed so far.
    pub(crate) fn printed(&self) -> String {
        std::fs::read_to_string(&self.output).unwrap_or_default()
    }

    /// The process's id.
    pub(crate) fn process_id(&self) -> String {
        self.child.id().to_string()
    }

    /// `kill -9`: nothing is finished, nothing is told.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("the process can be killed");
        self.child.wait().expect("the process has ended");
    }

    /// `kill -TERM`, without waiting for what follows.
    pub(crate) fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.process_id()]).status().expect("kill is there");
        assert!(sent.success());
    }

    /// How the process has ended, once it has.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let child = &mut self.child;
        eventually("the server ends", 30, async || child.try_wait().expect("the process can be asked")).await
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(mut self) {
        self.terminate();
        let status = self.ended().await;
        assert!(status.success(), "the server ended with {status}: {}", self.printed());
    }

    /// A request with the server key.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (StatusCode, Value) {
        self.call_as(SERVER_KEY, method, path, body).await.expect("the server answers")
    }

    /// A request with some key; server or management, as the path asks for.
    pub(crate) async fn call_as(
        &self,
        (id, token): (&str, &str),
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Result<(StatusCode, Value)> {
        let headers = match path.starts_with("/management/") {
            true => ("x-management-id", "x-management-token"),
            false => ("x-app-id", "x-app-token"),
        };
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        request = request.header(headers.0, id).header(headers.1, token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.bytes().await?;
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await;
        assert_eq!(status, StatusCode::OK, "GET {path}: {body}");
        body
    }

    pub(crate) async fn manage(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let path = format!("/management/v1/projects/{PROJECT}{path}");
        let (status, body) = self.call_as(MANAGEMENT_KEY, method, &path, body).await.expect("the server answers");
        assert!(status.is_success(), "{path}: {status} {body}");
        body
    }

    /// Creates or updates a customer; whether that was acknowledged.
    pub(crate) async fn upsert(&self, customer: Value) -> bool {
        let answer = self.call_as(SERVER_KEY, Method::POST, "/v1/customers", Some(customer)).await;
        answer.is_ok_and(|(status, _)| status == StatusCode::OK)
    }

    pub(crate) async fn total_customers(&self) -> u64 {
        self.get("/v1/customers?limit=1").await["total"].as_u64().expect("a number")
    }

    /// Uploads a CSV file of customers; returns the id of the async action.
    pub(crate) async fn import(&self, csv: &str) -> String {
        let body = format!(
            "--frontier\r\ncontent-disposition: form-data; name=\"file\"; filename=\"customers.csv\"\r\n\
             content-type: text/csv\r\n\r\n{csv}\r\n--frontier--\r\n"
        );
        let request = self.client.post(format!("{}/v1/customers/importCSV", self.url));
        let answer = request
            .header("x-app-id", SERVER_KEY.0)
            .header("x-app-token", SERVER_KEY.1)
            .header("content-type", "multipart/form-data; boundary=frontier")
            .body(body)
            .send()
            .await
            .expect("the server answers");
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        let answer: Value = answer.json().await.expect("JSON");
        answer["async_action_id"].as_str().expect("an id").to_owned()
    }

    /// Sends the project's events about customers to `target`; returns the key that signs them.
    pub(crate) async fn send_webhooks_to(&self, target: &str) -> String {
        let events = ["customer.created", "customer.updated", "customer.deleted"];
        let body = json!({"target_url": target, "events": events});
        self.manage(Method::POST, "/webhooks", Some(body)).await;
        let project = self.manage(Method::GET, "", None).await;
        project["webhook_token"].as_str().expect("a token").to_owned()
    }
}

/// Looks again and again until there is something to see.
pub(crate) async fn eventually<T>(what: &str, seconds: u64, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < deadline, "this did not happen within {seconds} s: {what}");
        tokio::time::sleep(PAUSE).await;
    }
}
