//! A run that loses its lock in the middle of a call sends nothing more that changes something.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use groundplan_engine::Provider;
use groundplan_engine::provider::{DeleteRequest, ErrorClass, Fence, ProviderError, UpdateRequest};
use serde_json::json;

use crate::replay::{Answer, Log, aws, create, existing, map};

const VPC: &str = "AWS::EC2::VPC";
const BUCKET: &str = "AWS::S3::Bucket";

/// Lets so many changes through.
struct Allows(AtomicUsize);

impl Fence for Allows {
    fn check(&self) -> Result<(), ProviderError> {
        let left = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map(drop).map_err(|_| ProviderError::new(ErrorClass::LockLost, "another run has the lock"))
    }
}

/// AWS behind a fence that lets so many changes through.
fn fenced(changes: usize, answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> (Box<dyn Provider>, Log) {
    let (aws, log) = aws(answer);
    (aws.with_fence(Arc::new(Allows(AtomicUsize::new(changes)))).unwrap(), log)
}

fn vpc(sent: &str) -> Answer {
    if sent.contains("Action=CreateVpc") {
        return Answer::ok(
            "<CreateVpcResponse><vpc><vpcId>vpc-1</vpcId><cidrBlock>10.0.0.0/16</cidrBlock></vpc></CreateVpcResponse>",
        );
    }
    Answer::empty(sent)
}

#[tokio::test(start_paused = true)]
async fn no_setting_follows_a_create_once_the_lock_is_lost() {
    let (aws, log) = fenced(1, vpc);
    let properties = json!({"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true});
    let error = aws.create(&create(VPC, properties)).await.unwrap_err();
    assert_eq!((error.class, error.partial.as_deref()), (ErrorClass::LockLost, Some("vpc-1")), "{error}");
    assert!(error.settings);
    assert_eq!((log.count("Action=CreateVpc"), log.count("ModifyVpcAttribute")), (1, 0));
}

/// Returns the number of requests that change something.
fn changes(log: &Log) -> usize {
    log.all().iter().filter(|sent| !sent.starts_with("GET") && !sent.starts_with("HEAD")).count()
}

#[tokio::test(start_paused = true)]
async fn of_the_settings_of_a_bucket_none_is_sent_once_the_lock_is_lost() {
    let properties = json!({
        "BucketName": "media",
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": true},
        "VersioningConfiguration": {"Status": "Enabled"},
    });
    for allowed in 1..4 {
        let (aws, log) = fenced(allowed, |_| Answer::ok(""));
        let error = aws.create(&create(BUCKET, properties.clone())).await.unwrap_err();
        assert_eq!((error.class, error.partial.as_deref()), (ErrorClass::LockLost, Some("media")), "{error}");
        assert_eq!(changes(&log), allowed, "{:?}", log.all());
    }
}

#[tokio::test]
async fn nothing_is_created_updated_or_deleted_without_the_lock() {
    let (aws, log) = fenced(0, vpc);
    let vpc = || existing(VPC, "vpc-1", json!({"CidrBlock": "10.0.0.0/16"}));
    let update = UpdateRequest {
        existing: vpc(),
        properties: map(json!({"CidrBlock": "10.0.0.0/16", "EnableDnsHostnames": true})),
        token: "t".into(),
        incomplete: false,
    };
    let errors = [
        aws.create(&create(VPC, json!({"CidrBlock": "10.0.0.0/16"}))).await.unwrap_err(),
        aws.update(&update).await.unwrap_err(),
        aws.delete(&DeleteRequest { existing: vpc(), delete_data: false, final_snapshot: None }).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.class, error.message.as_str()), (ErrorClass::LockLost, "another run has the lock"));
        assert!(error.operation.is_some_and(|operation| operation.starts_with("ec2:")));
    }
    assert_eq!(log.all(), Vec::<String>::new(), "a create, an update and a delete");
}

#[tokio::test]
async fn what_only_reads_needs_no_lock() {
    let (aws, log) = fenced(0, |_| Answer::ok("<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>"));
    assert_eq!(aws.read(&existing(VPC, "vpc-1", json!({}))).await.unwrap(), None);
    assert_eq!(log.count("DescribeVpcs"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_is_not_emptied_any_further_once_the_lock_is_lost() {
    let answer = |sent: &str| {
        if sent.starts_with("GET") {
            return Answer::ok(
                "<ListVersionsResult><IsTruncated>false</IsTruncated><Version><Key>a</Key><VersionId>1</VersionId>\
                 </Version></ListVersionsResult>",
            );
        }
        if sent.starts_with("DELETE") {
            return Answer::Is(409, "<Error><Code>BucketNotEmpty</Code><Message>not empty</Message></Error>".into());
        }
        Answer::ok("<DeleteResult/>")
    };
    for allowed in [0, 1, 3] {
        let (aws, log) = fenced(allowed, answer);
        let request =
            DeleteRequest { existing: existing(BUCKET, "b", json!({})), delete_data: true, final_snapshot: None };
        let error = aws.delete(&request).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::LockLost, "{error}");
        assert_eq!(changes(&log), allowed, "{:?}", log.all());
    }
}
