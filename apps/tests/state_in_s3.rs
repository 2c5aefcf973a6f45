//! Every command on a state in S3.

mod support {
    pub(crate) mod client;
    pub(crate) mod command_line;
}

use std::path::Path;
use std::process::Command;

use apps::account::account;
use apps::checkout::Settings;
use groundplan_moto::Moto;
use serde_json::Value as Json;
use support::client::client;
use support::command_line::{Ran, run, run_app};

struct Place<'a> {
    moto: &'a Moto,
    directory: &'a Path,
}

impl Place<'_> {
    /// Runs a command with the state at `place`.
    fn at(&self, place: &str, settings: &Settings, command: &str) -> Ran {
        let command: Vec<_> = command.split(' ').chain(["--state", place]).collect();
        run(settings, self.moto, self.directory, &command)
    }

    fn run(&self, command: &str) -> Ran {
        self.at("s3://acme-state/infra?lock_table=locks", &Settings::dev(), command)
    }

    /// The JSON that a command prints.
    fn ask(&self, command: &str) -> Json {
        serde_json::from_str(&self.run(&format!("{command} --json")).expect(0).out).expect("JSON")
    }
}

#[test]
fn every_command_works_on_a_state_in_s3() {
    let moto = Moto::start();
    moto.boto(
        "us-east-1",
        "s3.create_bucket(Bucket='acme-state')
dynamodb.create_table(TableName='locks', BillingMode='PAY_PER_REQUEST',
    AttributeDefinitions=[{'AttributeName': 'LockID', 'AttributeType': 'S'}],
    KeySchema=[{'AttributeName': 'LockID', 'KeyType': 'HASH'}])",
    );
    let directory = tempfile::tempdir().expect("a directory");
    let place = Place { moto: &moto, directory: directory.path() };

    place.run("deploy --yes").expect(0);
    place.run("plan --detailed-exitcode").expect(0);
    place.run("drift").expect(0);
    assert!(place.ask("output vpc-id").to_string().contains("vpc-"));
    place.run("state mv checkout/logs checkout/journal").expect(0);
    // What fails gives its lock back, too.
    assert!(place.run("state mv checkout/logs checkout/journal").expect(3).err.contains("there is no `checkout/logs`"));
    place.run("state rm checkout/journal").expect(0);
    place.run("import checkout/logs /checkout/dev/saleor --yes").expect(0);
    let state = place.ask("state pull");
    assert_eq!((&state["app"], &state["serial"]), (&"checkout-dev".into(), &4.into()), "{state}");
    place.run("rollback 1 --yes").expect(0);
    let history = place.ask("history");
    let runs = history["history"].as_array().expect("a list");
    assert!(runs.iter().all(|run| run["result"] == "succeeded") && runs.len() >= 4, "{history}");
    assert!(place.run("doctor").expect(0).out.contains("state: s3://acme-state/infra/checkout-dev, serial"));

    // Who has died holds the lock for no longer than a lease, or until it is taken away.
    moto.boto(
        "us-east-1",
        "import time
holder = dict(pid=4711, host='build-7', command='deploy', since=int(time.time()), user='ada')
record = dict(format=1, holder=holder, token='00112233-4455-6677-8899-aabbccddeeff', lease=30, beat=0, renewed=int(time.time()))
dynamodb.put_item(TableName='locks', Item={
    'LockID': {'S': 'acme-state/infra/checkout-dev/lock.json'}, 'Info': {'S': json.dumps(record)}})",
    );
    let refused = place.run("deploy --yes").expect(4).err;
    assert!(refused.contains("is locked by `deploy` (process 4711 of ada on build-7, since 20"), "{refused}");
    assert!(
        [", last heartbeat ", ", last heartbeat just now"].iter().any(|heard| refused.contains(heard)),
        "{refused}"
    );
    assert!(refused.contains("`--lock-timeout 10m` waits for the lock"), "{refused}");
    place.run("plan --detailed-exitcode").expect(0);
    assert!(place.run("force-unlock --yes").expect(0).err.contains("taken away from `deploy` (process 4711 of ada"));

    // Another environment has a state of its own in the same place, and a lock.
    let stage = place.at("s3://acme-state/infra?lock_table=locks", &Settings::stage(), "plan --detailed-exitcode");
    assert!(stage.expect(2).out.contains("64 to create"));
    // So has another account: what was deployed in one is not taken for the other's.
    let keys = client(&moto, "another-account");
    let key = |name: &str| keys[name].as_str().expect("a key").to_owned();
    let foreign = Command::new(env!("CARGO_BIN_EXE_checkout-dev"))
        .args(["deploy", "--yes", "--target", moto.url(), "--state", "s3://acme-state/infra"])
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", key("AccessKeyId"))
        .env("AWS_SECRET_ACCESS_KEY", key("SecretAccessKey"))
        .env("AWS_SESSION_TOKEN", key("SessionToken"))
        .output()
        .expect("the binary runs");
    let error = String::from_utf8_lossy(&foreign.stderr);
    assert!(!foreign.status.success() && error.contains("111122223333"), "{error}");
    place.run("plan --detailed-exitcode").expect(0);
    place.run("destroy --yes --delete-data").expect(0);
    assert_eq!(place.ask("state list")["resources"].as_array().map(Vec::len), Some(0));

    // What is missing, and what cannot be, is said with what to do.
    let dev = Settings::dev();
    let missing = place.at("s3://acme-sate", &dev, "plan").expect(1).err;
    assert!(missing.contains("the bucket `acme-sate` does not exist; create it with `aws s3 mb"), "{missing}");
    let missing = place.at("s3://acme-state?lock_table=lock", &dev, "deploy --yes").expect(1).err;
    assert!(missing.contains("aws dynamodb create-table --table-name lock "), "{missing}");
    let unknown = place.at("s3://acme-state?table=locks", &dev, "plan").expect(3).err;
    assert!(unknown.contains("the parameters are `region` and `lock_table`"), "{unknown}");
}

