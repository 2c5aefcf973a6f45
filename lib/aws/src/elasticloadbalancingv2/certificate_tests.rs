//! Recorded responses of listener certificates and targets that emulators do not reproduce.

use groundplan_engine::Provider;
use groundplan_engine::provider::ErrorClass;
use serde_json::{Value as Json, json};

use crate::Aws;
use crate::replay::{Answer, Log, TOKEN, aws, create};

const CERTIFICATES: &str = "AWS::ElasticLoadBalancingV2::ListenerCertificate";

/// A listener that has these certificates, and refuses that one is added.
fn with_certificates(live: &'static [&'static str], refused: &'static str) -> (Aws, Log) {
    aws(move |sent| match () {
        () if sent.contains("Action=DescribeListenerCertificates") => {
            let members = live.iter().map(|arn| format!("<member><CertificateArn>{arn}</CertificateArn></member>"));
            let members: String = members.collect();
            Answer::ok(format!(
                "<DescribeListenerCertificatesResponse><DescribeListenerCertificatesResult><Certificates>{members}\
                 </Certificates></DescribeListenerCertificatesResult></DescribeListenerCertificatesResponse>"
            ))
        }
        () if !refused.is_empty() && sent.contains(&format!("CertificateArn={refused}")) => Answer::Is(
            400,
            "<ErrorResponse><Error><Code>TooManyCertificates</Code><Message>too many</Message></Error></ErrorResponse>"
                .to_owned(),
        ),
        () => Answer::empty(sent),
    })
}

fn certificates(arns: &[&str]) -> Json {
    let arns: Vec<_> = arns.iter().map(|arn| json!({"CertificateArn": arn})).collect();
    json!({"ListenerArn": "l", "Certificates": arns})
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_the_listener_has_already_is_not_taken_over() {
    for live in [&["c1"][..], &["c2"], &["c1", "c2"]] {
        let (aws, log) = with_certificates(live, "");
        let error = aws.create(&create(CERTIFICATES, certificates(&["c1", "c2"]))).await.unwrap_err();
        assert_eq!((error.class, log.count("AddListenerCertificates")), (ErrorClass::AlreadyExists, 0), "{live:?}");
    }
    let (aws, log) = with_certificates(&["other"], "");
    aws.create(&create(CERTIFICATES, certificates(&["c1", "c2"]))).await.unwrap();
    assert_eq!(log.count("AddListenerCertificates"), 2);
}

#[tokio::test(start_paused = true)]
async fn certificates_of_which_only_the_first_was_taken_are_a_resource_that_lacks_the_others() {
    let (aws, _) = with_certificates(&[], "c2");
    let error = aws.create(&create(CERTIFICATES, certificates(&["c1", "c2"]))).await.unwrap_err();
    assert_eq!((error.partial.as_deref(), error.settings), (Some("l|c1"), true), "{error}");
    // An interrupted create is found by what it has added.
    let (aws, _) = with_certificates(&["c1"], "");
    assert_eq!(aws.find(&create(CERTIFICATES, certificates(&["c1", "c2"]))).await.unwrap(), ["l|c1"]);
}

#[tokio::test(start_paused = true)]
async fn a_target_that_elastic_load_balancing_may_not_use_yet_is_registered_later() {
    let refused = std::sync::atomic::AtomicUsize::new(0);
    let (aws, log) = aws(move |sent| {
        match () {
        () if sent.contains("Action=CreateTargetGroup") => Answer::ok(
            "<CreateTargetGroupResponse><CreateTargetGroupResult><TargetGroups><member><TargetGroupArn>arn:g\
             </TargetGroupArn></member></TargetGroups></CreateTargetGroupResult></CreateTargetGroupResponse>",
        ),
        () if sent.contains("Action=DescribeTags") => Answer::ok(format!(
            "<DescribeTagsResponse><DescribeTagsResult><TagDescriptions><member><ResourceArn>arn:g</ResourceArn><Tags>\
             <member><Key>groundplan:token</Key><Value>{TOKEN}</Value></member></Tags></member></TagDescriptions>\
             </DescribeTagsResult></DescribeTagsResponse>"
        )),
        () if sent.contains("Action=RegisterTargets") && refused.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 3 => {
            Answer::Is(
                400,
                "<ErrorResponse><Error><Code>InvalidTarget</Code><Message>elasticloadbalancing principal does not have \
                 permission to invoke arn:f from target group arn:g</Message></Error></ErrorResponse>"
                    .to_owned(),
            )
        }
        () => Answer::empty(sent),
    }
    });
    let group = json!({"TargetType": "lambda", "Targets": [{"Id": "arn:f"}]});
    aws.create(&create("AWS::ElasticLoadBalancingV2::TargetGroup", group)).await.unwrap();
    assert_eq!(log.count("Action=RegisterTargets"), 4);
}
