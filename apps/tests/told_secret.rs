//! A secret that AWS returns once, on its way to the resources that need it: an access key, whose secret becomes the
//! password of an SMTP endpoint. Nothing of it is on disk, and a process that is killed in between leaves no key whose
//! secret is lost.

mod support {
    pub(crate) mod world;
}

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use groundplan_moto::{Exchange, Hold, Moto};
use serde_json::{Value as Json, json};
use support::world::World;

const SIGKILL: i32 = 9;

#[test]
fn the_password_is_that_of_the_key_and_neither_is_on_disk() {
    let world = World::new();
    world.succeeds(1, &["deploy", "--yes"]);
    let first = world.told();
    world.assert_fits(&first);

    // There is nothing to do, and nothing is found changed.
    world.succeeds(1, &["plan", "--detailed-exitcode"]);
    world.succeeds(1, &["plan", "--detailed-exitcode", "--refresh"]);
    world.succeeds(1, &["drift"]);

    // Another number is another key, with its password, by a plan that was saved.
    world.succeeds(2, &["plan", "--out", "saved.json"]);
    world.succeeds(2, &["deploy", "saved.json", "--yes"]);
    let second = world.told();
    assert_ne!(first.id, second.id);
    world.assert_fits(&second);
    world.succeeds(2, &["plan", "--detailed-exitcode", "--refresh"]);

    world.succeeds(2, &["destroy", "--yes", "--delete-data"]);
    assert_eq!(world.account(), json!({"users": [], "keys": [], "secret": null}));
    world.assert_nowhere(&[&first, &second]);
}

#[test]
fn a_process_that_is_killed_before_the_secret_has_the_password_leaves_one_key_in_the_end() {
    let world = World::new();
    world.killed(1, Hold::Request, "CreateSecret");
    let lost = world.told();
    assert_eq!(world.account()["keys"], json!([lost.id]), "the key is there, and nobody has its secret");

    world.succeeds(1, &["deploy", "--yes"]);
    let (plan, told) = (world.said(), world.told());
    assert!(plan.contains("mailer/mail/credentials needs its secret"), "{plan}");
    assert_ne!(told.id, lost.id);
    world.assert_fits(&told);
    world.succeeds(1, &["plan", "--detailed-exitcode", "--refresh"]);
    world.assert_nowhere(&[&lost, &told]);
}

#[test]
fn a_process_that_is_killed_before_it_hears_of_the_key_leaves_one_key_in_the_end() {
    let world = World::new();
    world.killed(1, Hold::Answer, "CreateAccessKey");
    let lost = world.told();
    assert_eq!(world.account()["keys"], json!([lost.id]));

    world.succeeds(1, &["deploy", "--yes"]);
    let told = world.told();
    assert_ne!(told.id, lost.id);
    world.assert_fits(&told);
    world.succeeds(1, &["plan", "--detailed-exitcode", "--refresh"]);
}

#[test]
fn a_rotation_that_is_killed_in_between_leaves_one_key_in_the_end() {
    for (hold, operation) in
        [(Hold::Answer, "CreateAccessKey"), (Hold::Request, "PutSecretValue"), (Hold::Answer, "DeleteAccessKey")]
    {
        let world = World::new();
        world.succeeds(1, &["deploy", "--yes"]);
        let first = world.told();
        world.killed(2, hold, operation);
        world.succeeds(2, &["deploy", "--yes"]);
        let keys = world.told_of();
        let last = keys.last().unwrap_or(&first);
        world.assert_fits(last);
        assert_ne!(last.id, first.id, "{operation}");
        world.succeeds(2, &["plan", "--detailed-exitcode", "--refresh"]);
    }
}

/// The answer of AWS to the create of a key.
struct Told {
    id: String,
    secret: String,
}

