use serde_json::json;

use super::*;
use crate::fake::{SUBNET, assembly};
use crate::stages::diff::tests::{changes, deployed};

#[test]
fn only_the_change_of_the_subnets_is_why_it_cannot_follow_them() {
    let program = |network: &str, scheme: &str| {
        assembly(&[
            (
                "a/lb",
                "AWS::ElasticLoadBalancingV2::LoadBalancer",
                json!({"IpAddressType": scheme, "Subnets": [{"$ref": "a/subnet#SubnetId"}]}),
            ),
            ("a/subnet", SUBNET, json!({"CidrBlock": "10.0.0.0/24", "VpcId": network})),
        ])
    };
    let changed = changes(&program("vpc-2", "dualstack"), &deployed(&program("vpc-1", "ipv4"))).changes;
    let of: Vec<_> = changed["a/lb"].properties.iter().map(|it| (it.property.as_str(), it.replacement)).collect();
    // The one that it loses and the one that it gains.
    let subnets = ("Subnets", Replacement::Always);
    assert_eq!(of, [("IpAddressType", Replacement::Never), subnets, subnets]);
}
