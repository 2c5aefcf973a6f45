use std::sync::{Arc, Mutex};
use std::time::Duration;

use groundplan_engine::Hint;
use groundplan_engine::Provider;
use groundplan_engine::provider::{DeleteRequest, ErrorClass, UpdateRequest};
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use crate::Aws;
use crate::replay::{Answer, Log, TOKEN, aws, create, existing, map};

const POLICY: &str = "AWS::S3::BucketPolicy";
const CERTIFICATES: &str = "AWS::ElasticLoadBalancingV2::ListenerCertificate";

/// S3, whose bucket has this policy, as long as it has one.
fn bucket_with(policy: Option<Json>) -> (Aws, Log, Arc<Mutex<Option<String>>>) {
    let live = Arc::new(Mutex::new(policy.map(|policy| policy.to_string())));
    let shown = Arc::clone(&live);
    let (aws, log) = aws(move |sent| {
        let policy = shown.lock().unwrap().clone();
        match policy {
            _ if !sent.contains("policy") => Answer::ok(""),
            Some(policy) if sent.starts_with("GET") => Answer::ok(policy),
            None if sent.starts_with("GET") => {
                let error = "<Error><Code>NoSuchBucketPolicy</Code><Message>none</Message></Error>";
                Answer::Is(404, error.to_owned())
            }
            _ => Answer::ok(""),
        }
    });
    (aws, log, live)
}

fn policy(statements: Json) -> Json {
    json!({"Bucket": "b", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}})
}

/// Returns the number of policies that were written.
fn written(log: &Log) -> usize {
    log.all().iter().filter(|sent| sent.starts_with("PUT ") && sent.contains("?policy")).count()
}

/// The statements that AWS writes for the delivery of logs.
fn delivery() -> Vec<Json> {
    let statement = |sid: &str, action: &str| {
        json!({"Sid": sid, "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}, "Action": action,
            "Resource": "arn:aws:s3:::b/*"})
    };
    vec![statement("AWSLogDeliveryWrite", "s3:PutObject"), statement("AWSLogDeliveryAclCheck", "s3:GetBucketAcl")]
}

