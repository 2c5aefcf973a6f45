//! The environment of resources: account, region, and the role to access them.

use serde::{Deserialize, Serialize};

/// The account and region that resources belong to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Environment {
    /// The twelve-digit account, if the stack is pinned to one. A pinned stack is never deployed to another account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The region, as in `us-east-1`.
    pub region: String,
    /// The role that every call for this stack uses; `None` for the credentials themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<AssumeRole>,
}

/// An IAM role to deploy a stack with, usually in another account.
///
/// The credentials that run the program need `sts:AssumeRole` on it, and its trust policy has to
/// admit them: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>.
///
/// ```
/// use groundplan_core::{App, AssumeRole, Environment};
///
/// let app = App::new("shop");
/// let role = AssumeRole::new("arn:aws:iam::444455556666:role/deploy").external_id("shop");
/// let dns = app.stack("dns", Environment::new("us-east-1").assume_role(role));
/// let shop = app.stack("shop", Environment::new("eu-west-1"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssumeRole {
    /// The role's ARN, as in `arn:aws:iam::444455556666:role/deploy`.
    pub arn: String,
    /// The `sts:ExternalId` that the trust policy of the role expects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The name of the session, which CloudTrail shows. Default: `groundplan`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_name: Option<String>,
}

impl AssumeRole {
    /// Creates a role from its ARN.
    pub fn new(arn: impl Into<String>) -> Self {
        Self { arn: arn.into(), external_id: None, session_name: None }
    }

    /// Sends this external ID: 2 to 1,224 letters, digits and `+=,.@:/-`.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.external_id = Some(id.into());
        self
    }

    /// Names the session: 2 to 64 letters, digits, underscores and `+=,.@-`.
    #[must_use]
    pub fn session_name(mut self, name: impl Into<String>) -> Self {
        self.session_name = Some(name.into());
        self
    }

    /// Returns the account of the role; `None` if the ARN is not that of a role.
    pub fn account(&self) -> Option<&str> {
        let parts: Vec<&str> = self.arn.splitn(6, ':').collect();
        match parts[..] {
            ["arn", partition, "iam", "", account, name]
                if partition.starts_with("aws")
                    && account.len() == 12
                    && account.bytes().all(|byte| byte.is_ascii_digit())
                    && name.strip_prefix("role/").is_some_and(|name| !name.is_empty()) =>
            {
                Some(account)
            }
            _ => None,
        }
    }

    /// Returns the reason why it is invalid, by the patterns of the API reference of AssumeRole.
    fn reject(&self) -> Option<String> {
        let is = |text: &str, lengths: std::ops::RangeInclusive<usize>, others: &str| {
            lengths.contains(&text.len())
                && text.chars().all(|letter| letter.is_ascii_alphanumeric() || others.contains(letter))
        };
        if self.account().is_none() {
            return Some(format!(
                "`{}` is not the ARN of a role, as in arn:aws:iam::444455556666:role/deploy",
                self.arn
            ));
        }
        if let Some(id) = self.external_id.as_ref().filter(|id| !is(id, 2..=1224, "_+=,.@:/-")) {
            return Some(format!("the external ID `{id}` is not 2 to 1,224 letters, digits and _+=,.@:/-"));
        }
        let name = self.session_name.as_ref().filter(|name| !is(name, 2..=64, "_+=,.@-"));
        name.map(|name| format!("the session name `{name}` is not 2 to 64 letters, digits and _+=,.@-"))
    }
}

impl Environment {
    /// Creates the environment of a region in the account of the credentials.
    pub fn new(region: impl Into<String>) -> Self {
        Self { account: None, region: region.into(), role: None }
    }

    /// Returns the partition of the region, as in `aws` or `aws-cn`.
    pub fn partition(&self) -> &'static str {
        crate::partition(&self.region)
    }

    /// Pins the account.
    #[must_use]
    pub fn account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }

    /// Uses `role` for every call for the stack, and pins the stack to the account of the role.
    #[must_use]
    pub fn assume_role(mut self, role: AssumeRole) -> Self {
        self.account = self.account.or_else(|| role.account().map(str::to_owned));
        self.role = Some(role);
        self
    }

    /// Returns whether both are the same account and region, with any role. An environment that names no account means
    /// `account`, that of the credentials, if it is known: a stack may be pinned to the account that it was deployed to
    /// before without a pin.
    pub fn is_same_place(&self, other: &Self, account: Option<&str>) -> bool {
        let account_of = |environment: &Self| environment.account.clone().or_else(|| account.map(str::to_owned));
        account_of(self) == account_of(other) && self.region == other.region
    }

    /// Returns the reason why the role to assume is invalid.
    pub(crate) fn reject_role(&self) -> Option<String> {
        let role = self.role.as_ref()?;
        role.reject().or_else(|| {
            let account = self.account.as_deref().filter(|account| role.account() != Some(*account))?;
            Some(format!("the stack is pinned to account {account}, and the role `{}` belongs to another", role.arn))
        })
    }
}
