//! Credentials for the SMTP endpoint of SES.

use groundplan_core::{Construct, Handle, Output, Scope, dns_suffix, template};
use groundplan_resources::{iam, secretsmanager};

use super::grantee::Grantee;
use super::policy_document::{PolicyDocument, PolicyKind, Statement};

/// The user name and password for the SMTP endpoint of SES in the region of the stack, stored in a secret of
/// Secrets Manager.
///
/// They belong to an access key of a dedicated IAM user, whose only permission is to send mail from the given
/// identities. The password is derived from the secret access key, and is stored only in Secrets Manager.
/// <https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html>
///
/// ```
/// use groundplan_constructs::identity::SmtpCredentials;
/// use groundplan_core::{App, Environment};
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("eu-central-1"));
/// let mail = stack.add("mail", SmtpCredentials::new(["example.com"]));
/// stack.export("smtp-host", mail.host());
/// ```
pub struct SmtpCredentials {
    identities: Vec<String>,
    serial: i64,
}

impl SmtpCredentials {
    /// Creates credentials for mail from these domains and addresses, which must be verified in SES in the region
    /// of the stack.
    pub fn new<I: Into<String>>(identities: impl IntoIterator<Item = I>) -> Self {
        Self { identities: identities.into_iter().map(Into::into).collect(), serial: 1 }
    }

    /// Sets the number of the access key. Another number replaces the key: the secret contains the new key
    /// before the old key is deleted. Default: 1.
    #[must_use]
    pub fn serial(mut self, serial: i64) -> Self {
        self.serial = serial;
        self
    }
}

/// The handle of [`SmtpCredentials`].
#[derive(Clone, Debug)]
pub struct SmtpCredentialsHandle {
    /// The IAM user that sends mail.
    pub user: Handle<iam::User>,
    /// The access key. Its id is the user name.
    pub key: Handle<iam::AccessKey>,
    /// The secret: a JSON object with `username` and `password`.
    pub credentials: Handle<secretsmanager::Secret>,
    host: String,
}

impl Construct for SmtpCredentials {
    type Handle = SmtpCredentialsHandle;

    #[track_caller]
    fn build(self, scope: &Scope) -> SmtpCredentialsHandle {
        let region = scope.region();
        let (partition, account) = (scope.partition(), scope.account_id());
        let arns = self.identities.into_iter();
        let arns: Vec<_> =
            arns.map(|name| template!("arn:{}:ses:{}:{}:identity/{}", partition, &region, &account, name)).collect();
        // <https://docs.aws.amazon.com/ses/latest/dg/control-user-access.html>
        let send = PolicyDocument::new([Statement::allow(["ses:SendRawEmail"]).on(arns)]);
        send.check(scope, PolicyKind::Identity);
        let user = scope.add(
            "user",
            iam::User::new().policies([iam::user::Policy::new(iam::user::PolicyArgs {
                policy_document: send,
                policy_name: "send",
            })]),
        );
        let key = scope.add("key", iam::AccessKey::new(user.user_name()).serial(self.serial));
        let password = key.secret_access_key().ses_smtp_password(region.clone());
        let credentials = secretsmanager::Secret::new()
            .description(format!("SMTP credentials of {}", scope.path()))
            .secret_string(password.in_json("password", [("username", key.id())]));
        let credentials = scope.add("credentials", credentials);
        let host = format!("email-smtp.{region}.{}", dns_suffix(&region));
        SmtpCredentialsHandle { user, key, credentials, host }
    }
}

impl SmtpCredentialsHandle {
    /// Returns the host name of the endpoint, which supports TLS on port 465 and STARTTLS on port 587.
    /// <https://docs.aws.amazon.com/general/latest/gr/ses.html>
    pub fn host(&self) -> String {
        self.host.clone()
    }

    /// Returns the user name.
    pub fn username(&self) -> Output<iam::AccessKeyId> {
        self.key.id()
    }

    /// Allows `grantee` to read the user name and password.
    #[track_caller]
    pub fn grant_credentials(&self, grantee: &impl Grantee) {
        let read = Statement::allow(["secretsmanager:GetSecretValue"]).on([template!("{}", self.credentials.id())]);
        grantee.identity().grant(read);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fixture::{assembly, findings, properties, statements};
    use crate::identity::User;

    #[test]
    fn the_endpoint_is_in_the_domain_of_its_partition() {
        for (region, host) in [
            ("eu-central-1", "email-smtp.eu-central-1.amazonaws.com"),
            ("eusc-de-east-1", "email-smtp.eusc-de-east-1.amazonaws.eu"),
        ] {
            assembly(region, |stack| {
                assert_eq!(stack.add("mail", SmtpCredentials::new(["example.com"])).host(), host);
            });
        }
    }

    #[test]
    fn the_user_sends_from_the_identities_and_the_secret_has_both_parts() {
        let assembly = assembly("eu-central-1", |stack| {
            let mail = stack.add("mail", SmtpCredentials::new(["example.com"]).serial(2));
            stack.export("username", mail.username());
        });
        let policy = &properties(&assembly, "shop/mail/user")["Policies"][0]["PolicyDocument"]["Statement"][0];
        assert_eq!(policy["Action"], "ses:SendRawEmail");
        assert_eq!(policy["Resource"], "arn:aws:ses:eu-central-1:111122223333:identity/example.com");
        assert_eq!(properties(&assembly, "shop/mail/key")["Serial"], 2);
        let secret = &properties(&assembly, "shop/mail/credentials")["SecretString"]["$secret"]["derived"];
        assert_eq!(secret["by"]["json_object"]["key"], "password");
        assert_eq!(secret["by"]["json_object"]["beside"], json!({"username": {"$ref": "shop/mail/key#Id"}}));
        assert_eq!(secret["from"]["derived"]["by"], json!({"ses_smtp_password": {"region": "eu-central-1"}}));
        assert_eq!(assembly.outputs["username"].to_json(), json!({"$ref": "shop/mail/key#Id"}));
    }

    #[test]
    fn who_reads_the_credentials_reads_this_secret_only() {
        let assembly = assembly("eu-central-1", |stack| {
            let mail = stack.add("mail", SmtpCredentials::new(["example.com"]));
            mail.grant_credentials(&stack.add("relay", User::new()));
        });
        let granted = statements(&assembly, "shop/relay/policy");
        let read = json!({
            "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": {"$ref": "shop/mail/credentials#Id"},
        });
        assert_eq!(granted, [read]);
    }

    #[test]
    fn credentials_without_an_identity_are_refused() {
        let found = findings(|stack| drop(stack.add("mail", SmtpCredentials::new(Vec::<String>::new()))));
        assert!(
            found.starts_with("error[GP0303]: a statement in the policy of a role, user or group needs"),
            "{found}"
        );
    }
}
