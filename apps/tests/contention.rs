//! Fifty processes that deploy one app at once, each a version of its own: exactly one at a time,
//! none lost.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use apps::checkout::{Settings, checkout};
use groundplan::observability::{LogGroup, Retention};
use groundplan::{App, Environment};
use groundplan_cli::Host;
use groundplan_moto::Moto;
use serde_json::Value as Json;

const PROCESSES: usize = 50;

/// Set in the processes that a test starts: who they are, and what they are to do.
const WHO: &str = "CONTENTION_WHO";
const ARGUMENTS: &str = "CONTENTION_ARGUMENTS";

/// The checkout of one version, which differs from every other one by a tag.
fn version(who: &str) -> App {
    let app = checkout(&Settings::dev());
    let stack = app.stack("version", Environment::new("us-east-1").account("123456789012"));
    stack.tag("version", who);
    stack.add("logs", LogGroup::new(Retention::Week).name("/version"));
    app
}

/// Runs the command line of `version` in the processes that the tests start.
#[test]
#[ignore = "the other tests run it, each in a process of its own"]
fn process() {
    let (Ok(who), Ok(arguments)) = (std::env::var(WHO), std::env::var(ARGUMENTS)) else { return };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let code = runtime.block_on(async {
        let args = ["version"].into_iter().chain(arguments.split(' ')).map(Into::into).collect();
        groundplan_cli::execute(&version(&who), Host { args, ..Host::of_process() }).await
    });
    std::process::exit(code.into());
}

