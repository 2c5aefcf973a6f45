//! CloudWatch log groups.

use groundplan_core::{Construct, Handle, Output, Scope};
use groundplan_resources::{kms, logs};

use crate::identity::{KmsKeyHandle, RoleHandle, Statement};

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
pub struct LogGroup {
    name: Option<String>,
    retention: Retention,
    key: Option<Output<kms::KeyArn>>,
}

impl LogGroup {
    /// Creates a log group that keeps its events for `retention`.
    pub fn new(retention: Retention) -> Self {
        Self { name: None, retention, key: None }
    }

    /// Sets the name, such as `/ecs/saleor-api`. Default: a generated name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Encrypts the log group with this key. `logs.REGION.amazonaws.com` must be able to
    /// [use](crate::identity::KmsKey::usable_by) the key.
    #[must_use]
    pub fn encrypted_with(mut self, key: &KmsKeyHandle) -> Self {
        self.key = Some(key.arn());
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
            group = group.kms_key_id(key);
        }
        LogGroupHandle { group: scope.resource(group) }
    }
}

impl LogGroupHandle {
    /// Allows `role` to write events to the group. CloudWatch Logs encrypts the events, so the role needs no
    /// permission for the key of the group.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
    #[track_caller]
    pub fn grant_write(&self, role: &RoleHandle) {
        role.grant(Statement::allow(["logs:CreateLogStream", "logs:PutLogEvents"]).on([self.group.arn()]));
    }
}
