//! The readiness of a database.

use groundplan_engine::Provider;
use groundplan_engine::provider::Status;
use serde_json::{Value as Json, json};

use super::{AVAILABLE, DATABASE, database, declared, update};
use crate::replay::{Answer, aws, existing};

/// Returns the status by one poll of a database that RDS describes so, and that has had these events.
async fn look(live: &str, properties: Json, events: &str) -> Status {
    let (live, events) = (live.to_owned(), events.to_owned());
    let (aws, _) = aws(move |sent| {
        Answer::ok(if sent.contains("Action=DescribeEvents") {
            format!(
                "<DescribeEventsResponse><DescribeEventsResult><Events>{events}</Events></DescribeEventsResult>\
                 </DescribeEventsResponse>"
            )
        } else {
            database(&live)
        })
    });
    aws.status(&existing(DATABASE, "db", declared(properties))).await.unwrap()
}

/// Returns the status right after the change to these properties was requested, before which the database had had other
/// events.
async fn look_after(live: &str, properties: Json, before: &str, after: &str) -> Status {
    use std::sync::atomic::{AtomicBool, Ordering};
    let (live, events, asked) = (live.to_owned(), [before.to_owned(), after.to_owned()], AtomicBool::new(false));
    let (aws, _) = aws(move |sent| match () {
        () if sent.contains("Action=ModifyDBInstance") => {
            asked.store(true, Ordering::Relaxed);
            Answer::empty(sent)
        }
        () if sent.contains("Action=DescribeEvents") => Answer::ok(format!(
            "<DescribeEventsResponse><DescribeEventsResult><Events>{}</Events></DescribeEventsResult>\
             </DescribeEventsResponse>",
            events[usize::from(asked.load(Ordering::Relaxed))]
        )),
        () => Answer::ok(database(&live)),
    });
    aws.update(&update(DATABASE, "db", declared(json!({})), declared(properties.clone()))).await.unwrap();
    aws.status(&existing(DATABASE, "db", declared(properties))).await.unwrap()
}

#[tokio::test]
async fn each_status_of_a_database_means_what_rds_says() {
    for status in ["available", "storage-optimization", "storage-config-upgrade", "storage-initialization"] {
        let live = format!("<DBInstanceStatus>{status}</DBInstanceStatus>");
        assert!(matches!(look(&live, json!({}), "").await, Status::Ready(_)), "{status}");
    }
    for status in ["backing-up", "configuring-log-exports", "creating", "modifying", "starting", "upgrading", "new-one"]
    {
        let live = format!("<DBInstanceStatus>{status}</DBInstanceStatus>");
        assert_eq!(look(&live, json!({}), "").await, Status::Pending(status.into()));
    }
    for status in ["delete-precheck", "deleting"] {
        let live = format!("<DBInstanceStatus>{status}</DBInstanceStatus>");
        assert_eq!(look(&live, json!({}), "").await, Status::Deleting(status.into()));
    }
    for (status, what) in [
        ("stopped", "start-db-instance"),
        ("storage-full", "MaxAllocatedStorage"),
        ("incompatible-parameters", "parameters"),
        ("inaccessible-encryption-credentials-recoverable", "KMS key"),
    ] {
        let live = format!("<DBInstanceStatus>{status}</DBInstanceStatus>");
        let found = look(&live, json!({}), "").await;
        assert!(matches!(&found, Status::Blocked(text) if text.contains(what) && text.contains(status)), "{found:?}");
        let growing =
            format!("{live}<PendingModifiedValues><AllocatedStorage>200</AllocatedStorage></PendingModifiedValues>");
        assert_eq!(look(&growing, json!({}), "").await, Status::Pending(status.into()), "what it needs is on its way");
    }
    for status in ["failed", "restore-error", "insufficient-capacity", "inaccessible-encryption-credentials"] {
        let live = format!("<DBInstanceStatus>{status}</DBInstanceStatus>");
        assert!(
            matches!(look(&live, json!({}), "").await, Status::Failed(text) if text.starts_with(status)),
            "{status}"
        );
    }
}

#[tokio::test]
async fn an_upgrade_that_the_pre_check_refuses_has_failed_with_the_event() {
    let event = |message: &str, category: &str, date: &str| {
        format!(
            "<Event><Message>{message}</Message><EventCategories><EventCategory>{category}</EventCategory>\
             </EventCategories><Date>{date}</Date></Event>"
        )
    };
    let wanted = json!({"EngineVersion": "17"});
    let before = event("Database instance could not be upgraded: long ago", "failure", "2026-01-01T00:00:00Z");
    let refused = "Database instance is in a state that cannot be upgraded: PreUpgrade checks failed: reg types";
    let events = event("Backing up DB instance", "backup", "2026-01-01T00:03:00Z")
        + &event("The DB engine version upgrade failed: an older one", "maintenance", "2026-01-01T00:01:00Z")
        + &event(refused, "maintenance", "2026-01-01T00:02:00Z");
    let found = look_after(AVAILABLE, wanted.clone(), &before, &(before.clone() + &events)).await;
    let Status::Failed(reason) = &found else { panic!("{found:?}") };
    assert!(reason.contains("EngineVersion from 16.8 to 17") && reason.ends_with(refused), "{reason}");

    let found = look_after(AVAILABLE, wanted.clone(), &before, &before).await;
    assert!(
        matches!(&found, Status::Pending(text) if text.contains("EngineVersion")),
        "RDS may not say yet: {found:?}"
    );
    let pending =
        format!("{AVAILABLE}<PendingModifiedValues><EngineVersion>17.2</EngineVersion></PendingModifiedValues>");
    let found = look(AVAILABLE, wanted.clone(), &events).await;
    assert!(matches!(found, Status::Ready(_)), "another process has asked for it, or nobody: {found:?}");
    assert_eq!(look(&pending, wanted, &events).await, Status::Pending("modifying".into()), "the events are older");
    assert!(matches!(look(AVAILABLE, json!({"EngineVersion": "16"}), &events).await, Status::Ready(_)));
}
