//! Recorded responses of Route 53, ACM and Elastic Load Balancing that emulators do not reproduce.

use std::sync::atomic::{AtomicUsize, Ordering};

use groundplan_engine::Provider;
use groundplan_engine::provider::{DeleteRequest, Deletion, ErrorClass, Existing, Status, UpdateRequest};
use serde_json::{Value as Json, json};

use crate::replay::{Answer, TOKEN, aws, create, existing, map};

const ZONE: &str = "AWS::Route53::HostedZone";
const RECORD: &str = "AWS::Route53::RecordSet";
const CERTIFICATE: &str = "AWS::CertificateManager::Certificate";
const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
pub(crate) const ARN: &str = "arn:aws:acm:eu-central-1:111122223333:certificate/1";
const BALANCER_ARN: &str = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/shop/1";

fn delete(existing: Existing) -> DeleteRequest {
    DeleteRequest { existing, delete_data: false, final_snapshot: None }
}

/// An error in the form of Route 53 and Elastic Load Balancing.
pub(crate) fn refused(status: u16, code: &str, message: &str) -> Answer {
    Answer::Is(
        status,
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>req-1</RequestId></ErrorResponse>"
        ),
    )
}

pub(crate) fn change(status: &str) -> Answer {
    Answer::ok(format!(
        "<ChangeResourceRecordSetsResponse><ChangeInfo><Id>/change/C1</Id><Status>{status}</Status>\
         <SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo></ChangeResourceRecordSetsResponse>"
    ))
}

/// Returns a listing of Route 53 with names, types and values.
pub(crate) fn records(records: &[(&str, &str, &str)]) -> Answer {
    let sets: String = records
        .iter()
        .map(|(name, kind, value)| {
            format!(
                "<ResourceRecordSet><Name>{name}</Name><Type>{kind}</Type><TTL>300</TTL><ResourceRecords>\
                 <ResourceRecord><Value>{value}</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>"
            )
        })
        .collect();
    Answer::ok(format!(
        "<ListResourceRecordSetsResponse><ResourceRecordSets>{sets}</ResourceRecordSets><IsTruncated>false\
         </IsTruncated><MaxItems>100</MaxItems></ListResourceRecordSetsResponse>"
    ))
}

fn address(name: &str) -> Json {
    json!({"HostedZoneId": "Z1", "Name": name, "Type": "A", "TTL": "300", "ResourceRecords": ["192.0.2.1"]})
}

