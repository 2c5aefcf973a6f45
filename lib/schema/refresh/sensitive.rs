//! The properties that contain a secret value.

/// Names that contain a secret if AWS's registry also marks the property (or an object around it) as write-only:
/// accepted by AWS and never returned.
const WRITE_ONLY: [&str; 12] = [
    "AccessKey",
    "ApiKey",
    "ApiKeyValue",
    "CredentialsMap",
    "Keytab",
    "Passphrase",
    "PreSharedKey",
    "Secret",
    "SecretKey",
    "SecretString",
    "SecretToken",
    "Token",
];

/// Names that contain a secret regardless of the registry: it states write-only properties only for types that have
/// been moved to it.
const ALWAYS: [&str; 14] = [
    "AccessToken",
    "ApiSecretKey",
    "ApiToken",
    "AuthToken",
    "ClientSecret",
    "HECToken",
    "JwtToken",
    "OauthToken",
    "Password",
    "Passwords",
    "PrivateKey",
    "RefreshToken",
    "SasToken",
    "SecretAccessKey",
];

/// Names that end like a secret and are none: idempotency tokens, and the id of a key to remove.
const NEVER: [&str; 3] = ["ClientToken", "ClientRequestToken", "RemovePrivateKey"];

/// Types whose property is the path of a file with the secret.
const PATHS: [&str; 2] = ["AWS::AppMesh::VirtualGateway", "AWS::AppMesh::VirtualNode"];

/// Returns whether a property of text (or of a list or map of texts) contains a secret. A property with a list of
/// allowed values contains none, whatever its name.
pub(crate) fn is_sensitive(resource: &str, name: &str, kind: &str, facts: Facts) -> bool {
    let text = matches!(kind, "string" | "[string]" | "{string}" | "string|json" | "json|string");
    if !text || facts.enumerated || PATHS.contains(&resource) || NEVER.contains(&name) {
        return false;
    }
    let name = name.to_lowercase();
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(&word.to_lowercase()));
    ends(&ALWAYS) || (facts.write_only && ends(&WRITE_ONLY))
}

/// Facts of the registry about a property.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) write_only: bool,
    pub(crate) enumerated: bool,
}
