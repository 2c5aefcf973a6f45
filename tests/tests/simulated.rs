//! Whole deploys into a simulated account, as a user's unit test makes them.

use std::collections::BTreeSet;

use apps::checkout::{Settings, checkout};
use groundplan::data::InstanceClass;
use groundplan::resources::ec2;
use groundplan_testing::{Cloud, assembly};

#[test]
fn the_checkout_is_deployed_whole_and_a_second_plan_is_empty() {
    let app = checkout(&Settings::prod());
    let cloud = Cloud::new();
    let deployed = cloud.deploy(&app);
    assert_eq!(deployed.state.resources.len(), assembly(&app).resources.len());
    let inventory = cloud.simulator().inventory().expect("the account is in memory");
    assert_eq!(inventory.len(), deployed.state.resources.len());
    assert!(deployed.output("vpc-id").as_str().is_some_and(|id| id.starts_with("vpc-")));
    assert!(cloud.plan(&app).is_empty());
    assert!(cloud.drift(&app).is_empty());
}

#[test]
fn every_subnet_has_its_own_ipv6_block_out_of_the_one_of_the_vpc() {
    let app = checkout(&Settings::stage());
    let deployed = Cloud::new().deploy(&app);
    let blocks: BTreeSet<String> = assembly(&app)
        .find::<ec2::Subnet>()
        .iter()
        .map(|subnet| {
            let properties = &deployed.resource(subnet.path.as_str()).properties;
            properties["Ipv6CidrBlock"].as_str().expect("resolved").to_owned()
        })
        .collect();
    assert_eq!(blocks.len(), 6);
    assert!(blocks.iter().all(|block| block.ends_with("::/64")), "{blocks:?}");
}

#[test]
fn a_changed_setting_changes_one_resource_in_place() {
    let cloud = Cloud::new();
    let mut settings = Settings::dev();
    cloud.deploy(&checkout(&settings));
    settings.database = InstanceClass::M6gLarge;
    let changed = checkout(&settings);
    let counts = cloud.plan(&changed).count();
    assert_eq!((counts.create, counts.update, counts.replace, counts.delete), (0, 1, 0, 0));
    let deployed = cloud.deploy(&changed);
    let class = &deployed.resource("checkout/database").properties["DBInstanceClass"];
    assert_eq!(class.as_str(), Some("db.m6g.large"));
}

#[test]
fn destroying_leaves_nothing() {
    let cloud = Cloud::new();
    let app = checkout(&Settings::dev());
    cloud.deploy(&app);
    cloud.destroy(&app);
    assert!(cloud.simulator().inventory().expect("the account is in memory").is_empty());
}

#[test]
fn a_deploy_takes_no_longer_than_its_slowest_chain() {
    let deployed = Cloud::new().deploy(&checkout(&Settings::dev()));
    // The database, after its subnets: all else goes on beside it.
    assert!(deployed.took.as_secs() < 15 * 60, "{:?}", deployed.took);
}
