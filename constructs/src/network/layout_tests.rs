use groundplan_core::cidr;
use proptest::prelude::*;

use super::*;

fn zones(count: usize) -> Vec<String> {
    ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"][..count].iter().map(ToString::to_string).collect()
}

fn place(layout: &SubnetLayout, zone_count: usize) -> Result<Vec<PlannedSubnet>, LayoutError> {
    layout.place(cidr!("10.51.0.0/16"), &zones(zone_count))
}

#[test]
fn the_default_layout_fits_a_slash_16() {
    let planned = place(&SubnetLayout::default(), 3).expect("it fits");
    let described: Vec<_> =
        planned.iter().map(|subnet| format!("{} {} {}", subnet.name, subnet.zone, subnet.block)).collect();
    insta::assert_snapshot!(described.join("\n"), @r"
    private-a us-east-1a 10.51.0.0/19
    private-b us-east-1b 10.51.32.0/19
    private-c us-east-1c 10.51.64.0/19
    public-a us-east-1a 10.51.128.0/22
    public-b us-east-1b 10.51.132.0/22
    public-c us-east-1c 10.51.136.0/22
    ");
}

#[test]
fn stated_blocks_that_overlap_or_lie_outside_are_refused() {
    let fixed = |blocks: &[Ipv4Net]| place(&SubnetLayout::new([Tier::fixed(Visibility::Private, blocks)]), 2);
    let outside = fixed(&[cidr!("10.51.0.0/18"), cidr!("10.52.0.0/18")]).expect_err("outside");
    assert_eq!(outside.to_string(), "the subnet 10.52.0.0/18 is outside of the block 10.51.0.0/16 of the VPC");
    let overlap = fixed(&[cidr!("10.51.0.0/18"), cidr!("10.51.32.0/19")]).expect_err("overlap");
    assert_eq!(overlap.to_string(), "the subnets 10.51.0.0/18 and 10.51.32.0/19 overlap");
    assert_eq!(fixed(&[cidr!("10.51.0.0/18")]).expect_err("too few").to_string(), "1 subnets are stated for 2 zones");
}

#[test]
fn a_subnet_that_moves_has_no_address_of_its_old_self() {
    let fixed = |block| place(&SubnetLayout::new([Tier::fixed(Visibility::Public, [block])]), 1).expect("it fits");
    let (before, after) = (fixed(cidr!("10.51.232.0/21")), fixed(cidr!("10.51.192.0/21")));
    assert_eq!((before[0].ipv6_index, after[0].ipv6_index), (232, 192));
}

#[test]
fn each_reason_why_a_layout_does_not_fit_is_named() {
    let private = |prefix: u8| Tier::sized(Visibility::Private, prefix);
    let error = |tiers: Vec<Tier>, zones: &[&str]| {
        let zones: Vec<_> = zones.iter().map(ToString::to_string).collect();
        SubnetLayout::new(tiers).place(cidr!("10.51.0.0/16"), &zones).map_err(|error| error.to_string())
    };
    let two = ["us-east-1a", "us-east-1b"];
    for prefix in [15, 29] {
        let message = format!("AWS does not accept a subnet of /{prefix}, but /16 to /28");
        assert_eq!(error(vec![private(prefix)], &two), Err(message.clone()));
        let block: Ipv4Net = format!("10.51.0.0/{prefix}").parse().expect("it is a block");
        assert_eq!(error(vec![Tier::fixed(Visibility::Private, [block])], &two[..1]), Err(message));
    }
    let repeated = error(vec![private(24)], &["us-east-1a", "us-east-1b", "us-east-1a"]);
    assert_eq!(repeated, Err("the zone us-east-1a is listed twice".to_owned()));
    let five = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1e"];
    let zones = "a layout has room for 4 zones, not 5: state the blocks with `Tier::fixed`";
    assert_eq!(error(vec![private(24)], &five), Err(zones.to_owned()));
    let small = || Tier::fixed(Visibility::Private, ["10.51.0.0/28", "10.51.0.16/28"].map(|it| it.parse().unwrap()));
    assert!(error(vec![small()], &two).is_ok());
    // Subnets below a 256th of the VPC have IPv6 blocks in runs of 16, of which there are 16.
    let many: Vec<_> = (0..17).map(|number| private(28).named(format!("tier-{number}"))).collect();
    let room = "the IPv6 block of the VPC has no room left for the subnets of the tier `tier-16`";
    assert_eq!(error(many, &two), Err(room.to_owned()));
}

#[test]
fn the_subnets_of_a_tier_have_its_name_and_the_letter_of_their_zone() {
    let tiers = [Tier::sized(Visibility::Private, 24), Tier::sized(Visibility::Private, 24).named("data")];
    let planned = place(&SubnetLayout::new(tiers), 2).expect("it fits");
    let names: Vec<_> = planned.iter().map(|subnet| subnet.name.as_str()).collect();
    assert_eq!(names, ["private-a", "private-b", "data-a", "data-b"]);
    assert_eq!((Visibility::Public.name(), Visibility::Private.name()), ("public", "private"));
}

#[test]
fn a_tier_that_does_not_fit_says_so() {
    let layout = SubnetLayout::new([Tier::sized(Visibility::Private, 17)]);
    let error = place(&layout, 2).expect_err("four /17 do not fit a /16");
    assert_eq!(error.to_string(), "10.51.0.0/16 has no room left for 4 subnets of /17");
}

fn tiers() -> impl Strategy<Value = Vec<Tier>> {
    let tier = (prop::bool::ANY, 18u8..=28).prop_map(|(public, prefix)| {
        Tier::sized(if public { Visibility::Public } else { Visibility::Private }, prefix)
    });
    prop::collection::vec(tier, 1..6)
}

proptest! {
    #[test]
    fn no_two_subnets_overlap_and_all_lie_inside_the_vpc(tiers in tiers(), zone_count in 1usize..=4) {
        if let Ok(planned) = place(&SubnetLayout::new(tiers), zone_count) {
            for (position, subnet) in planned.iter().enumerate() {
                prop_assert!(cidr!("10.51.0.0/16").contains(&subnet.block));
                prop_assert!(subnet.ipv6_index < IPV6_SUBNETS);
                for other in &planned[..position] {
                    prop_assert!(!overlap(&subnet.block, &other.block), "{subnet:?} {other:?}");
                    prop_assert_ne!(subnet.ipv6_index, other.ipv6_index, "{:?} {:?}", subnet, other);
                }
            }
        }
    }

    #[test]
    fn a_further_zone_or_tier_moves_no_subnet(tiers in tiers(), zone_count in 1usize..=3, prefix in 18u8..=28) {
        let layout = SubnetLayout::new(tiers.clone());
        if let Ok(before) = place(&layout, zone_count) {
            let with_zone = place(&layout, zone_count + 1).expect("room for four zones is reserved");
            prop_assert!(before.iter().all(|subnet| with_zone.contains(subnet)));
            let further = Tier::sized(Visibility::Private, prefix);
            let longer = SubnetLayout::new([tiers, vec![further]].concat());
            if let Ok(with_tier) = place(&longer, zone_count) {
                prop_assert_eq!(&with_tier[..before.len()], &before[..]);
            }
        }
    }
}
