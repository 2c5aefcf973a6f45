//! State in S3, against moto: what every store promises, with both kinds of locks.

#[path = "../../engine/src/run/store/contract.rs"]
#[expect(clippy::unwrap_used, reason = "its functions are parts of a test")]
mod contract;

use std::time::Duration;

use contract::{Promises, holds};
use futures::future::join_all;
use groundplan_aws::{Reach, StateLocation, state_store};
use groundplan_engine::model::LockOwner;
use groundplan_engine::store::{ObjectStore, StoreError};
use groundplan_engine::{Error, State, StateStore};
use groundplan_moto::Moto;

/// The bucket's, and not the one that clients have by default.
const REGION: &str = "eu-central-1";

const PROMISES: Promises = Promises { force_unlock: true, history_and_apps: true };

/// A server with the bucket `acme-state`, the table `locks`, and a table of another shape.
fn moto() -> Moto {
    let moto = Moto::start();
    moto.boto(
        REGION,
        "s3.create_bucket(Bucket='acme-state', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})
for table, key in [('locks', 'LockID'), ('others', 'Name')]:
    dynamodb.create_table(TableName=table, BillingMode='PAY_PER_REQUEST',
        AttributeDefinitions=[{'AttributeName': key, 'AttributeType': 'S'}],
        KeySchema=[{'AttributeName': key, 'KeyType': 'HASH'}])",
    );
    moto
}

fn location(prefix: &str, lock_table: Option<&str>) -> StateLocation {
    let lock_table = lock_table.map(str::to_owned);
    StateLocation { bucket: "acme-state".into(), prefix: prefix.into(), region: None, lock_table }
}

fn store(moto: &Moto, location: StateLocation) -> ObjectStore {
    state_store(Reach::Emulator(moto.url().to_owned()), location, "shop")
}

#[tokio::test]
async fn a_state_in_s3_keeps_what_every_store_promises() {
    let moto = moto();
    for location in [location("", None), location("infra/eu", None), location("infra/us", Some("locks"))] {
        let reach = Reach::Emulator(moto.url().to_owned());
        let open = |app: &str| Box::new(state_store(reach.clone(), location.clone(), app)) as Box<dyn StateStore>;
        holds(open, &PROMISES).await;
    }
    let names = moto
        .boto(REGION, "for o in s3.list_objects_v2(Bucket='acme-state', Prefix='infra/')['Contents']: print(o['Key'])");
    let expected =
        "infra/eu/account/log/000000000001\ninfra/eu/shop/history/1.assembly.json\ninfra/eu/shop/history/1.json\n";
    assert!(names.starts_with(expected), "{names}");
    // Locks were given back, wherever they were.
    assert!(!names.contains("lock.json"), "{names}");
    assert_eq!(moto.boto(REGION, "print(dynamodb.scan(TableName='locks')['Count'])"), "0\n");
}

#[tokio::test]
async fn of_fifty_who_want_a_lock_at_once_one_gets_it() {
    let moto = moto();
    for location in [location("", None), location("", Some("locks"))] {
        let stores: Vec<_> = (0..50).map(|_| store(&moto, location.clone())).collect();
        let deploy = LockOwner::new("deploy");
        let tries = join_all(stores.iter().map(|store| store.lock(&deploy))).await;
        let refused = tries
            .iter()
            .filter(|result| matches!(result, Err(Error::Store(StoreError::Locked { heard: Some(_), .. }))));
        assert_eq!((refused.count(), tries.iter().filter(|result| result.is_ok()).count()), (49, 1));
        for lock in tries.into_iter().flatten() {
            lock.release().await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_log_of_more_objects_than_a_request_takes_is_listed_and_dropped_whole() {
    let moto = moto();
    let store = store(&moto, location("", None));
    let lock = store.lock(&LockOwner::new("deploy")).await.unwrap();
    store.save(&State::new("shop")).await.unwrap();
    lock.release().await.unwrap();
    // What is there is the eleven hundredth of a long log.
    moto.boto(
        REGION,
        "first = s3.get_object(Bucket='acme-state', Key='shop/log/000000000001')['Body'].read()
for n in range(1, 1101):
    body = first.replace(b'\"checkpoints\":[1]', b'\"checkpoints\":[1100]')
    s3.put_object(Bucket='acme-state', Key=f'shop/log/{n:012}', Body=body)",
    );
    let lock = store.lock(&LockOwner::new("deploy")).await.unwrap();
    for _ in 0..10 {
        store.save(&State { serial: 7, ..State::new("shop") }).await.unwrap();
    }
    lock.release().await.unwrap();
    assert_eq!(store.load().await.unwrap().unwrap().state.serial, 7);
    let left = moto.boto(REGION, "print([o['Key'][-4:] for o in s3.list_objects_v2(Bucket='acme-state')['Contents']])");
    assert_eq!(left, format!("{:?}\n", (1101..=1110).map(|n| n.to_string()).collect::<Vec<_>>()).replace('"', "'"));
}

#[tokio::test]
async fn what_is_missing_is_said_with_the_command_that_makes_it() {
    let moto = moto();
    let missing = StateLocation { bucket: "acme-sate".into(), ..location("infra", None) };
    let given = StateLocation { region: Some("eu-central-1".into()), ..missing.clone() };
    let cases = [
        (missing, "the bucket `acme-sate` does not exist; create it with `aws s3 mb s3://acme-sate`, or name another"),
        (given, "does not exist (request"),
        (
            location("infra", Some("lock")),
            "create the table in the bucket's region with `aws dynamodb create-table --table-name lock ",
        ),
        (location("infra", Some("others")), "the partition key of the table `others` has to be the string `LockID`"),
    ];
    for (location, expected) in cases {
        let store = store(&moto, location);
        let refused = tokio::time::timeout(Duration::from_secs(20), store.lock(&LockOwner::new("deploy"))).await;
        let error = refused.expect("it is not tried for long").err().expect("something is missing").to_string();
        assert!(error.contains(expected), "{error}");
    }
}