fn own() -> Json {
    json!({"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", "Resource": "*"})
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_aws_has_written_for_its_logs_gives_way_to_one_that_delivers_them_too() {
    let with = |own: Json| {
        let mut statements = delivery();
        statements.push(own);
        json!(statements)
    };
    const SOURCE: &str = "arn:aws:logs:eu-central-1:111122223333:*";
    // A statement for objects, of one source or any.
    let to = |objects: &str, source: Option<&str>| {
        let mut statement = delivery()[0].clone();
        statement["Resource"] = json!(format!("arn:aws:s3:::b/{objects}"));
        if let Some(arn) = source {
            statement["Condition"] = json!({"ArnLike": {"aws:SourceArn": [arn]}});
        }
        json!([statement])
    };
    let document = |statements: Json| json!({"Version": "2012-10-17", "Statement": statements});
    for (live, declared, gives_way) in [
        (json!(delivery()), with(own()), true),
        // It would end the delivery, or some of it.
        (json!(delivery()), json!([own()]), false),
        (json!(delivery()), json!([delivery()[0], own()]), false),
        (to("logs/*", None), json!([delivery()[1]]), false),
        (to("theirs/*", None), to("mine/*", None), false),
        (to("logs/*", None), to("logs/*", Some(SOURCE)), false),
        (to("*", None), to("??*", None), false),
        // It allows as much, or more.
        (to("logs/*", None), to("logs/*", None), true),
        (to("logs/*", Some(SOURCE)), to("l?gs/*", None), true),
        (
            to("logs/*", Some(SOURCE)),
            json!([{"Sid": "Logs", "Effect": "Allow", "Principal": {"Service": ["delivery.logs.amazonaws.com"]},
                "Action": ["s3:GetBucketAcl", "s3:Put*"], "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}]),
            true,
        ),
        // Somebody has added to it.
        (with(json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*"})), with(own()), false),
    ] {
        let (aws, log, _) = bucket_with(Some(document(live.clone())));
        let created = aws.create(&create(POLICY, policy(declared.clone()))).await;
        assert_eq!((written(&log), created.is_ok()), (usize::from(gives_way), gives_way), "{live} {declared}");
        if let Err(error) = created {
            assert_eq!(error.class, ErrorClass::AlreadyExists, "{error}");
            let says_how = error.message.contains("delivery.logs.amazonaws.com");
            let has_own = live.as_array().unwrap().len() > delivery().len();
            assert_eq!(says_how, !has_own, "{error}");
            assert!(matches!(&error.hints[..], [Hint::Import { id: Some(id), .. }] if id == "b"), "{:?}", error.hints);
        }
    }
}

/// S3 gives back the principal and the lists of a policy in a form of its own.
#[tokio::test]
async fn a_policy_whose_answer_was_lost_is_found_however_s3_writes_it() {
    let declared = json!([{"Effect": "Allow", "Principal": {"AWS": ["444455556666", "111122223333"]},
        "Action": ["s3:PutObject", "s3:GetObject"], "Resource": ["arn:aws:s3:::b/*"]}]);
    let live = |action: &str| {
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Resource": "arn:aws:s3:::b/*",
            "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"]},
            "Action": ["s3:GetObject", action]}})
    };
    for (action, found) in [("s3:PutObject", true), ("s3:DeleteObject", false)] {
        let (aws, _, _) = bucket_with(Some(live(action)));
        let ids = aws.find(&create(POLICY, policy(declared.clone()))).await.unwrap();
        assert_eq!(ids, if found { vec!["b"] } else { Vec::new() }, "{action}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_policy_of_a_bucket_that_was_deleted_may_linger_for_minutes() {
    let theirs = json!({"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*"}]});
    let bucket = || create("AWS::S3::Bucket", json!({"BucketName": "b"}));
    let existing = || existing("AWS::S3::Bucket", "b", json!({"BucketName": "b"}));
    // S3 forgets it after a minute: of a bucket that was deleted by somebody else, and made anew.
    let (aws, log, live) = bucket_with(Some(theirs.clone()));
    aws.create(&bucket()).await.unwrap();
    let began = Instant::now();
    let forget = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        live.lock().unwrap().take();
    };
    let wanted = create(POLICY, policy(json!([own()])));
    let ((), created) = tokio::join!(forget, aws.create(&wanted));
    created.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(60));
    assert_eq!(written(&log), 1, "{:?}", log.all());
    // And never: of one that this process has deleted.
    let (aws, log, _) = bucket_with(Some(theirs));
    aws.delete(&DeleteRequest { existing: existing(), delete_data: false, final_snapshot: None }).await.unwrap();
    aws.create(&bucket()).await.unwrap();
    aws.create(&create(POLICY, policy(json!([own()])))).await.unwrap();
    assert_eq!(written(&log), 1, "{:?}", log.all());
}

/// A listener that has these certificates for good.
fn listener(live: &'static [&'static str]) -> (Aws, Log) {
    aws(move |sent| match sent.contains("Action=DescribeListenerCertificates") {
        true => {
            let members = live.iter().map(|arn| format!("<member><CertificateArn>{arn}</CertificateArn></member>"));
            let members: String = members.collect();
            Answer::ok(format!(
                "<DescribeListenerCertificatesResponse><DescribeListenerCertificatesResult><Certificates>{members}\
                 </Certificates></DescribeListenerCertificatesResult></DescribeListenerCertificatesResponse>"
            ))
        }
        false => Answer::empty(sent),
    })
}

fn certificates(arns: &[&str]) -> Json {
    let arns: Vec<_> = arns.iter().map(|arn| json!({"CertificateArn": arn})).collect();
    json!({"ListenerArn": "l", "Certificates": arns})
}

#[tokio::test(start_paused = true)]
async fn every_certificate_that_this_process_has_removed_can_be_added_elsewhere() {
    // AWS shows them still.
    for taken in ["c1", "c2"] {
        let (aws, _) = listener(&["c1", "c2"]);
        let both = existing(CERTIFICATES, "l|c1", certificates(&["c1", "c2"]));
        aws.delete(&DeleteRequest { existing: both, delete_data: false, final_snapshot: None }).await.unwrap();
        aws.create(&create(CERTIFICATES, certificates(&[taken]))).await.unwrap();
    }
    let (aws, _) = listener(&["c1", "c2", "c3"]);
    let change = UpdateRequest {
        existing: existing(CERTIFICATES, "l|c1", certificates(&["c1", "c2"])),
        properties: map(certificates(&["c1"])),
        token: TOKEN.into(),
        incomplete: false,
    };
    aws.update(&change).await.unwrap();
    for others in [&["c3"][..], &["c2", "c3"], &["c1"]] {
        let error = aws.create(&create(CERTIFICATES, certificates(others))).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::AlreadyExists, "{others:?}");
    }
    aws.create(&create(CERTIFICATES, certificates(&["c2"]))).await.unwrap();
}