#[test]
fn a_state_moves_from_a_file_to_s3_and_back_with_its_history() {
    let moto = Moto::start();
    moto.boto("us-east-1", "s3.create_bucket(Bucket='acme-state')");
    let directory = tempfile::tempdir().expect("a directory");
    let place = Place { moto: &moto, directory: directory.path() };
    let dev = Settings::dev();
    let at = |location: &str, command: &str| place.at(location, &dev, command);
    let (here, bucket, back) = ("file:here", "s3://acme-state/infra", "file:back");

    at(here, "deploy --yes").expect(0);
    for (from, to) in [(here, bucket), (bucket, back)] {
        let before = at(from, "state pull --json").expect(0).out;
        let runs = |location: &str| {
            let history: Json = serde_json::from_str(&at(location, "history --json").expect(0).out).expect("JSON");
            history["history"].as_array().map_or(0, Vec::len)
        };
        let earlier = runs(from);
        // The app that this one uses has a state of its own, which moves first.
        let upstream = ["state", "migrate", to, "--yes", "--state", from];
        run_app(&account(), &moto, directory.path(), &upstream).expect(0);
        let moved = at(from, &format!("state migrate {to} --yes")).expect(0);
        let shown = match to.strip_prefix("file:") {
            Some(name) => format!("file:{}", directory.path().join(name).display()),
            None => to.to_owned(),
        };
        assert!(moved.err.contains(&format!("the state was moved to {shown}")), "{}", moved.err);
        let state = |text: &str| serde_json::from_str::<Json>(text).expect("JSON")["resources"].clone();
        let after = at(to, "state pull --json").expect(0).out;
        assert!(state(&before).as_object().is_some_and(|resources| resources.len() > 60), "{before}");
        assert_eq!(state(&before), state(&after), "{from} to {to}");
        assert!(runs(to) >= earlier, "the history of {from} moves, too");
        at(to, "plan --detailed-exitcode").expect(0);
        let refused = at(from, "deploy --yes").expect(1).err;
        assert!(refused.contains(&format!("was moved to {shown}")), "{refused}");
        assert!(refused.contains(&format!("`--state {shown}`")), "{refused}");
    }
    at(back, "destroy --yes --delete-data").expect(0);
}
