//! The rate limits of APIs, as data.

use std::collections::BTreeMap;

/// A token bucket. Each call takes a token, and is refused if there is none. The bucket is refilled at a constant rate.
/// A refused call takes no token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// The API, as in [`Behavior::api`](groundplan_engine::provider::Behavior::api).
    pub api: &'static str,
    /// The calls that it limits.
    pub calls: Calls,
    /// `true` if each action (`CreateSubnet`, `CreateVpc`) has a bucket of its own.
    pub per_action: bool,
    /// `true` if each region has buckets of its own.
    pub per_region: bool,
    /// The number of tokens in a full bucket. Buckets are full at first.
    pub capacity: u32,
    /// The number of new tokens per second.
    pub refill: f64,
}

/// The calls that a [`Limit`] applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    /// All calls.
    All,
    /// The calls that change nothing.
    Looks,
    /// The calls that change something.
    Changes,
}

impl Limit {
    /// AWS's limits, as far as they are published, for an account whose limits were not raised:
    /// - EC2: buckets per action, account and region, of 100 tokens and 20 a second for actions
    ///   that describe, of 50 tokens and 5 a second for those that change,
    ///   <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>;
    /// - Route 53: five requests a second per account,
    ///   <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html#limits-api-requests>; a burst
    ///   is not documented, so the bucket has the tokens of one second;
    /// - Elastic Load Balancing: 40 tokens for actions that describe,
    ///   <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-api-throttling.html>;
    ///   ten a second, and a bucket of ten with three a second for those that change, are estimates;
    /// - IAM: nothing is published. Twenty a second is an estimate.
    #[rustfmt::skip]
    pub const AWS: &'static [Self] = &[
        Self { api: "ec2", calls: Calls::Looks, per_action: true, per_region: true, capacity: 100, refill: 20.0 },
        Self { api: "ec2", calls: Calls::Changes, per_action: true, per_region: true, capacity: 50, refill: 5.0 },
        Self { api: "route53", calls: Calls::All, per_action: false, per_region: false, capacity: 5, refill: 5.0 },
        Self { api: "elasticloadbalancing", calls: Calls::Looks, per_action: false, per_region: true, capacity: 40, refill: 10.0 },
        Self { api: "elasticloadbalancing", calls: Calls::Changes, per_action: false, per_region: true, capacity: 10, refill: 3.0 },
        Self { api: "iam", calls: Calls::All, per_action: false, per_region: false, capacity: 20, refill: 20.0 },
    ];
}

/// One call, as far as limits are about it.
pub(crate) struct Asked<'a> {
    pub(crate) api: &'a str,
    /// As in `ec2:CreateSubnet`.
    pub(crate) action: &'a str,
    pub(crate) region: &'a str,
    pub(crate) changes: bool,
}

/// The tokens in the buckets.
#[derive(Default)]
pub(crate) struct Buckets(BTreeMap<(usize, String, String), Bucket>);

struct Bucket {
    tokens: f64,
    /// The time of that, in milliseconds.
    at: u64,
}

impl Buckets {
    /// Takes a token from the bucket that a call belongs to, if it belongs to one; false where
    /// that is empty.
    pub(crate) fn take(&mut self, limits: &[Limit], asked: &Asked<'_>, now: u64) -> bool {
        let about = |limit: &Limit| match limit.calls {
            Calls::All => true,
            Calls::Looks => !asked.changes,
            Calls::Changes => asked.changes,
        };
        let found = limits.iter().enumerate().find(|(_, limit)| limit.api == asked.api && about(limit));
        let Some((row, limit)) = found else { return true };
        let part = |applies: bool, name: &str| if applies { name.to_owned() } else { String::new() };
        let key = (row, part(limit.per_region, asked.region), part(limit.per_action, asked.action));
        let capacity = f64::from(limit.capacity);
        let bucket = self.0.entry(key).or_insert(Bucket { tokens: capacity, at: now });
        let refilled = now.saturating_sub(bucket.at) as f64 / 1_000.0 * limit.refill;
        bucket.tokens = (bucket.tokens + refilled).min(capacity);
        bucket.at = now;
        let takes = bucket.tokens >= 1.0;
        if takes {
            bucket.tokens -= 1.0;
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(buckets: &mut Buckets, limits: &[Limit], action: &str, now: u64) -> u32 {
        let (api, changes) = (action.split(':').next().unwrap(), !action.contains("Describe"));
        let asked = Asked { api, action, region: "eu-central-1", changes };
        (0..1_000).take_while(|_| buckets.take(limits, &asked, now)).count().try_into().unwrap()
    }

    #[test]
    fn a_bucket_gives_what_is_in_it_and_then_what_comes_in() {
        let mut buckets = Buckets::default();
        assert_eq!(taken(&mut buckets, Limit::AWS, "route53:CreateRecordSet", 0), 5);
        assert_eq!(taken(&mut buckets, Limit::AWS, "route53:DescribeRecordSet", 0), 0, "all calls share it");
        assert_eq!(taken(&mut buckets, Limit::AWS, "route53:CreateRecordSet", 400), 2);
        assert_eq!(taken(&mut buckets, Limit::AWS, "route53:CreateRecordSet", 60_000), 5);
    }

    #[test]
    fn each_action_of_ec2_has_a_bucket_of_its_own() {
        let mut buckets = Buckets::default();
        assert_eq!(taken(&mut buckets, Limit::AWS, "ec2:CreateSubnet", 0), 50);
        assert_eq!(taken(&mut buckets, Limit::AWS, "ec2:CreateVpc", 0), 50);
        assert_eq!(taken(&mut buckets, Limit::AWS, "ec2:DescribeSubnet", 0), 100);
        assert_eq!(taken(&mut buckets, &[], "ec2:CreateSubnet", 0), 1_000, "without limits there are none");
    }
}