/// Starts the command line of one version.
fn start(who: &str, arguments: &str, directory: &Path) -> Child {
    Command::new(std::env::current_exe().expect("this program is a file"))
        .args(["--exact", "process", "--ignored", "--nocapture"])
        .env_clear()
        .envs([(WHO, who), (ARGUMENTS, arguments), ("USER", who)])
        .current_dir(directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

/// A process that has ended.
struct Ended {
    who: String,
    waits: bool,
    code: Option<i32>,
    err: String,
}

/// Deploys all versions at once; every fifth process waits for the others. What they all use of
/// another app is there before.
fn deploy_all(place: &str, directory: &Path) -> Vec<Ended> {
    let upstream = Command::new(env!("CARGO_BIN_EXE_account"))
        .args(["deploy", "--yes"].into_iter().chain(place.split(' ')))
        .env_clear()
        .current_dir(directory)
        .output()
        .expect("the program starts");
    assert!(upstream.status.success(), "{}", String::from_utf8_lossy(&upstream.stderr));
    let start = |number: usize| {
        let (who, waits) = (format!("run-{number}"), number.is_multiple_of(5));
        let patience = if waits { " --lock-timeout 10m" } else { "" };
        let process = start(&who, &format!("deploy --yes {place}{patience}"), directory);
        (who, waits, process)
    };
    let started: Vec<_> = (0..PROCESSES).map(start).collect();
    let ended = started.into_iter().map(|(who, waits, process)| {
        // Each is read to its end; meanwhile the others go on, up to what a pipe holds.
        let Output { status, stderr, .. } = process.wait_with_output().expect("it ends");
        Ended { who, waits, code: status.code(), err: String::from_utf8_lossy(&stderr).into_owned() }
    });
    ended.collect()
}

/// Runs one command of a version and gives its standard output, which has to be JSON.
fn ask(who: &str, arguments: &str, directory: &Path) -> Json {
    let output = start(who, arguments, directory).wait_with_output().expect("it ends");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{arguments}: {err}");
    // The test harness says a line of its own before.
    let json = out.lines().find(|line| line.starts_with('{')).unwrap_or_else(|| panic!("{arguments}: {out}\n{err}"));
    serde_json::from_str(json).expect("JSON")
}

/// Checks how all ended against what the history says, and gives who came last.
fn one_at_a_time(ended: &[Ended], place: &str, directory: &Path) -> String {
    let done: BTreeSet<&str> = ended.iter().filter(|it| it.code == Some(0)).map(|it| it.who.as_str()).collect();
    for Ended { who, waits, code, err } in ended {
        match code {
            Some(0) => {}
            Some(4) => {
                assert!(!waits, "{who} has waited: {err}");
                let named = ["is locked by `deploy --yes", "(process ", " of run-", ", since 20"];
                assert!(named.iter().all(|part| err.contains(part)), "{who}: {err}");
            }
            _ => panic!("{who} ended with {code:?}: {err}"),
        }
    }
    assert!(done.len() >= PROCESSES / 5, "those who wait all get their turn: {done:?}");
    assert!(done.len() < PROCESSES, "nobody was refused");

    // Each success is one serial, and there are no others.
    let history = ask("run-0", &format!("history --json {place}"), directory);
    let runs = history["history"].as_array().expect("a list");
    let serials: Vec<_> = runs.iter().map(|run| run["serial"].as_u64().expect("a number")).collect();
    assert_eq!(serials, (1..=done.len() as u64).collect::<Vec<_>>());
    assert!(runs.iter().all(|run| run["result"] == "succeeded"), "{history}");
    let who = |run: &Json| run["who"].as_str().and_then(|who| who.split('@').next()).expect("a name").to_owned();
    let deployed: Vec<String> = runs.iter().map(who).collect();
    assert_eq!(deployed.iter().map(String::as_str).collect::<BTreeSet<_>>(), done);

    // What the last one said is what is there.
    let last = deployed.last().expect("there is one").clone();
    let plan = ask(&last, &format!("plan --refresh --detailed-exitcode --json {place}"), directory);
    assert_eq!(plan["changes"], Json::Array(Vec::new()), "{plan}");
    last
}

#[test]
fn of_fifty_deploys_with_a_state_in_s3_one_goes_at_a_time_and_none_is_lost() {
    let moto = Moto::start();
    moto.boto("us-east-1", "s3.create_bucket(Bucket='acme-state')");
    let directory = tempfile::tempdir().expect("a directory");
    let place = format!("--target {} --state s3://acme-state/infra", moto.url());
    let ended = deploy_all(&place, directory.path());
    let last = one_at_a_time(&ended, &place, directory.path());

    // The log has no gap, and who has written once and then not does not write again.
    let log = moto.boto(
        "us-east-1",
        "log = s3.list_objects_v2(Bucket='acme-state', Prefix='infra/checkout-dev/log/')['Contents']
line = lambda o: json.loads(s3.get_object(Bucket='acme-state', Key=o['Key'])['Body'].read().splitlines()[0])
print(json.dumps([[int(o['Key'][-12:]), line(o)['writer']] for o in log]))",
    );
    let log: Vec<(u64, String)> = serde_json::from_str(&log).expect("pairs");
    assert!(log.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1), "{log:?}");
    let mut writers: Vec<_> = log.iter().map(|(_, writer)| writer).collect();
    writers.dedup();
    assert_eq!(writers.len(), writers.iter().collect::<BTreeSet<_>>().len(), "{log:?}");

    // There is one set of resources, of the last version, and the lock was given back.
    let count = moto.boto(
        "us-east-1",
        "vpcs = ec2.describe_vpcs(Filters=[{'Name': 'tag:groundplan:app', 'Values': ['checkout-dev']}])['Vpcs']
print(len(vpcs), len(rds.describe_db_instances()['DBInstances']), len(s3.list_buckets()['Buckets']))",
    );
    assert_eq!(count, "1 1 3\n", "VPCs, databases, and buckets with that of the state");
    let state = ask(&last, &format!("state show version/logs --json {place}"), directory.path());
    assert!(state.to_string().contains(&last), "{state}");
    let names =
        moto.boto("us-east-1", "print([o['Key'] for o in s3.list_objects_v2(Bucket='acme-state')['Contents']])");
    assert!(!names.contains("lock"), "{names}");
}

#[test]
fn of_fifty_deploys_with_a_state_in_a_directory_one_goes_at_a_time_and_none_is_lost() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::create_dir(directory.path().join(".groundplan")).expect("a directory");
    let place = "--target sandbox --state file:state";
    let ended = deploy_all(place, directory.path());
    one_at_a_time(&ended, place, directory.path());
}
