//! CloudWatch log groups.

use groundplan_core::{Construct, Handle, Input, Provides, Scope, dns_suffix, main_resource, template};
use groundplan_resources::logs;

use crate::identity::{Grantee, KmsKeyRef, ServiceUse, Statement};
use crate::passed_as::PassedAs;

/// The retention of log events, one of the periods that CloudWatch Logs accepts.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Retention {
    /// 1 day.
    Day,
    /// 7 days.
    Week,
    /// 14 days.
    TwoWeeks,
    /// 30 days.
    Month,
    /// 90 days.
    ThreeMonths,
    /// 180 days.
    HalfYear,
    /// 365 days.
    Year,
    /// 3653 days.
    TenYears,
    /// No limit: events are kept until they are deleted.
    Forever,
}

impl Retention {
    fn days(self) -> Option<u16> {
        match self {
            Self::Day => Some(1),
            Self::Week => Some(7),
            Self::TwoWeeks => Some(14),
            Self::Month => Some(30),
            Self::ThreeMonths => Some(90),
            Self::HalfYear => Some(180),
            Self::Year => Some(365),
            Self::TenYears => Some(3653),
            Self::Forever => None,
        }
    }
}

/// A CloudWatch log group.
///
/// ```
/// use groundplan_constructs::identity::{Principal, Role};
/// use groundplan_constructs::observability::{LogGroup, Retention};
/// use groundplan_core::{App, Environment};
/// let app = App::new("shop");
/// let stack = app.stack("shop", Environment::new("eu-west-1"));
/// let api = stack.add("api", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
/// stack.add("logs", LogGroup::new(Retention::Month).name("/shop/api")).grant_write(&api);
/// # app.synth().expect("it is valid");
/// ```
pub struct LogGroup {
    name: Option<String>,
    retention: Retention,
    key: Option<KmsKeyRef>,
}

impl LogGroup {
    /// Creates a log group that keeps its events for `retention`.
    pub fn new(retention: Retention) -> Self {
        Self { name: None, retention, key: None }
    }

    /// Refers to an existing log group of the account and region of the stack by its name, which can be an export of
    /// another app.
    pub fn existing(name: impl Provides<logs::LogGroupName>) -> LogGroupRef {
        LogGroupRef { name: name.provide(), arn: None }
    }

    /// Sets the name, such as `/ecs/saleor-api`. Default: a generated name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Encrypts the log group with this key. The policy of a key of the program then allows CloudWatch Logs to use
    /// the key for log groups of the account, unless it already
    /// [names](crate::identity::KmsKey::usable_by) `logs.REGION.amazonaws.com`. The policy of an existing key has to
    /// allow it.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
    #[must_use]
    pub fn encrypted_with(mut self, key: impl PassedAs<KmsKeyRef>) -> Self {
        self.key = Some(key.pass());
        self
    }
}

/// The handle of a [`LogGroup`].
#[derive(Clone)]
pub struct LogGroupHandle {
    /// The log group.
    pub group: Handle<logs::LogGroup>,
}

impl Construct for LogGroup {
    type Handle = LogGroupHandle;

    fn build(self, scope: &Scope) -> LogGroupHandle {
        let mut group = logs::LogGroup::new();
        if let Some(name) = self.name {
            group = group.log_group_name(name);
        }
        if let Some(days) = self.retention.days() {
            group = group.retention_in_days(days);
        }
        if let Some(key) = &self.key {
            key.check(scope);
            let region = scope.region();
            let groups = template!("arn:{}:logs:{}:{}:*", scope.partition(), &region, scope.account_id());
            let logs = ServiceUse::new(format!("logs.{region}.{}", dns_suffix(&region)));
            key.admit(logs.encryption_context("aws:logs:arn", [groups]));
            group = group.kms_key_id(key.arn());
        }
        LogGroupHandle { group: scope.resource(group) }
    }
}

main_resource!(LogGroupHandle, group: logs::LogGroup);

impl LogGroupHandle {
    /// Allows `grantee` to write events to the group. CloudWatch Logs encrypts the events, so the grantee needs no
    /// permission for the key of the group.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
    #[track_caller]
    pub fn grant_write(&self, grantee: &impl Grantee) {
        PassedAs::<LogGroupRef>::pass(self).grant_write(grantee);
    }
}

/// A log group that others write to: a [`LogGroup`] of the program, by its handle, or an existing group, by
/// [`LogGroup::existing`].
#[derive(Clone)]
pub struct LogGroupRef {
    name: Input<logs::LogGroupName>,
    /// The ARN of a group of the program, which ends with `:*` and so includes its streams.
    arn: Option<Input<String>>,
}

impl LogGroupRef {
    /// Returns the name of the group.
    pub fn name(&self) -> Input<logs::LogGroupName> {
        self.name.clone()
    }

    /// Returns the ARN of the group and its streams, as seen from `scope`.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html>
    pub(crate) fn arn(&self, scope: &Scope) -> Input<String> {
        let located = || {
            let (partition, region, account) = (scope.partition(), scope.region(), scope.account_id());
            template!("arn:{}:logs:{}:{}:log-group:{}:*", partition, region, account, &self.name).provide()
        };
        self.arn.clone().unwrap_or_else(located)
    }

    /// Allows `grantee` to write events to the group, like [`LogGroupHandle::grant_write`].
    #[track_caller]
    pub fn grant_write(&self, grantee: &impl Grantee) {
        let identity = grantee.identity();
        let group = self.arn(identity.scope());
        identity.grant(Statement::allow(["logs:CreateLogStream", "logs:PutLogEvents"]).on([group]));
    }
}

