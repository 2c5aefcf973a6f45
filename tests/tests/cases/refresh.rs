//! Resources that were deleted by hand.

use groundplan_engine::diff::{Action, Reason};
use groundplan_engine::drift::Drift;

use crate::world::World;

/// The network of the case, whose VPC was deleted outside of Groundplan.
async fn without_vpc() -> World {
    let world = World::with("gone").await;
    for type_name in ["AWS::EC2::Subnet", "AWS::EC2::VPC"] {
        let id = world.item(type_name).id;
        world.cloud.vandalize(type_name, &id).expect("it exists");
    }
    world
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_by_hand_is_named_by_a_refresh() {
    let world = without_vpc().await;
    let (_, planned) = world.try_plan("gone", "v1", true).await.expect("a plan");
    for path in ["a/vpc", "a/s"] {
        let change = &planned.changes.changes[path];
        assert_eq!((change.action, &change.reasons[..]), (Action::Create, &[Reason::Missing][..]), "{path}");
    }
    let missing = world.drift("gone").await;
    assert_eq!(missing.iter().filter(|(_, drift)| *drift == Drift::Missing).count(), 2, "{missing:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_deleted_by_hand_holds_up_nothing_that_does_not_need_it() {
    let world = without_vpc().await;
    assert!(world.try_deploy("gone", "v2").await.succeeded());
}
