//! A deploy that meets what was deleted by hand.

use crate::world::World;

#[tokio::test(start_paused = true)]
async fn a_deploy_into_what_was_deleted_by_hand_says_that_a_refresh_helps() {
    let world = World::with("gone").await;
    for type_name in ["AWS::EC2::Subnet", "AWS::EC2::VPC"] {
        let id = world.item(type_name).id;
        world.cloud.vandalize(type_name, &id).expect("it exists");
    }
    let outcome = world.try_deploy("gone", "v3").await;
    let failed = outcome.failed.iter().find(|step| step.path.as_str() == "a/s2").expect("its VPC is gone");
    let said = format!("{:?}", failed.error);
    assert!(said.contains("hints: [Refresh]"), "{said}");
}