#[tokio::test]
async fn a_record_of_somebody_else_is_refused_in_a_form_of_route_53s_own() {
    let body = "<?xml version=\"1.0\"?><InvalidChangeBatch xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">\
                <Messages><Message>[Tried to create resource record set [name=&apos;shop.example.com.&apos;, \
                type=&apos;A&apos;] but it already exists]</Message></Messages><RequestId>req-1</RequestId>\
                </InvalidChangeBatch>";
    let (aws, log) = aws(move |_| Answer::Is(400, body.to_owned()));
    let error = aws.create(&create(RECORD, address("shop.example.com"))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert_eq!(error.code.as_deref(), Some("InvalidChangeBatch"));
    assert_eq!(error.operation.as_deref(), Some("route53:ChangeResourceRecordSets"));
    assert!(error.message.contains("[name='shop.example.com.', type='A'] but it already exists"), "{error}");
    assert!(log.all()[0].contains("<Action>CREATE</Action>"), "{:?}", log.all());
}

#[tokio::test]
async fn a_record_is_ready_when_its_change_is_on_every_name_server() {
    let looks = AtomicUsize::new(0);
    let (aws, log) = aws(move |sent| match sent {
        sent if sent.contains("/change/C1") && looks.fetch_add(1, Ordering::SeqCst) == 0 => Answer::ok(
            "<GetChangeResponse><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status>\
             <SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo></GetChangeResponse>",
        ),
        sent if sent.contains("/change/C1") => Answer::ok(
            "<GetChangeResponse><ChangeInfo><Id>/change/C1</Id><Status>INSYNC</Status>\
             <SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo></GetChangeResponse>",
        ),
        sent if sent.starts_with("POST") => change("PENDING"),
        _ => records(&[("shop.example.com.", "A", "192.0.2.1")]),
    });
    let accepted = aws.create(&create(RECORD, address("shop.example.com"))).await.unwrap();
    assert_eq!(accepted.id, "shop.example.com|Z1|A|");
    let record = existing(RECORD, &accepted.id, address("shop.example.com"));
    assert_eq!(aws.status(&record).await.unwrap(), Status::Pending("PENDING".into()));
    assert!(matches!(aws.status(&record).await.unwrap(), Status::Ready(_)));
    assert_eq!(log.count("type="), 0, "the change says it all: {:?}", log.all());
    // Another run knows of no change, and looks for the record.
    assert!(matches!(aws.status(&record).await.unwrap(), Status::Ready(_)));
    assert_eq!(log.count("type=A"), 1, "{:?}", log.all());
}

#[tokio::test]
async fn a_record_is_found_under_the_name_that_route_53_makes_of_it_and_deleted_as_it_is() {
    let (aws, log) = aws(|sent| match sent.starts_with("POST") {
        true => change("PENDING"),
        false => records(&[("\\052.shop.example.com.", "A", "192.0.2.9"), ("a.shop.example.com.", "A", "192.0.2.1")]),
    });
    let record = existing(RECORD, "*.Shop.example.com|Z1|A|", address("*.Shop.example.com"));
    let live = aws.read(&record).await.unwrap().unwrap();
    assert_eq!(live.properties["Name"], "*.Shop.example.com");
    assert_eq!(live.properties["ResourceRecords"], json!(["192.0.2.9"]));
    assert_eq!(aws.delete(&delete(record)).await.unwrap(), Deletion::Gone);
    let sent = log.all().into_iter().find(|sent| sent.contains("<Action>DELETE</Action>")).unwrap();
    assert!(sent.contains("192.0.2.9"), "the record that is there, not the one that was declared: {sent}");
    let gone = existing(RECORD, "gone.example.com|Z1|A|", address("gone.example.com"));
    assert_eq!(aws.delete(&delete(gone)).await.unwrap_err().class, ErrorClass::NotFound);
}

fn alias(kind: &str) -> Json {
    json!({"HostedZoneId": "Z1", "Name": "shop.example.com", "Type": kind,
        "AliasTarget": {"DNSName": "lb.example.net", "HostedZoneId": "Z9"}})
}

fn retyped() -> UpdateRequest {
    let cname = json!({"HostedZoneId": "Z1", "Name": "shop.example.com", "Type": "CNAME", "TTL": "300",
        "ResourceRecords": ["old.example.net"]});
    UpdateRequest {
        existing: existing(RECORD, "shop.example.com|Z1|CNAME|", cname),
        properties: map(alias("A")),
        token: TOKEN.into(),
        incomplete: false,
    }
}

#[tokio::test]
async fn a_record_changes_its_type_in_one_batch_and_has_another_identifier_then() {
    let (aws, log) = aws(|sent| match sent {
        sent if sent.starts_with("POST") => change("PENDING"),
        sent if sent.contains("type=CNAME") => records(&[("shop.example.com.", "CNAME", "old.example.net")]),
        _ => records(&[]),
    });
    let accepted = aws.update(&retyped()).await.unwrap();
    assert_eq!(accepted.id, "shop.example.com|Z1|A|");
    let sent: Vec<_> = log.all().into_iter().filter(|sent| sent.starts_with("POST")).collect();
    assert_eq!(sent.len(), 1, "{sent:#?}");
    let at = |text: &str| sent[0].find(text).unwrap_or_else(|| panic!("{text} in {}", sent[0]));
    assert!(
        at("<Action>DELETE</Action>") < at("old.example.net") && at("old.example.net") < at("<Action>CREATE</Action>")
    );
}

#[tokio::test]
async fn a_record_whose_type_an_unanswered_attempt_has_changed_is_as_it_should_be() {
    let (aws, log) = aws(|sent| match sent {
        sent if sent.starts_with("POST") => change("PENDING"),
        sent if sent.contains("type=A") => Answer::ok(
            "<ListResourceRecordSetsResponse><ResourceRecordSets><ResourceRecordSet><Name>shop.example.com.</Name>\
             <Type>A</Type><AliasTarget><HostedZoneId>Z9</HostedZoneId><DNSName>lb.example.net.</DNSName>\
             <EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget></ResourceRecordSet></ResourceRecordSets>\
             <IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListResourceRecordSetsResponse>",
        ),
        _ => records(&[]),
    });
    assert_eq!(aws.update(&retyped()).await.unwrap().id, "shop.example.com|Z1|A|");
    assert_eq!(log.count("POST"), 0, "{:#?}", log.all());
}

#[tokio::test]
async fn a_private_zone_keeps_the_networks_that_others_have_connected() {
    let changed = |operation: &str| {
        Answer::ok(format!(
            "<{operation}Response><ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status><SubmittedAt>\
             2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo></{operation}Response>"
        ))
    };
    let (aws, log) = aws(move |sent| match sent {
        sent if sent.contains("/associatevpc") => changed("AssociateVPCWithHostedZone"),
        sent if sent.contains("/disassociatevpc") => changed("DisassociateVPCFromHostedZone"),
        _ => Answer::ok(
            "<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z1</Id><Name>example.com.</Name><CallerReference>r\
             </CallerReference></HostedZone><VPCs><VPC><VPCRegion>eu-central-1</VPCRegion><VPCId>vpc-old</VPCId></VPC><VPC>\
             <VPCRegion>eu-west-1</VPCRegion><VPCId>vpc-of-another-account</VPCId></VPC></VPCs></GetHostedZoneResponse>",
        ),
    });
    let zone = |vpc: &str| json!({"Name": "example.com", "VPCs": [{"VPCId": vpc, "VPCRegion": "eu-central-1"}]});
    let request = UpdateRequest {
        existing: existing(ZONE, "Z1", zone("vpc-old")),
        properties: map(zone("vpc-new")),
        token: TOKEN.into(),
        incomplete: false,
    };
    // What is read afterwards does not matter here.
    aws.update(&request).await.ok();
    assert_eq!((log.count("/associatevpc"), log.count("/disassociatevpc")), (1, 1), "{:#?}", log.all());
    let gone = log.all().into_iter().find(|sent| sent.contains("disassociatevpc")).unwrap();
    assert!(gone.contains("vpc-old"), "{gone}");
}

#[test]
fn a_zone_takes_seven_tags_beside_those_of_identity() {
    let (aws, _) = aws(|_| Answer::Lost);
    let zone = |tags: usize| {
        let tags: Vec<_> = (0..tags).map(|tag| json!({"Key": tag.to_string(), "Value": ""})).collect();
        map(json!({"Name": "example.com", "HostedZoneTags": tags}))
    };
    aws.check(ZONE, &zone(7)).unwrap();
    let error = aws.check(ZONE, &zone(8)).unwrap_err();
    assert!(error.message.contains("too many tags (8)") && error.message.contains("at most 7"), "{error}");
}

#[tokio::test]
async fn a_zone_whose_creation_was_interrupted_is_found_by_its_reference() {
    let (aws, log) = aws(|sent| match sent {
        sent if sent.contains("hostedzonesbyname") => Answer::ok(format!(
            "<ListHostedZonesByNameResponse><HostedZones>\
             <HostedZone><Id>/hostedzone/Z0</Id><Name>example.com.</Name><CallerReference>other</CallerReference>\
             </HostedZone><HostedZone><Id>/hostedzone/Z1</Id><Name>example.com.</Name>\
             <CallerReference>{TOKEN}</CallerReference></HostedZone></HostedZones><IsTruncated>false</IsTruncated>\
             <MaxItems>100</MaxItems></ListHostedZonesByNameResponse>"
        )),
        sent if sent.contains("POST") && sent.contains("CreateHostedZone") => {
            refused(409, "HostedZoneAlreadyExists", "A hosted zone has already been created with the reference.")
        }
        sent if sent.contains("/tags/") => Answer::ok(
            "<ListTagsForResourceResponse><ResourceTagSet><ResourceType>hostedzone</ResourceType>\
             <ResourceId>Z1</ResourceId><Tags/></ResourceTagSet></ListTagsForResourceResponse>",
        ),
        _ => Answer::ok(
            "<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z1</Id><Name>example.com.</Name>\
             <CallerReference>r</CallerReference></HostedZone><DelegationSet><NameServers>\
             <NameServer>ns-1.awsdns-1.org</NameServer></NameServers></DelegationSet></GetHostedZoneResponse>",
        ),
    });
    let accepted = aws.create(&create(ZONE, json!({"Name": "example.com"}))).await.unwrap();
    assert_eq!(accepted.id, "Z1");
    assert_eq!(accepted.outputs["NameServers"], json!(["ns-1.awsdns-1.org"]));
    assert_eq!(log.count("groundplan:token"), 1, "the identity tags follow: {:?}", log.all());
}

#[tokio::test]
async fn a_zone_with_records_is_not_deleted_and_says_what_is_in_it() {
    let (aws, log) = aws(|sent| match sent.starts_with("DELETE") {
        true => refused(400, "HostedZoneNotEmpty", "The specified hosted zone contains non-required records."),
        false => records(&[
            ("example.com.", "NS", "ns-1.awsdns-1.org"),
            ("example.com.", "SOA", "x"),
            ("\\052.example.com.", "CNAME", "x"),
            ("dev.example.com.", "NS", "ns-2.awsdns-2.org"),
        ]),
    });
    let zone = existing(ZONE, "Z1", json!({"Name": "example.com"}));
    let error = aws.delete(&delete(zone)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert!(error.message.contains("CNAME *.example.com, NS dev.example.com;"), "{error}");
    assert_eq!(log.count("POST"), 0, "nothing is taken out of it: {:?}", log.all());
    let logging = json!({"CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:111122223333:log-group:a"});
    let zone = existing(ZONE, "Z1", json!({"Name": "example.com", "QueryLoggingConfig": logging}));
    assert_eq!(aws.delete(&delete(zone)).await.unwrap_err().class, ErrorClass::Invalid);
    assert_eq!(log.count("queryloggingconfig"), 0, "a zone that stays keeps its logging: {:?}", log.all());
}

#[tokio::test]
async fn a_record_is_found_after_a_lost_answer_only_where_it_is_as_it_is_declared() {
    for (value, found) in [("192.0.2.1", 1), ("192.0.2.9", 0)] {
        let (aws, _) = aws(move |_| records(&[("www.example.com.", "A", value)]));
        let declared = json!({"Name": "www.example.com", "Type": "A", "HostedZoneId": "Z1", "TTL": "300",
            "ResourceRecords": ["192.0.2.1"]});
        assert_eq!(aws.find(&create(RECORD, declared)).await.unwrap().len(), found, "{value}");
    }
}

/// A certificate for `example.com` and `*.example.com`, as DescribeCertificate gives it.
pub(crate) fn certificate(status: &str, record: Json) -> Answer {
    let validation = |domain: &str| {
        let mut validation = json!({"DomainName": domain, "ValidationStatus": "PENDING_VALIDATION"});
        if !record.is_null() {
            validation["ResourceRecord"] = record.clone();
        }
        validation
    };
    let detail = json!({"CertificateArn": ARN, "DomainName": "example.com", "Status": status,
        "SubjectAlternativeNames": ["example.com", "*.example.com"], "KeyAlgorithm": "RSA-2048",
        "DomainValidationOptions": [validation("example.com"), validation("*.example.com")]});
    Answer::ok(json!({"Certificate": detail}).to_string())
}

pub(crate) fn proof() -> Json {
    json!({"Name": "_a1.example.com.", "Type": "CNAME", "Value": "_b2.acm-validations.aws."})
}

pub(crate) fn declared() -> Json {
    json!({"DomainName": "example.com", "SubjectAlternativeNames": ["*.example.com"], "ValidationMethod": "DNS",
        "DomainValidationOptions": [{"DomainName": "example.com", "HostedZoneId": "Z1"},
            {"DomainName": "*.example.com", "HostedZoneId": "Z1"}]})
}

#[tokio::test]
async fn a_certificate_is_requested_with_as_much_of_the_token_as_acm_takes() {
    let (aws, log) = aws(|_| Answer::ok(json!({"CertificateArn": ARN}).to_string()));
    let accepted = aws.create(&create(CERTIFICATE, declared())).await.unwrap();
    assert_eq!(accepted.id, ARN);
    let sent = &log.all()[0];
    assert!(sent.contains(&format!(r#""IdempotencyToken":"{}""#, &TOKEN[..32])), "{sent}");
    assert!(sent.contains("groundplan:token"), "{sent}");
    assert!(!sent.contains("Z1"), "zones are not for ACM: {sent}");
}

#[tokio::test]
async fn a_certificate_is_proven_by_one_record_as_soon_as_acm_has_named_it() {
    let looks = AtomicUsize::new(0);
    let (aws, log) = aws(move |sent| match sent.contains("DescribeCertificate") {
        false => change("PENDING"),
        true => match looks.fetch_add(1, Ordering::SeqCst) {
            0 => certificate("PENDING_VALIDATION", Json::Null),
            1 => certificate("PENDING_VALIDATION", proof()),
            _ => certificate("ISSUED", proof()),
        },
    });
    let known = existing(CERTIFICATE, ARN, declared());
    let pending = Status::Pending("PENDING_VALIDATION of *.example.com, example.com".into());
    assert_eq!(aws.advance(&known, false).await.unwrap(), pending);
    assert_eq!(log.count("/rrset"), 0);
    assert_eq!(aws.advance(&known, false).await.unwrap(), pending);
    let sent: Vec<_> = log.all().into_iter().filter(|sent| sent.contains("hostedzone/Z1/rrset")).collect();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].matches("<Action>UPSERT</Action>").count(), 1, "the names share it: {}", sent[0]);
    assert!(sent[0].contains("_a1.example.com.") && sent[0].contains("_b2.acm-validations.aws."), "{}", sent[0]);
    assert_eq!(aws.advance(&known, false).await.unwrap(), Status::Ready(map(json!({"CertificateArn": ARN}))));
}

#[tokio::test]
async fn a_validation_record_is_written_once_by_each_run_however_long_the_certificate_waits() {
    let answer = |sent: &str| match sent.contains("DescribeCertificate") {
        true => certificate("PENDING_VALIDATION", proof()),
        false => change("PENDING"),
    };
    let known = existing(CERTIFICATE, ARN, declared());
    for run in 1..=2 {
        let (aws, log) = aws(answer);
        for _ in 0..3 {
            assert!(matches!(aws.advance(&known, false).await.unwrap(), Status::Pending(_)));
        }
        assert_eq!(log.count("<Action>UPSERT</Action>"), 1, "run {run}: {:?}", log.all());
        // Another certificate of the same names: the record may have gone with an earlier one.
        let other = existing(CERTIFICATE, "arn:aws:acm:eu-central-1:111122223333:certificate/2", declared());
        aws.advance(&other, false).await.unwrap();
    }
}

#[tokio::test]
async fn a_validation_record_that_could_not_be_written_is_written_at_the_next_look() {
    let writes = AtomicUsize::new(0);
    let (aws, log) = aws(move |sent| match sent {
        sent if sent.contains("DescribeCertificate") => certificate("PENDING_VALIDATION", proof()),
        _ if writes.fetch_add(1, Ordering::SeqCst) == 0 => refused(400, "Throttling", "Rate exceeded"),
        _ => change("PENDING"),
    });
    let known = existing(CERTIFICATE, ARN, declared());
    assert_eq!(aws.advance(&known, false).await.unwrap_err().class, ErrorClass::Throttled);
    for _ in 0..2 {
        assert!(matches!(aws.advance(&known, false).await.unwrap(), Status::Pending(_)));
    }
    assert_eq!(log.count("<Action>UPSERT</Action>"), 2, "{:?}", log.all());
}

#[tokio::test]
async fn a_certificate_whose_zone_is_not_there_is_a_mistake_and_not_gone() {
    let (aws, _) = aws(|sent| match sent.contains("DescribeCertificate") {
        true => certificate("PENDING_VALIDATION", proof()),
        false => refused(404, "NoSuchHostedZone", "No hosted zone found with ID: Z1"),
    });
    let error = aws.advance(&existing(CERTIFICATE, ARN, declared()), false).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
    assert!(error.message.contains("Z1"), "{error}");
}

#[tokio::test]
async fn a_certificate_that_nobody_validated_has_failed_and_says_why() {
    for (status, reason) in
        [("VALIDATION_TIMED_OUT", "check that the domain's registrar names the servers"), ("FAILED", "FAILED")]
    {
        let (aws, _) = aws(move |_| certificate(status, proof()));
        let found = aws.status(&existing(CERTIFICATE, ARN, declared())).await.unwrap();
        assert!(matches!(&found, Status::Failed(text) if text.contains(reason)), "{found:?}");
    }
}

#[tokio::test]
async fn what_acm_writes_differently_is_no_drift() {
    let (aws, _) = aws(|sent| match sent.contains("ListTags") {
        true => Answer::ok(r#"{"Tags": [{"Key": "groundplan:token", "Value": "t"}]}"#),
        false => certificate("ISSUED", proof()),
    });
    let mut declared = declared();
    declared["KeyAlgorithm"] = "RSA_2048".into();
    declared["SubjectAlternativeNames"] = json!(["*.Example.com"]);
    let live = aws.read(&existing(CERTIFICATE, ARN, declared.clone())).await.unwrap().unwrap();
    assert_eq!(Json::Object(live.properties), declared);
}

/// Deletes the certificate where another one of the account, in the region `us-east-1`, covers
/// `other`. Gives how many records were deleted, and what was sent.
async fn deleted_beside(other: &'static str) -> (usize, Vec<String>) {
    let (aws, log) = aws(move |sent| match sent {
        sent if sent.contains("DescribeCertificate") => certificate("ISSUED", proof()),
        sent if sent.contains("DescribeRegions") => Answer::ok(
            "<DescribeRegionsResponse><regionInfo><item><regionName>eu-central-1</regionName></item>\
             <item><regionName>us-east-1</regionName></item></regionInfo></DescribeRegionsResponse>",
        ),
        sent if sent.contains("ListCertificates") && sent.contains("us-east-1") => Answer::ok(
            json!({"CertificateSummaryList": [{"CertificateArn": "arn:other", "DomainName": other,
                "Type": "AMAZON_ISSUED", "SubjectAlternativeNameSummaries": [other]}]})
            .to_string(),
        ),
        sent if sent.contains("ListCertificates") => Answer::ok(
            json!({"CertificateSummaryList": [{"CertificateArn": ARN, "DomainName": "example.com"}]}).to_string(),
        ),
        sent if sent.starts_with("GET") => records(&[("_a1.example.com.", "CNAME", "_b2.acm-validations.aws.")]),
        sent if sent.contains("rrset") => change("PENDING"),
        _ => Answer::ok("{}"),
    });
    let known = existing(CERTIFICATE, ARN, declared());
    assert_eq!(aws.delete(&delete(known)).await.unwrap(), Deletion::Gone);
    (log.count("<Action>DELETE</Action>"), log.all())
}

#[tokio::test]
async fn a_deleted_certificate_takes_the_record_along_that_no_other_needs() {
    let (deleted, sent) = deleted_beside("other.example.com").await;
    assert_eq!(deleted, 1, "{sent:#?}");
    let position = |text: &str| sent.iter().position(|sent| sent.contains(text)).unwrap();
    assert!(position("DeleteCertificate") < position("<Action>DELETE</Action>"), "{sent:#?}");
}

#[tokio::test]
async fn a_deleted_certificate_leaves_the_record_by_which_one_of_another_region_is_renewed() {
    for other in ["example.com", "*.example.com", "*.EXAMPLE.com"] {
        let (deleted, sent) = deleted_beside(other).await;
        assert_eq!(deleted, 0, "{other}: {sent:#?}");
    }
}

#[tokio::test]
async fn a_certificate_in_use_keeps_its_record_and_is_waited_for() {
    let (aws, log) = aws(|sent| match sent.contains("DeleteCertificate") {
        true => Answer::Is(400, r#"{"__type": "ResourceInUseException", "message": "in use"}"#.into()),
        false => certificate("ISSUED", proof()),
    });
    let error = aws.delete(&delete(existing(CERTIFICATE, ARN, declared()))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert_eq!(log.count("rrset"), 0, "{:?}", log.all());
}

fn balancer(state: &str) -> String {
    format!(
        "<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancers><member>\
         <LoadBalancerArn>{BALANCER_ARN}</LoadBalancerArn><LoadBalancerName>shop</LoadBalancerName>\
         <DNSName>shop-1.eu-central-1.elb.amazonaws.com</DNSName><CanonicalHostedZoneId>Z2</CanonicalHostedZoneId>\
         <State>{state}</State></member></LoadBalancers></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>"
    )
}

/// Returns the responses about a load balancer, except for its own description.
fn described(sent: &str) -> Answer {
    match sent {
        sent if sent.contains("DescribeLoadBalancerAttributes") => Answer::ok(
            "<DescribeLoadBalancerAttributesResponse><DescribeLoadBalancerAttributesResult><Attributes>\
             <member><Key>idle_timeout.timeout_seconds</Key><Value>60</Value></member>\
             <member><Key>routing.http2.enabled</Key><Value>true</Value></member>\
             <member><Key>deletion_protection.enabled</Key><Value>true</Value></member></Attributes>\
             </DescribeLoadBalancerAttributesResult></DescribeLoadBalancerAttributesResponse>",
        ),
        sent if sent.contains("DescribeTags") => Answer::ok(format!(
            "<DescribeTagsResponse><DescribeTagsResult><TagDescriptions><member><ResourceArn>{BALANCER_ARN}\
             </ResourceArn><Tags><member><Key>groundplan:token</Key><Value>{TOKEN}</Value></member></Tags></member>\
             </TagDescriptions></DescribeTagsResult></DescribeTagsResponse>"
        )),
        sent => Answer::empty(sent),
    }
}

#[tokio::test]
async fn a_load_balancer_is_provisioned_then_active_and_may_be_impaired_or_fail() {
    for (state, status) in [
        ("<Code>provisioning</Code>", "Pending(\"provisioning\")"),
        ("<Code>active</Code>", "Ready("),
        ("<Code>active_impaired</Code>", "Ready("),
        ("<Code>failed</Code><Reason>no addresses left</Reason>", "Failed(\"no addresses left\")"),
    ] {
        let (aws, _) = aws(move |sent| match sent.contains("Action=DescribeLoadBalancers&") {
            true => Answer::ok(balancer(state)),
            false => described(sent),
        });
        let found = aws.status(&existing(BALANCER, BALANCER_ARN, json!({}))).await.unwrap();
        assert!(format!("{found:?}").starts_with(status), "{found:?}");
    }
}

#[tokio::test]
async fn only_declared_attributes_of_a_load_balancer_are_compared() {
    let (aws, _) = aws(|sent| match sent.contains("Action=DescribeLoadBalancers&") {
        true => Answer::ok(balancer("<Code>active</Code>")),
        false => described(sent),
    });
    let attributes = |timeout: &str| json!([{"Key": "idle_timeout.timeout_seconds", "Value": timeout}]);
    let declared = json!({"LoadBalancerAttributes": attributes("30")});
    let live = aws.read(&existing(BALANCER, BALANCER_ARN, declared)).await.unwrap().unwrap();
    assert_eq!(live.properties["LoadBalancerAttributes"], attributes("60"));
    assert_eq!(live.outputs["LoadBalancerFullName"], "app/shop/1");
}

#[tokio::test]
async fn a_load_balancer_of_the_same_name_is_taken_over_only_with_the_token_of_its_creation() {
    for (token, found) in [(TOKEN, true), ("somebody-else", false)] {
        let (aws, log) = aws(move |sent| match sent {
            sent if sent.contains("Action=CreateLoadBalancer") => {
                refused(400, "DuplicateLoadBalancerName", "A load balancer with the same name exists")
            }
            sent if sent.contains("Action=DescribeLoadBalancers&") => Answer::ok(balancer("<Code>active</Code>")),
            sent => match described(sent) {
                Answer::Is(status, body) => Answer::Is(status, body.replace(TOKEN, token)),
                lost => lost,
            },
        });
        let created = aws.create(&create(BALANCER, json!({"Subnets": ["subnet-1", "subnet-2"]}))).await;
        match created {
            Ok(accepted) => assert!(found && accepted.id == BALANCER_ARN),
            Err(error) => assert!(!found && error.class == ErrorClass::AlreadyExists, "{error}"),
        }
        let sent = &log.all()[0];
        assert!(sent.contains("Name=shop-thing-0011223344&"), "at most 32 characters, with a suffix: {sent}");
    }
}

#[tokio::test]
async fn what_a_listener_no_longer_declares_is_turned_off() {
    let (aws, log) = aws(|sent| match sent {
        sent if sent.contains("Action=DescribeListeners") => Answer::ok(
            "<DescribeListenersResponse><DescribeListenersResult><Listeners><member><ListenerArn>l</ListenerArn>\
             </member></Listeners></DescribeListenersResult></DescribeListenersResponse>",
        ),
        sent => Answer::empty(sent),
    });
    let listener = |mutual: Json| {
        json!({"LoadBalancerArn": BALANCER_ARN, "Port": 443, "Protocol": "HTTPS", "MutualAuthentication": mutual,
            "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]})
    };
    let request = UpdateRequest {
        existing: existing(LISTENER, "l", listener(json!({"Mode": "verify", "TrustStoreArn": "t"}))),
        properties: map(listener(Json::Null)),
        token: TOKEN.into(),
        incomplete: false,
    };
    aws.update(&request).await.unwrap();
    assert_eq!(log.count("MutualAuthentication.Mode=off"), 1, "{:?}", log.all());
}

#[tokio::test]
async fn the_policy_of_a_log_group_may_be_on_its_way_when_a_zone_is_to_log_into_it() {
    let group = "arn:aws:logs:us-east-1:111122223333:log-group:dns";
    let (aws, _) = aws(|sent| match sent.starts_with("POST") {
        true => {
            refused(400, "InsufficientCloudWatchLogsResourcePolicy", "Amazon Route 53 does not have the permission")
        }
        false => {
            Answer::ok("<ListQueryLoggingConfigsResponse><QueryLoggingConfigs/></ListQueryLoggingConfigsResponse>")
        }
    });
    let logging = json!({"Name": "example.com", "QueryLoggingConfig": {"CloudWatchLogsLogGroupArn": group}});
    let change = UpdateRequest {
        existing: existing(ZONE, "Z1", json!({"Name": "example.com"})),
        properties: map(logging),
        token: TOKEN.into(),
        incomplete: false,
    };
    assert_eq!(aws.update(&change).await.unwrap_err().class, ErrorClass::Propagating);
}

#[tokio::test]
async fn a_network_that_route_53_does_not_know_yet_is_waited_for() {
    let (aws, _) = aws(|sent| match sent.starts_with("POST") {
        true => refused(400, "InvalidVPCId", "The VPC vpc-1 in region eu-central-1 is invalid"),
        false => Answer::ok("<GetHostedZoneResponse><HostedZone/></GetHostedZoneResponse>"),
    });
    let private = json!({"Name": "example.com", "VPCs": [{"VPCId": "vpc-1", "VPCRegion": "eu-central-1"}]});
    assert_eq!(aws.create(&create(ZONE, private.clone())).await.unwrap_err().class, ErrorClass::Propagating);
    let zone = existing(ZONE, "Z1", json!({"Name": "example.com"}));
    let change = UpdateRequest { existing: zone, properties: map(private), token: TOKEN.into(), incomplete: false };
    assert_eq!(aws.update(&change).await.unwrap_err().class, ErrorClass::Propagating);
}
