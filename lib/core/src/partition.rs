//! The partitions of AWS: worlds of their own, with accounts, identities and ARNs of their own.

/// Prefixes of the regions that are not in the partition `aws`.
/// <https://docs.aws.amazon.com/general/latest/gr/rande.html>, and the regular expressions of
/// `partitions.json` in AWS's SDKs.
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
];

/// The partition that a region is in, as in `aws` or `aws-cn`: the second part of every ARN there.
///
/// ```
/// assert_eq!(groundplan_core::partition("eu-central-1"), "aws");
/// assert_eq!(groundplan_core::partition("cn-north-1"), "aws-cn");
/// ```
pub fn partition(region: &str) -> &'static str {
    let found = PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix));
    found.map_or("aws", |(_, partition)| partition)
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
}
