//! Log groups of CloudWatch.

use groundplan_core::{Construct, Handle, Output, Scope};
use groundplan_resources::{kms, logs};

use crate::identity::{KmsKeyHandle, RoleHandle, Statement};

/// How long log events are kept: the values that CloudWatch Logs takes.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Retention {
    /// A day.
    Day,
    /// A week.
    Week,
    /// Two weeks.
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
    /// Until they are deleted.
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

/// A log group of CloudWatch.
pub struct LogGroup {
    name: Option<String>,
    retention: Retention,
    key: Option<Output<kms::KeyArn>>,
}

impl LogGroup {
    /// A log group that keeps its events for `retention`.
    pub fn new(retention: Retention) -> Self {
        Self { name: None, retention, key: None }
    }

    /// Names the group, as in `/ecs/saleor-api`. Otherwise a name is generated.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Encrypts with this key, which `logs.REGION.amazonaws.com` must be able to
    /// [use](crate::identity::KmsKey::usable_by).
    #[must_use]
    pub fn encrypted_with(mut self, key: &KmsKeyHandle) -> Self {
        self.key = Some(key.arn());
        self
    }
}

/// A [`LogGroup`] in the tree.
#[derive(Clone)]
pub struct LogGroupHandle {
    /// The group itself.
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
    /// Lets `role` write events to the group. CloudWatch Logs encrypts them itself, so that the role needs
    /// nothing of the group's key.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>
    #[track_caller]
    pub fn grant_write(&self, role: &RoleHandle) {
        role.grant(Statement::allow(["logs:CreateLogStream", "logs:PutLogEvents"]).on([self.group.arn()]));
    }
}
