//! Detects configured AWS credentials without network access.
//!
//! In the order of AWS's own tools: environment variables, a named profile, a web identity, the
//! files in `~/.aws` with a usable `default` profile, the endpoint of a container. The role of
//! an EC2 instance cannot be seen without a call; there, say `--target aws`.
//!
//! Configured does not mean valid: credentials that fail are an error later, never a reason to
//! take another target.

use std::fs;
use std::path::{Path, PathBuf};

use crate::host::Host;

/// Variables that each configure credentials by themselves.
const VARIABLES: [&str; 6] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// Settings that make a profile one with credentials.
const SETTINGS: [&str; 8] = [
    "aws_access_key_id",
    "credential_process",
    "credential_source",
    "login_session",
    "role_arn",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

/// Returns the place where credentials are configured, for messages; `None` if there are none.
pub(crate) fn configured(host: &Host) -> Option<String> {
    if let Some(name) = VARIABLES.into_iter().find(|name| host.variable(name).is_some()) {
        return Some(format!("the environment variable {name}"));
    }
    let home = host.variable("HOME").or_else(|| host.variable("USERPROFILE"));
    let file = |variable: &str, name: &str| -> Option<PathBuf> {
        let default = || home.map(|home| Path::new(home).join(".aws").join(name));
        host.variable(variable).map(PathBuf::from).or_else(default)
    };
    let files = [file("AWS_SHARED_CREDENTIALS_FILE", "credentials"), file("AWS_CONFIG_FILE", "config")];
    files.into_iter().flatten().find(|file| has_default_profile(file)).map(|file| file.display().to_string())
}

/// Returns whether the `default` profile in this file provides credentials.
fn has_default_profile(file: &Path) -> bool {
    let Ok(text) = fs::read_to_string(file) else { return false };
    let mut in_default = false;
    text.lines().map(str::trim).any(|line| {
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            in_default = matches!(section.trim(), "default" | "profile default");
        }
        let setting = line.split('=').next().unwrap_or_default().trim();
        in_default && SETTINGS.contains(&setting)
    })
}
