//! A client that knows nothing of Groundplan.

use std::process::Command;

use groundplan_moto::Moto;
use serde_json::Value as Json;

/// Runs `account.py`, the independent client.
pub(crate) fn client(moto: &Moto, action: &str) -> Json {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/account.py");
    let output = Command::new(moto.python()).args([script, moto.url(), action]).output().expect("python runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "account.py {action}: {error}");
    if output.stdout.is_empty() { Json::Null } else { serde_json::from_slice(&output.stdout).expect("JSON") }
}
