//! The partitions of AWS, which have separate accounts, identities and ARNs.

/// A partition.
struct Partition {
    /// The second part of its ARNs.
    name: &'static str,
    /// The prefix of the names of its regions.
    prefix: &'static str,
    /// The domain that its endpoints end in.
    dns_suffix: &'static str,
}

/// The partition of every region whose name begins with no other one's prefix.
const AWS: Partition = of("aws", "", "amazonaws.com");

/// The other ones, as `partitions.json` of AWS's SDKs has them.
/// <https://docs.aws.amazon.com/general/latest/gr/rande.html>,
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
const OTHERS: [Partition; 7] = [
    of("aws-cn", "cn-", "amazonaws.com.cn"),
    of("aws-us-gov", "us-gov-", "amazonaws.com"),
    of("aws-iso", "us-iso-", "c2s.ic.gov"),
    of("aws-iso-b", "us-isob-", "sc2s.sgov.gov"),
    of("aws-iso-e", "eu-isoe-", "cloud.adc-e.uk"),
    of("aws-iso-f", "us-isof-", "csp.hci.ic.gov"),
    of("aws-eusc", "eusc-", "amazonaws.eu"),
];

const fn of(name: &'static str, prefix: &'static str, dns_suffix: &'static str) -> Partition {
    Partition { name, prefix, dns_suffix }
}

fn of_region(region: &str) -> &'static Partition {
    OTHERS.iter().find(|partition| region.starts_with(partition.prefix)).unwrap_or(&AWS)
}

/// Returns the partition of a region, as in `aws` or `aws-cn`, which is the second part of every ARN there.
///
/// ```
/// assert_eq!(groundplan_core::partition("eu-central-1"), "aws");
/// assert_eq!(groundplan_core::partition("cn-north-1"), "aws-cn");
/// ```
pub fn partition(region: &str) -> &'static str {
    of_region(region).name
}

/// Returns the domain of the endpoints of a region.
///
/// ```
/// assert_eq!(groundplan_core::dns_suffix("eu-central-1"), "amazonaws.com");
/// assert_eq!(groundplan_core::dns_suffix("cn-north-1"), "amazonaws.com.cn");
/// ```
pub fn dns_suffix(region: &str) -> &'static str {
    of_region(region).dns_suffix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_is_in_one_partition() {
        for (region, expected) in [
            ("us-east-1", "aws"),
            ("us-west-2", "aws"),
            ("eu-south-2", "aws"),
            ("il-central-1", "aws"),
            ("cn-northwest-1", "aws-cn"),
            ("us-gov-east-1", "aws-us-gov"),
            ("us-iso-west-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition(region), expected, "{region}");
        }
    }

    #[test]
    fn endpoints_end_in_the_domain_of_their_partition() {
        for (region, expected) in [
            ("us-east-1", "amazonaws.com"),
            ("us-gov-west-1", "amazonaws.com"),
            ("cn-north-1", "amazonaws.com.cn"),
            ("us-iso-east-1", "c2s.ic.gov"),
            ("eusc-de-east-1", "amazonaws.eu"),
        ] {
            assert_eq!(dns_suffix(region), expected, "{region}");
        }
    }
}
