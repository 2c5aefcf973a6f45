//! Which properties carry a secret value.

/// Names that carry a secret where AWS's registry also says that the property (or an object around
/// it) is write-only: given to AWS and never given back.
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

/// Names that carry a secret whatever the registry says: it states write-only properties only for
/// types that have been moved to it.
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

/// Whether a property of text (or of a list or map of texts) carries a secret. What has a list of
/// allowed values is none, whatever its name.
pub(crate) fn is_sensitive(resource: &str, name: &str, kind: &str, facts: Facts) -> bool {
    let text = matches!(kind, "string" | "[string]" | "{string}" | "string|json" | "json|string");
    if !text || facts.enumerated || PATHS.contains(&resource) || NEVER.contains(&name) {
        return false;
    }
    let name = name.to_lowercase();
    let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(&word.to_lowercase()));
    ends(&ALWAYS) || (facts.write_only && ends(&WRITE_ONLY))
}

/// What the registry says about a property.
#[derive(Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) write_only: bool,
    pub(crate) enumerated: bool,
}