impl World {
    /// The program with this number of its key, which says all that it does.
    fn command(&self, serial: u32, arguments: &[&str]) -> Command {
        let output = || File::options().append(true).create(true).open(self.output()).expect("it can be written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailer"));
        command
            .args(arguments)
            .args(["-vvv", "--target", self.proxy.url()])
            .env_clear()
            .env("MAILER_SERIAL", serial.to_string())
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(output())
            .stderr(output());
        command
    }

    fn output(&self) -> PathBuf {
        self.directory.path().join("output")
    }

    /// Returns the output of all commands.
    fn said(&self) -> String {
        fs::read_to_string(self.output()).unwrap_or_default()
    }

    #[track_caller]
    fn succeeds(&self, serial: u32, arguments: &[&str]) {
        let status = self.command(serial, arguments).status().expect("the program starts");
        assert!(status.success(), "{arguments:?} ends with {status}:\n{}", self.said());
    }

    /// Deploys, and kills the process while it waits for this call.
    fn killed(&self, serial: u32, hold: Hold, operation: &str) {
        self.proxy.hold(hold, operation);
        let mut process = self.command(serial, &["deploy", "--yes"]).spawn().expect("the program starts");
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.proxy.holding() == 0 {
            let ended = process.try_wait().expect("it is ours");
            assert!(ended.is_none() && Instant::now() < deadline, "{operation}: {ended:?}\n{}", self.said());
            std::thread::sleep(Duration::from_millis(1));
        }
        process.kill().expect("it is ours");
        assert_eq!(process.wait().expect("it is ours").signal(), Some(SIGKILL));
        self.proxy.calm();
        self.proxy.settle();
    }

    /// Returns all answers of AWS about keys since the last call, in order.
    fn told_of(&self) -> Vec<Told> {
        let exchanges = self.proxy.take_exchanges();
        let made = exchanges.iter().filter(|exchange| exchange.request.operation() == "CreateAccessKey");
        made.map(Told::from).collect()
    }

    /// Returns the answer of AWS about the one key that was created since the last call.
    #[track_caller]
    fn told(&self) -> Told {
        let mut told = self.told_of();
        assert_eq!(told.len(), 1, "keys made");
        told.remove(0)
    }

    /// The account, as boto3 sees it.
    fn account(&self) -> Json {
        let script = "\
users = [user['UserName'] for user in iam.list_users()['Users']]
keys = [key['AccessKeyId'] for user in users for key in iam.list_access_keys(UserName=user)['AccessKeyMetadata']]
secrets = secretsmanager.list_secrets()['SecretList']
value = secretsmanager.get_secret_value(SecretId=secrets[0]['ARN'])['SecretString'] if secrets else None
print(json.dumps({'users': users, 'keys': keys, 'secret': value}))";
        serde_json::from_str(&self.moto.boto("eu-central-1", script)).expect("JSON")
    }

    /// The one user has this key and no other, and the secret is its password.
    #[track_caller]
    fn assert_fits(&self, told: &Told) {
        let account = self.account();
        assert_eq!(account["users"].as_array().map(Vec::len), Some(1), "{account}");
        assert_eq!(account["keys"], json!([told.id]));
        let secret = account["secret"].as_str().expect("a secret");
        let secret: Json = serde_json::from_str(secret).expect("a JSON object");
        assert_eq!(secret, json!({"username": told.id, "password": told.password(&self.moto)}));
        self.assert_nowhere(&[told]);
    }

    /// No file of the directory has a secret or what is made of it: state, journal, history, saved plan and
    /// output.
    #[track_caller]
    fn assert_nowhere(&self, told: &[&Told]) {
        let files = walk(self.directory.path());
        for name in ["state.json", "output"] {
            assert!(files.iter().any(|file| file.ends_with(name)), "{name} in {files:?}");
        }
        let secrets = told.iter().flat_map(|told| [told.secret.clone(), told.password(&self.moto)]);
        let secrets: Vec<_> = secrets.collect();
        for file in files {
            let text = fs::read(&file).expect("readable");
            let text = String::from_utf8_lossy(&text);
            for secret in &secrets {
                assert!(!text.contains(secret.as_str()), "{secret} is in {}", file.display());
            }
        }
    }
}

impl From<&Exchange> for Told {
    fn from(exchange: &Exchange) -> Self {
        let answer = String::from_utf8_lossy(&exchange.answer.body).into_owned();
        let part = |name: &str| {
            let (_, rest) = answer.split_once(&format!("<{name}>")).expect("it is answered");
            rest.split_once('<').expect("an end").0.to_owned()
        };
        Self { id: part("AccessKeyId"), secret: part("SecretAccessKey") }
    }
}

impl Told {
    /// The SMTP password as AWS's documentation makes it, in Python:
    /// <https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html#smtp-credentials-convert>.
    fn password(&self, moto: &Moto) -> String {
        let script = format!(
            "import base64, hashlib, hmac
key = ('AWS4' + {:?}).encode()
for text in ['11111111', 'eu-central-1', 'ses', 'aws4_request', 'SendRawEmail']:
    key = hmac.new(key, text.encode(), hashlib.sha256).digest()
print(base64.b64encode(bytes([4]) + key).decode(), end='')",
            self.secret
        );
        moto.boto("eu-central-1", &script)
    }
}

fn walk(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a directory").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
