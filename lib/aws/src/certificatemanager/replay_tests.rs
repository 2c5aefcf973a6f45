//! Reasons why a certificate is not validated.

use groundplan_engine::Provider;
use groundplan_engine::provider::Status;
use serde_json::json;

use crate::replay::{Answer, Log, aws, existing};
use crate::replay_edge_tests::{ARN, certificate, change, declared, proof, records, refused};

const CERTIFICATE: &str = "AWS::CertificateManager::Certificate";

/// The zone `example.com`, whose parent is none of the account.
fn zone() -> Answer {
    Answer::ok(
        "<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z1</Id><Name>shop.example.com.</Name><CallerReference>r\
         </CallerReference></HostedZone><DelegationSet><NameServers><NameServer>ns-1.awsdns-1.org</NameServer>\
         <NameServer>ns-2.awsdns-2.com</NameServer></NameServers></DelegationSet></GetHostedZoneResponse>",
    )
}

fn zones(names: &[&str]) -> Answer {
    let zones: String = names
        .iter()
        .map(|name| {
            format!(
                "<HostedZone><Id>/hostedzone/Z0</Id><Name>{name}.</Name><CallerReference>r</CallerReference></HostedZone>"
            )
        })
        .collect();
    Answer::ok(format!(
        "<ListHostedZonesByNameResponse><HostedZones>{zones}</HostedZones><IsTruncated>false</IsTruncated><MaxItems>10\
         </MaxItems></ListHostedZonesByNameResponse>"
    ))
}

/// Returns the status that a deploy reports while it waits for the certificate, and the requests. The parent zone is in
/// the account if it has `servers`, which are those of its NS record.
async fn waiting(servers: Option<&'static [&'static str]>) -> (String, Log) {
    let (aws, log) = aws(move |sent| match sent {
        sent if sent.contains("DescribeCertificate") => certificate("PENDING_VALIDATION", proof()),
        sent if sent.starts_with("POST") => change("PENDING"),
        sent if sent.contains("hostedzonesbyname") => {
            zones(if servers.is_some() { &["example.com"] } else { &["org"] })
        }
        sent if sent.contains("rrset") => {
            let named: Vec<_> = servers.unwrap_or_default().iter().map(|it| ("shop.example.com.", "NS", *it)).collect();
            records(&named)
        }
        _ => zone(),
    });
    let known = existing(CERTIFICATE, ARN, declared());
    let mut said = Vec::new();
    for _ in 0..3 {
        let Status::Pending(detail) = aws.advance(&known, false).await.unwrap() else { panic!("it is not validated") };
        said.push(detail);
    }
    said.dedup();
    assert_eq!(said.len(), 1, "the same at each poll: {said:?}");
    assert_eq!(
        log.count("GET https://route53.amazonaws.com/2013-04-01/hostedzone/Z1 "),
        1,
        "read once: {:#?}",
        log.all()
    );
    (said.remove(0), log)
}

#[tokio::test]
async fn a_certificate_in_a_zone_that_nobody_delegates_to_says_which_servers_to_name() {
    let (said, _) = waiting(None).await;
    assert!(said.contains("the registrar of shop.example.com, or its parent zone"), "{said}");
    assert!(said.contains("ns-1.awsdns-1.org, ns-2.awsdns-2.com"), "{said}");
}

#[tokio::test]
async fn a_parent_zone_of_the_account_that_does_not_delegate_is_named() {
    let (said, _) = waiting(Some(&[])).await;
    assert!(said.contains("the hosted zone example.com (Z0) does not delegate shop.example.com"), "{said}");
    let (said, _) = waiting(Some(&["ns-9.awsdns-9.net"])).await;
    assert!(said.contains("change it from ns-9.awsdns-9.net to ns-1.awsdns-1.org"), "{said}");
}

#[tokio::test]
async fn a_plan_that_polls_a_certificate_writes_no_record() {
    let (aws, log) = aws(|sent| match sent.contains("DescribeCertificate") {
        true => certificate("PENDING_VALIDATION", proof()),
        false => refused(403, "AccessDenied", "not allowed"),
    });
    let found = aws.status(&existing(CERTIFICATE, ARN, declared())).await.unwrap();
    assert!(matches!(found, Status::Pending(_)), "{found:?}");
    assert_eq!(log.count("ChangeResourceRecordSets"), 0, "{:#?}", log.all());
}

#[tokio::test]
async fn a_certificate_in_use_says_who_uses_it() {
    let (aws, _) = aws(|sent| match sent.contains("DeleteCertificate") {
        true => Answer::Is(400, r#"{"__type": "ResourceInUseException", "message": "in use"}"#.into()),
        false => Answer::ok(
            json!({"Certificate": {"CertificateArn": ARN, "Status": "ISSUED", "InUseBy": ["arn:lb"]}}).to_string(),
        ),
    });
    let request = groundplan_engine::provider::DeleteRequest {
        existing: existing(CERTIFICATE, ARN, declared()),
        final_snapshot: None,
        delete_data: false,
    };
    let error = aws.delete(&request).await.unwrap_err();
    assert!(error.message.ends_with("it is held by arn:lb"), "{error}");
}
