//! The default availability zones of each region, for VPCs that name none.

/// The regions whose first three zones are a, b and c.
///
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html> and
/// <https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html>
const WITH_A_B_C: [&str; 34] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-2",
];

/// The regions whose first three zones have other letters. The letter of a retired zone is not used again: new
/// accounts have `ap-northeast-1a`, `1c` and `1d`.
const WITH_OTHERS: [(&str, [&str; 3]); 3] =
    [("ap-northeast-1", ["a", "c", "d"]), ("ca-central-1", ["a", "b", "d"]), ("cn-north-1", ["a", "b", "d"])];

/// The region in which an account has only two zones, whose letters differ between accounts.
const WITH_TWO: &str = "us-west-1";

/// The reason why a region has no default zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoDefault {
    /// The zones differ between accounts.
    #[error("each account has two zones, whose letters differ between accounts")]
    PerAccount,
    /// The region is not in the tables.
    #[error("Groundplan does not know its zones")]
    Unknown,
}

/// Returns the three default zones of a VPC in `region`.
pub(super) fn default_zones(region: &str) -> Result<[String; 3], NoDefault> {
    let other = WITH_OTHERS.iter().find(|(name, _)| *name == region).map(|(_, letters)| *letters);
    let letters = match other {
        Some(letters) => letters,
        None if WITH_A_B_C.contains(&region) => ["a", "b", "c"],
        None if region == WITH_TWO => return Err(NoDefault::PerAccount),
        None => return Err(NoDefault::Unknown),
    };
    Ok(letters.map(|letter| format!("{region}{letter}")))
}

/// Returns true if a zone belongs to a region, such as `us-west-2a` or the local zone `us-west-2-lax-1a`.
pub(super) fn is_in(zone: &str, region: &str) -> bool {
    let rest = zone.strip_prefix(region).unwrap_or_default();
    rest.starts_with(|first: char| first.is_ascii_lowercase() || first == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zones_of_a_region_are_those_that_new_accounts_get() {
        for (region, zones) in [
            ("us-east-1", ["us-east-1a", "us-east-1b", "us-east-1c"]),
            ("us-west-2", ["us-west-2a", "us-west-2b", "us-west-2c"]),
            ("ap-northeast-1", ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"]),
            ("ca-central-1", ["ca-central-1a", "ca-central-1b", "ca-central-1d"]),
        ] {
            assert_eq!(default_zones(region), Ok(zones.map(str::to_owned)));
        }
        assert_eq!(default_zones("us-west-1"), Err(NoDefault::PerAccount));
        assert_eq!(default_zones("xx-north-9"), Err(NoDefault::Unknown));
    }

    #[test]
    fn a_region_stands_in_the_tables_once() {
        let mut all: Vec<_> =
            WITH_A_B_C.into_iter().chain(WITH_OTHERS.map(|(name, _)| name)).chain([WITH_TWO]).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn a_zone_belongs_to_the_region_that_it_is_named_after() {
        for (zone, region, belongs) in [
            ("us-west-2a", "us-west-2", true),
            ("us-west-2-lax-1a", "us-west-2", true),
            ("us-west-2", "us-west-2", false),
            ("us-east-1a", "us-west-2", false),
            ("us-west-21a", "us-west-2", false),
        ] {
            assert_eq!(is_in(zone, region), belongs, "{zone} of {region}");
        }
    }
}
