//! Zones, certificates and load balancers.

use serde_json::{Value as Json, json};

use super::{Case, case, moto, retagged, tags};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = names();
    cases.extend(balancers());
    cases
}

fn names() -> Vec<Case> {
    let record = |more: Json| {
        let mut record = json!({"HostedZoneId": "${zone.Id}", "Name": "*.Api.conformance.example.com", "Type": "A"});
        record.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        record
    };
    let alias = |health: bool| {
        json!({"HostedZoneId": "${zone.Id}", "Name": "shop.conformance.example.com.", "Type": "AAAA",
            "AliasTarget": {"DNSName": "Shop-1.eu-central-1.elb.amazonaws.com", "HostedZoneId": "Z215JYRZR1TBD5",
                "EvaluateTargetHealth": health}})
    };
    let validated = json!([{"DomainName": "conformance.example.com", "HostedZoneId": "${zone.Id}"},
        {"DomainName": "*.conformance.example.com", "HostedZoneId": "${zone.Id}"}]);
    let certificate = |tags: Json| {
        json!({"DomainName": "conformance.example.com", "SubjectAlternativeNames": ["*.conformance.example.com"],
            "ValidationMethod": "DNS", "DomainValidationOptions": validated, "Tags": tags})
    };
    vec![
        case(
            "zone",
            "AWS::Route53::HostedZone",
            json!({"Name": "conformance.example.com", "HostedZoneConfig": {"Comment": "shop"},
                "HostedZoneTags": tags("zone")}),
            Some(json!({"Name": "conformance.example.com", "HostedZoneConfig": {"Comment": "the shop"},
                "HostedZoneTags": retagged("zone")})),
        ),
        case(
            "private-zone",
            "AWS::Route53::HostedZone",
            json!({"Name": "internal.example.com.", "VPCs": [{"VPCId": "${vpc.VpcId}", "VPCRegion": "eu-central-1"}]}),
            None,
        ),
        case(
            "record",
            "AWS::Route53::RecordSet",
            record(json!({"TTL": "60", "ResourceRecords": ["192.0.2.1", "192.0.2.2"]})),
            Some(record(json!({"TTL": "300", "ResourceRecords": ["192.0.2.3"]}))),
        ),
        case(
            "weighted",
            "AWS::Route53::RecordSet",
            json!({"HostedZoneId": "${zone.Id}", "Name": "old.conformance.example.com", "Type": "CNAME", "TTL": "60",
                "ResourceRecords": ["shop.example.com"], "SetIdentifier": "blue", "Weight": 10}),
            // Another type is another record, with another identifier.
            Some(json!({"HostedZoneId": "${zone.Id}", "Name": "old.conformance.example.com", "Type": "TXT",
                "TTL": "60", "ResourceRecords": ["\"moved\""], "SetIdentifier": "blue", "Weight": 10})),
        ),
        // The set identifier of another name is another one.
        case(
            "weighted-too",
            "AWS::Route53::RecordSet",
            json!({"HostedZoneId": "${zone.Id}", "Name": "new.conformance.example.com", "Type": "TXT", "TTL": "60",
                "ResourceRecords": ["\"new\""], "SetIdentifier": "blue", "Weight": 10}),
            None,
        ),
        case("alias", "AWS::Route53::RecordSet", alias(false), Some(alias(true))),
        // moto looks at the names of a certificate as a set, and issues it without any record.
        case(
            "certificate",
            "AWS::CertificateManager::Certificate",
            certificate(tags("certificate")),
            Some(certificate(retagged("certificate"))),
        ),
        case(
            "other-certificate",
            "AWS::CertificateManager::Certificate",
            json!({"DomainName": "other.example.com", "ValidationMethod": "DNS"}),
            None,
        ),
    ]
}

fn balancers() -> Vec<Case> {
    let balancer = |group: &str, timeout: &str, tags: Json| {
        json!({"Type": "application", "Scheme": "internet-facing", "IpAddressType": "dualstack",
            "Subnets": ["${subnet-b.SubnetId}", "${subnet-a.SubnetId}"], "SecurityGroups": [group], "Tags": tags,
            "LoadBalancerAttributes": [
                {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "true"},
                {"Key": "idle_timeout.timeout_seconds", "Value": timeout}]})
    };
    let group = |path: &str, delay: &str, tags: Json| {
        json!({"VpcId": "${vpc.VpcId}", "Protocol": "HTTP", "Port": 8000, "TargetType": "ip",
            "HealthCheckPath": path, "HealthCheckIntervalSeconds": 15, "Matcher": {"HttpCode": "200-299"},
            "TargetGroupAttributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": delay}],
            "Tags": tags})
    };
    let answer = |text: &str| {
        json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "MessageBody": text,
            "ContentType": "text/plain"}}])
    };
    let https = |certificate: &str, policy: &str, text: &str| {
        json!({"LoadBalancerArn": "${balancer.LoadBalancerArn}", "Port": 443, "Protocol": "HTTPS",
            "SslPolicy": policy, "Certificates": [{"CertificateArn": certificate}], "DefaultActions": answer(text)})
    };
    let forward = json!([{"Type": "forward", "ForwardConfig": {"TargetGroups": [
        {"TargetGroupArn": "${targets.TargetGroupArn}", "Weight": 1}]}}]);
    let rule = |priority: u16, path: &str, tags: Json| {
        json!({"ListenerArn": "${https.ListenerArn}", "Priority": priority, "Actions": forward, "Tags": tags,
            "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}}]})
    };
    vec![
        case(
            "balancer",
            "AWS::ElasticLoadBalancingV2::LoadBalancer",
            balancer("${group.GroupId}", "30", tags("balancer")),
            Some(balancer("${inline-group.GroupId}", "120", retagged("balancer"))),
        ),
        case(
            "targets",
            "AWS::ElasticLoadBalancingV2::TargetGroup",
            group("/health/", "30", tags("targets")),
            Some(group("/healthz", "60", retagged("targets"))),
        ),
        case(
            "http",
            "AWS::ElasticLoadBalancingV2::Listener",
            json!({"LoadBalancerArn": "${balancer.LoadBalancerArn}", "Port": 80, "Protocol": "HTTP",
                "DefaultActions": [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443",
                    "StatusCode": "HTTP_301"}}]}),
            None,
        ),
        case(
            "https",
            "AWS::ElasticLoadBalancingV2::Listener",
            https("${certificate.CertificateArn}", "ELBSecurityPolicy-TLS13-1-2-2021-06", "nobody"),
            Some(https("${other-certificate.CertificateArn}", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06", "no")),
        ),
        case(
            "more-certificates",
            "AWS::ElasticLoadBalancingV2::ListenerCertificate",
            json!({"ListenerArn": "${https.ListenerArn}",
                "Certificates": [{"CertificateArn": "${certificate.CertificateArn}"}]}),
            None,
        ),
        // moto keeps a rule's priority as a number where AWS has a text, and deletes a rule twice.
        moto(
            &["second delete"],
            case(
                "rule",
                "AWS::ElasticLoadBalancingV2::ListenerRule",
                rule(10, "/graphql/*", tags("rule")),
                Some(rule(20, "/api/*", retagged("rule"))),
            ),
        ),
    ]
}