impl PassedAs<LogGroupRef> for &LogGroupHandle {
    fn pass(self) -> LogGroupRef {
        LogGroupRef { name: self.group.log_group_name().into(), arn: Some(self.group.arn().provide()) }
    }
}

#[cfg(test)]
mod tests {
    use groundplan_core::Export;
    use groundplan_resources::kms::KeyArn;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::fixture::{assembly, findings, properties, statements};
    use crate::identity::{KmsKey, Principal, Role};

    fn group(group: LogGroup) -> Json {
        properties(&assembly("eu-west-1", |stack| drop(stack.add("logs", group))), "shop/logs")
    }

    #[test]
    fn each_retention_is_a_number_of_days_that_cloudwatch_accepts() {
        for (retention, days) in [
            (Retention::Day, 1),
            (Retention::Week, 7),
            (Retention::TwoWeeks, 14),
            (Retention::Month, 30),
            (Retention::ThreeMonths, 90),
            (Retention::HalfYear, 180),
            (Retention::Year, 365),
            (Retention::TenYears, 3653),
        ] {
            // Synth compares the number with those of the schema.
            assert_eq!(group(LogGroup::new(retention)), json!({"RetentionInDays": days}));
        }
        assert_eq!(group(LogGroup::new(Retention::Forever)), json!({}));
        assert!(Retention::Day < Retention::Week && Retention::TenYears < Retention::Forever);
    }

    #[test]
    fn a_name_is_set_as_it_is() {
        assert_eq!(group(LogGroup::new(Retention::Forever).name("/shop/api")), json!({"LogGroupName": "/shop/api"}));
    }

    #[test]
    fn an_encrypted_group_makes_its_key_usable_by_cloudwatch_logs() {
        for (region, arn, service) in [
            ("eu-west-1", "arn:aws:logs:eu-west-1:111122223333:*", "logs.eu-west-1.amazonaws.com"),
            ("cn-north-1", "arn:aws-cn:logs:cn-north-1:111122223333:*", "logs.cn-north-1.amazonaws.com.cn"),
        ] {
            let assembly = assembly(region, |stack| {
                let key = stack.add("key", KmsKey::new("logs"));
                stack.add("one", LogGroup::new(Retention::Day).encrypted_with(&key));
                stack.add("two", LogGroup::new(Retention::Day).encrypted_with(&key));
            });
            let one = properties(&assembly, "shop/one");
            assert_eq!(one["KmsKeyId"], json!({"$ref": "shop/key#Arn"}));
            let policy = properties(&assembly, "shop/key")["KeyPolicy"]["Statement"].clone();
            assert_eq!(policy.as_array().map(Vec::len), Some(2), "both groups need the same statement");
            assert_eq!((&policy[1]["Principal"], &policy[1]["Resource"]), (&json!({"Service": service}), &json!("*")));
            assert_eq!(policy[1]["Condition"], json!({"StringLike": {"kms:EncryptionContext:aws:logs:arn": arn}}));
            assert!(policy[1]["Action"].to_string().contains("kms:GenerateDataKey*"));
        }
    }

    #[test]
    fn what_the_program_says_about_cloudwatch_logs_in_the_key_stays() {
        let assembly = assembly("eu-west-1", |stack| {
            let key = KmsKey::new("logs").usable_by("logs.eu-west-1.amazonaws.com");
            let key = stack.add("key", key);
            stack.add("logs", LogGroup::new(Retention::Day).encrypted_with(&key));
        });
        let policy = properties(&assembly, "shop/key")["KeyPolicy"]["Statement"].clone();
        assert_eq!(policy.as_array().map(Vec::len), Some(2));
        assert_eq!(policy[1].get("Condition"), None);
    }

    #[test]
    fn a_group_takes_an_existing_key_of_its_region() {
        const KEY: Export<KeyArn> = Export::new("account", "key");
        let arn = "arn:aws:kms:eu-west-1:111122223333:key/1";
        let known = KmsKey::existing(KeyArn::new(arn));
        assert_eq!(group(LogGroup::new(Retention::Forever).encrypted_with(&known)), json!({"KmsKeyId": arn}));
        let exported = group(LogGroup::new(Retention::Forever).encrypted_with(KmsKey::existing(KEY)));
        assert_eq!(exported["KmsKeyId"]["$import"]["name"], "key");
        let found = findings(|stack| drop(stack.add("logs", LogGroup::new(Retention::Day).encrypted_with(&known))));
        assert!(found.starts_with("error[GP0306]: this key cannot encrypt the resource"), "{found}");
    }

    #[test]
    fn who_writes_events_writes_to_this_group_only() {
        let assembly = assembly("eu-west-1", |stack| {
            let role = stack.add("role", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
            stack.add("logs", LogGroup::new(Retention::Day)).grant_write(&role);
        });
        let write = json!({
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"$ref": "shop/logs#Arn"},
        });
        assert_eq!(statements(&assembly, "shop/role/policy"), [write]);
    }

    #[test]
    fn an_existing_group_is_named_and_written_to_where_the_stack_is() {
        const GROUP: Export<logs::LogGroupName> = Export::new("account", "log-group");
        let group = LogGroup::existing(logs::LogGroupName::new("/shop/api"));
        assert_eq!(group.name().known().map(|name| name.as_str()), Some("/shop/api"));
        let assembly = assembly("cn-north-1", |stack| {
            let role = stack.add("role", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
            group.grant_write(&role);
            LogGroup::existing(GROUP).grant_write(&role);
        });
        let [known, exported] = &statements(&assembly, "shop/role/policy")[..] else { panic!("two statements") };
        assert_eq!(known["Resource"], "arn:aws-cn:logs:cn-north-1:111122223333:log-group:/shop/api:*");
        assert_eq!(exported["Resource"]["$template"][1]["$import"]["name"], "log-group");
    }
}
