//! Recorded responses of listeners, rules and target groups that emulators do not reproduce.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use futures::future::try_join_all;
use groundplan_engine::provider::{DeleteRequest, ErrorClass, ProviderError, UpdateRequest};
use groundplan_engine::{Hint, Provider};
use serde_json::{Value as Json, json};

use crate::Aws;
use crate::replay::{Answer, Log, TOKEN, aws, create, existing, map};
use crate::replay_edge_tests::refused;

const BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";
const RULE: &str = "AWS::ElasticLoadBalancingV2::ListenerRule";
const GROUP: &str = "AWS::ElasticLoadBalancingV2::TargetGroup";
const LISTENER_ARN: &str = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/shop/1/2";

fn rule_arn(name: &str) -> String {
    LISTENER_ARN.replace(":listener/", ":listener-rule/") + "/" + name
}

fn parameter<'a>(sent: &'a str, name: &str) -> Option<&'a str> {
    sent.split(['&', ' ']).find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

/// The name of the rule that a request is about.
fn named<'a>(sent: &'a str, parameter_name: &str) -> &'a str {
    parameter(sent, parameter_name).and_then(|arn| arn.rsplit("%2F").next()).unwrap_or_default()
}

/// The rules of a listener: name and priority. Those whose name begins with `foreign` are of another app.
#[derive(Clone, Default)]
struct Rules(Arc<Mutex<BTreeMap<String, u16>>>);

impl Rules {
    fn of(rules: &[(&str, u16)]) -> Self {
        Self(Arc::new(Mutex::new(rules.iter().map(|(name, priority)| ((*name).to_owned(), *priority)).collect())))
    }

    fn now(&self) -> Vec<(String, u16)> {
        self.0.lock().unwrap().clone().into_iter().collect()
    }

    fn aws(&self) -> (Aws, Log) {
        let rules = self.clone();
        aws(move |sent| rules.answer(sent))
    }

    /// As AWS answers.
    fn answer(&self, sent: &str) -> Answer {
        let mut rules = self.0.lock().unwrap();
        let in_use =
            |priority: u16| refused(400, "PriorityInUse", &format!("Priority '{priority}' is currently in use"));
        let listed = |rules: &[(&str, u16)]| {
            let members: String = rules
                .iter()
                .map(|(name, priority)| {
                    let arn = rule_arn(name);
                    format!("<member><RuleArn>{arn}</RuleArn><Priority>{priority}</Priority></member>")
                })
                .collect();
            members
        };
        match parameter(sent, "Action").unwrap_or_default() {
            "SetRulePriorities" => {
                let mut wanted = rules.clone();
                for member in (1..).map(|number| format!("RulePriorities.member.{number}")) {
                    let Some(priority) = parameter(sent, &format!("{member}.Priority")) else { break };
                    let name = named(sent, &format!("{member}.RuleArn")).to_owned();
                    wanted.insert(name, priority.parse().unwrap());
                }
                let mut used = BTreeSet::new();
                if let Some(twice) = wanted.values().find(|priority| !used.insert(**priority)) {
                    return in_use(*twice);
                }
                *rules = wanted;
                Answer::empty(sent)
            }
            "CreateRule" => {
                let wanted: u16 = parameter(sent, "Priority").unwrap().parse().unwrap();
                if rules.values().any(|priority| *priority == wanted) {
                    return in_use(wanted);
                }
                rules.insert("new".to_owned(), wanted);
                let made = listed(&[("new", wanted)]);
                Answer::ok(format!(
                    "<CreateRuleResponse><CreateRuleResult><Rules>{made}</Rules></CreateRuleResult></CreateRuleResponse>"
                ))
            }
            "DescribeRules" => {
                let one = named(sent, "RuleArns.member.1");
                let wanted = |name: &str| one.is_empty() || one == name;
                let found: Vec<_> = rules.iter().map(|(name, at)| (name.as_str(), *at)).collect();
                let found: Vec<_> = found.into_iter().filter(|(name, _)| wanted(name)).collect();
                let default =
                    format!("<member><RuleArn>{}</RuleArn><Priority>default</Priority></member>", rule_arn("0"));
                let found = listed(&found) + if one.is_empty() { &default } else { "" };
                Answer::ok(format!(
                    "<DescribeRulesResponse><DescribeRulesResult><Rules>{found}</Rules></DescribeRulesResult>\
                     </DescribeRulesResponse>"
                ))
            }
            "DescribeTags" => tags(sent),
            _ => Answer::empty(sent),
        }
    }
}

/// Those of each resource: an app's name; the token of a creation, which is this one where the resource is
/// called `mine`; and a path, but of one whose name begins with `copied`.
fn tags(sent: &str) -> Answer {
    let arns = sent.split('&').filter_map(|part| part.strip_prefix("ResourceArns.member.")?.split_once('='));
    let described = arns.map(|(_, arn)| {
        let name = arn.rsplit("%2F").next().unwrap_or_default();
        let app = if name.starts_with("foreign") { "bakery" } else { "shop" };
        let token = if name == "mine" { TOKEN } else { "another creation" };
        let path = match name.starts_with("copied") {
            true => String::new(),
            false => format!("<member><Key>groundplan:path</Key><Value>shop/{name}</Value></member>"),
        };
        let arn = arn.replace("%3A", ":").replace("%2F", "/");
        format!(
            "<member><ResourceArn>{arn}</ResourceArn><Tags><member><Key>groundplan:app</Key><Value>{app}</Value></member>\
             <member><Key>groundplan:token</Key><Value>{token}</Value></member>{path}</Tags></member>"
        )
    });
    let described: String = described.collect();
    Answer::ok(format!(
        "<DescribeTagsResponse><DescribeTagsResult><TagDescriptions>{described}</TagDescriptions></DescribeTagsResult>\
         </DescribeTagsResponse>"
    ))
}

fn rule(priority: u16) -> Json {
    json!({"ListenerArn": LISTENER_ARN, "Priority": priority,
        "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}],
        "Actions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]})
}

/// Returns a new request to update a resource, as the engine makes one for each call.
fn update(type_name: &str, id: &str, old: Json, new: Json) -> UpdateRequest {
    UpdateRequest {
        existing: existing(type_name, id, old),
        properties: map(new),
        token: "an update".into(),
        incomplete: false,
    }
}

async fn reprioritize(aws: &Aws, (name, old, new): (&str, u16, u16)) -> Result<(), ProviderError> {
    aws.update(&update(RULE, &rule_arn(name), rule(old), rule(new))).await.map(drop)
}

#[tokio::test]
async fn rules_change_their_priorities_whichever_goes_first() {
    let swap = [("a", 10, 20), ("b", 20, 10)];
    let shift = [("a", 10, 20), ("b", 20, 30)];
    let turn = [("a", 1, 2), ("b", 2, 3), ("c", 3, 1)];
    for changes in [&swap[..], &shift, &turn] {
        let before: Vec<_> = changes.iter().map(|(name, old, _)| (*name, *old)).chain([("everything", 900)]).collect();
        let after: BTreeMap<_, _> = changes
            .iter()
            .map(|(name, _, new)| ((*name).to_owned(), *new))
            .chain([("everything".into(), 900)])
            .collect();
        for first in 0..changes.len() {
            let mut order = changes.to_vec();
            order.rotate_left(first);
            for order in [order.clone(), order.into_iter().rev().collect()] {
                let rules = Rules::of(&before);
                let (aws, _) = rules.aws();
                for change in &order {
                    reprioritize(&aws, *change).await.unwrap();
                    assert!(
                        rules.now().iter().all(|(_, at)| *at <= 900),
                        "a rule behind the one that takes everything"
                    );
                }
                assert_eq!(*rules.0.lock().unwrap(), after, "{order:?}");
            }
            let rules = Rules::of(&before);
            let (aws, _) = rules.aws();
            try_join_all(changes.iter().map(|change| reprioritize(&aws, *change))).await.unwrap();
            assert_eq!(*rules.0.lock().unwrap(), after, "all at the same time");
        }
    }
}

#[tokio::test]
async fn two_rules_change_places_in_one_call() {
    let rules = Rules::of(&[("a", 10), ("b", 20)]);
    let (aws, log) = rules.aws();
    reprioritize(&aws, ("a", 10, 20)).await.unwrap();
    assert_eq!(rules.now(), [("a".into(), 20), ("b".into(), 10)]);
    let sent: Vec<_> = log.all().into_iter().filter(|sent| sent.contains("SetRulePriorities")).collect();
    assert!(sent.len() == 2 && sent[1].contains("RulePriorities.member.2.Priority=10"), "{sent:#?}");
    reprioritize(&aws, ("b", 20, 10)).await.unwrap();
    assert_eq!(log.count("SetRulePriorities"), 3, "the other one is there already");
}

#[tokio::test]
async fn a_priority_that_somebody_else_has_is_not_waited_for() {
    let rules = Rules::of(&[("a", 10), ("foreign", 20)]);
    let (aws, _) = rules.aws();
    let error = reprioritize(&aws, ("a", 10, 20)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert!(error.message.contains(&rule_arn("foreign")), "{error}");
    assert_eq!(rules.now()[0].1, 10, "the rule stays where it is");
    assert_eq!(aws.create(&create(RULE, rule(20))).await.unwrap_err().class, ErrorClass::AlreadyExists);
}

#[tokio::test]
async fn a_rule_without_the_path_of_a_resource_keeps_its_priority() {
    let rules = Rules::of(&[("a", 10), ("copied", 20)]);
    let (aws, _) = rules.aws();
    let error = reprioritize(&aws, ("a", 10, 20)).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
    assert_eq!(rules.now(), [("a".into(), 10), ("copied".into(), 20)]);
}

#[tokio::test]
async fn a_new_rule_waits_for_the_priority_that_another_one_is_to_let_go_of() {
    let rules = Rules::of(&[("a", 10)]);
    let (aws, _) = rules.aws();
    assert_eq!(aws.create(&create(RULE, rule(10))).await.unwrap_err().class, ErrorClass::Conflict);
    reprioritize(&aws, ("a", 10, 20)).await.unwrap();
    assert_eq!(aws.create(&create(RULE, rule(10))).await.unwrap().id, rule_arn("new"));
}

#[tokio::test]
async fn a_rule_whose_creation_was_not_answered_is_found_under_its_priority() {
    let (aws, log) = Rules::of(&[("a", 10), ("mine", 20)]).aws();
    let accepted = aws.create(&create(RULE, rule(20))).await;
    assert_eq!(accepted.unwrap().id, rule_arn("mine"), "{:#?}", log.all());
}

fn listener(port: u16) -> Json {
    json!({"LoadBalancerArn": "lb", "Port": port, "Protocol": "HTTP",
        "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]})
}

/// A load balancer whose port 80 the listener `holder` has.
fn with_listener(holder: &'static str) -> Aws {
    let answer = move |sent: &str| match parameter(sent, "Action").unwrap_or_default() {
        "CreateListener" => {
            refused(400, "DuplicateListener", "A listener already exists on this port for this load balancer")
        }
        "ModifyListener" => refused(400, "ValidationError", "Listener port '80' is already in use by another listener"),
        "DescribeListeners" => Answer::ok(format!(
            "<DescribeListenersResponse><DescribeListenersResult><Listeners><member><ListenerArn>{holder}</ListenerArn>\
             <Port>80</Port></member><member><ListenerArn>other</ListenerArn><Port>443</Port></member></Listeners>\
             </DescribeListenersResult></DescribeListenersResponse>"
        )),
        "DescribeTags" => tags(sent),
        _ => Answer::empty(sent),
    };
    aws(answer).0
}

#[tokio::test]
async fn a_listener_waits_for_the_port_that_another_one_of_its_app_is_to_let_go_of() {
    for (holder, class) in [("redirect", ErrorClass::Conflict), ("foreign", ErrorClass::AlreadyExists)] {
        let aws = with_listener(holder);
        let created = aws.create(&create(LISTENER, listener(80))).await.unwrap_err();
        assert_eq!(created.class, class, "{created}");
        let moved = aws.update(&update(LISTENER, "l", listener(8080), listener(80))).await.unwrap_err();
        assert_eq!(moved.class, class, "{moved}");
        assert!(moved.message.contains(holder), "it says who has it: {moved}");
    }
}

/// Returns the response of a create call for a load balancer, a target group or a listener called `name`.
fn returned(name: &str, sent: &str) -> Answer {
    let action = parameter(sent, "Action").unwrap_or_default();
    let (list, arn) = match action {
        "CreateLoadBalancer" => ("LoadBalancers", "LoadBalancerArn"),
        "CreateTargetGroup" => ("TargetGroups", "TargetGroupArn"),
        "CreateListener" => ("Listeners", "ListenerArn"),
        _ => return tags(sent),
    };
    Answer::ok(format!(
        "<{action}Response><{action}Result><{list}><member><{arn}>arn/{name}</{arn}></member></{list}></{action}Result>\
         </{action}Response>"
    ))
}

#[tokio::test(start_paused = true)]
async fn what_a_create_call_returns_is_this_programs_only_with_the_token_of_the_creation() {
    let group = json!({"Name": "shop", "Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1"});
    let balancer = json!({"Name": "shop", "Subnets": ["subnet-1", "subnet-2"]});
    for (type_name, properties) in [(BALANCER, balancer), (GROUP, group), (LISTENER, listener(80))] {
        for name in ["mine", "foreign", "other"] {
            let (aws, _) = aws(move |sent| returned(name, sent));
            let created = aws.create(&create(type_name, properties.clone())).await;
            match created {
                Ok(accepted) => assert_eq!((name, accepted.id.as_str()), ("mine", "arn/mine")),
                Err(error) => {
                    assert_eq!((name != "mine", error.class), (true, ErrorClass::AlreadyExists), "{error}");
                    assert!(error.message.contains(&format!("arn/{name}")), "{error}");
                    let id = Some(format!("arn/{name}"));
                    let adopt = Hint::Import { path: Some("shop/thing".into()), id, new_state: false };
                    assert_eq!(error.hints, [adopt], "{error}");
                    assert_eq!(error.partial, None, "nothing was made");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whose_a_returned_resource_is_stays_in_doubt_where_its_tags_cannot_be_read() {
    let (aws, _) = aws(|sent| match parameter(sent, "Action").unwrap_or_default() {
        "DescribeTags" => refused(403, "AccessDenied", "not authorized to perform: elasticloadbalancing:DescribeTags"),
        _ => returned("other", sent),
    });
    let error = aws.create(&create(LISTENER, listener(80))).await.unwrap_err();
    assert_eq!((error.class, error.partial), (ErrorClass::UnknownOutcome, None), "{}", error.message);
}

#[tokio::test]
async fn a_listener_of_a_gateway_load_balancer_is_tagged_after_its_creation() {
    let gateway = json!({"LoadBalancerArn": "lb",
        "DefaultActions": [{"Type": "forward", "TargetGroupArn": "group"}]});
    let (aws, log) = aws(|sent| match parameter(sent, "Action").unwrap_or_default() {
        "CreateListener" if sent.contains("Tags.member") => {
            refused(400, "ValidationError", "You cannot specify tags on creation of a GENEVE listener")
        }
        "DescribeListeners" => Answer::empty(sent),
        _ => returned("mine", sent),
    });
    assert_eq!(aws.create(&create(LISTENER, gateway)).await.unwrap().id, "arn/mine");
    let tagged = log.all().into_iter().find(|sent| sent.contains("Action=AddTags")).unwrap();
    assert!(tagged.contains(TOKEN) && tagged.contains("groundplan%3Apath"), "{tagged}");
}

#[tokio::test]
async fn a_load_balancer_waits_until_the_policy_of_its_log_bucket_has_reached_it() {
    let (aws, _) = aws(|sent| match parameter(sent, "Action").unwrap_or_default() {
        "ModifyLoadBalancerAttributes" => refused(
            400,
            "InvalidConfigurationRequest",
            "Access Denied for bucket: logs. Please check S3bucket permission",
        ),
        _ => Answer::empty(sent),
    });
    let logs = |on: &str| json!({"LoadBalancerAttributes": [{"Key": "access_logs.s3.enabled", "Value": on}]});
    let error = aws.update(&update(BALANCER, "lb", logs("false"), logs("true"))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Propagating, "{error}");
}

#[tokio::test]
async fn a_target_group_that_cannot_go_names_the_listeners_and_rules_that_use_it() {
    let (aws, _) = aws(|sent| match parameter(sent, "Action").unwrap_or_default() {
        "DeleteTargetGroup" => {
            refused(400, "ResourceInUse", "Target group 'group' is currently in use by a listener or a rule")
        }
        "DescribeTargetGroups" => Answer::ok(
            "<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member><LoadBalancerArns><member>lb\
             </member></LoadBalancerArns></member></TargetGroups></DescribeTargetGroupsResult>\
             </DescribeTargetGroupsResponse>",
        ),
        "DescribeListeners" => Answer::ok(
            "<DescribeListenersResponse><DescribeListenersResult><Listeners><member><ListenerArn>http</ListenerArn>\
             <Protocol>HTTP</Protocol><DefaultActions><member><Type>forward</Type><TargetGroupArn>group</TargetGroupArn>\
             </member></DefaultActions></member></Listeners></DescribeListenersResult></DescribeListenersResponse>",
        ),
        "DescribeRules" => Answer::ok(
            "<DescribeRulesResponse><DescribeRulesResult><Rules><member><RuleArn>http/default</RuleArn><IsDefault>true\
             </IsDefault></member><member><RuleArn>http/api</RuleArn><IsDefault>false</IsDefault><Actions><member><Type>\
             forward</Type><ForwardConfig><TargetGroups><member><TargetGroupArn>group</TargetGroupArn></member>\
             </TargetGroups></ForwardConfig></member></Actions></member></Rules></DescribeRulesResult>\
             </DescribeRulesResponse>",
        ),
        _ => Answer::empty(sent),
    });
    let request =
        DeleteRequest { existing: existing(GROUP, "group", json!({})), delete_data: false, final_snapshot: None };
    let error = aws.delete(&request).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
    assert!(error.message.ends_with("it is held by listener http, listener rule http/api"), "{error}");
}

#[tokio::test]
async fn a_load_balancer_does_not_get_a_name_that_aws_keeps_to_itself() {
    let (aws, log) = aws(|_| refused(400, "ValidationError", "no"));
    let mut request = create(BALANCER, json!({"Subnets": ["subnet-1", "subnet-2"]}));
    request.address.app = "internal".into();
    request.address.path = groundplan_core::Path::new("internal/alb");
    aws.create(&request).await.unwrap_err();
    assert_eq!(parameter(&log.all()[0], "Name"), Some("g-internal-alb-0011223344"));
}

/// Returns the requests of an update that removes the whole health check from the declaration of a group.
async fn no_longer_checked(group: Json, check: Json) -> Vec<(String, String)> {
    let (aws, log) = aws(|sent| match sent.contains("Action=DescribeTargetGroups&") {
        true => Answer::ok(
            "<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member/></TargetGroups>\
             </DescribeTargetGroupsResult></DescribeTargetGroupsResponse>",
        ),
        false => Answer::empty(sent),
    });
    let mut old = group.clone();
    old.as_object_mut().unwrap().extend(map(check));
    aws.update(&update(GROUP, "group", old, group)).await.unwrap();
    let sent = log.all().into_iter().find(|sent| sent.contains("Action=ModifyTargetGroup&")).unwrap();
    let pairs = sent.split(['&', ' ']).filter_map(|part| part.split_once('='));
    let mut pairs: Vec<_> = pairs
        .filter(|(key, _)| !["Action", "Version", "TargetGroupArn"].contains(key))
        .map(|(key, value)| (key.to_owned(), value.replace("%2F", "/")))
        .collect();
    pairs.sort();
    pairs
}

#[tokio::test]
async fn what_a_target_group_no_longer_declares_of_its_health_check_goes_back_to_the_default() {
    let all = json!({"HealthCheckEnabled": true, "HealthCheckIntervalSeconds": 15, "HealthCheckPath": "/health/",
        "HealthCheckPort": "8080", "HealthCheckProtocol": "HTTPS", "HealthCheckTimeoutSeconds": 3,
        "HealthyThresholdCount": 2, "Matcher": {"HttpCode": "200-299"}, "UnhealthyThresholdCount": 3});
    for (group, expected) in [
        (json!({"Protocol": "HTTP"}), "true 30 / traffic-port HTTP 5 5 200 2"),
        (
            json!({"Protocol": "HTTP", "ProtocolVersion": "GRPC"}),
            "true 30 /AWS.ALB/healthcheck traffic-port HTTP 5 5 12 2",
        ),
        (json!({"Protocol": "TCP"}), "true 30 traffic-port TCP 10 5 2"),
        (json!({"Protocol": "TCP", "TargetType": "alb"}), "true 30 / traffic-port HTTP 6 5 200-399 2"),
        (json!({"Protocol": "GENEVE"}), "true 10 80 TCP 5 5 2"),
        (json!({"TargetType": "lambda"}), "false 35 / 30 5 200 2"),
    ] {
        let sent = no_longer_checked(group.clone(), all.clone()).await;
        let values: Vec<_> = sent.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values.join(" "), expected, "{group}: {sent:?}");
    }
    let group = json!({"Protocol": "TCP", "HealthCheckProtocol": "HTTP", "HealthCheckPath": "/health/"});
    let sent = no_longer_checked(group, json!({"Matcher": {"HttpCode": "200"}, "HealthCheckTimeoutSeconds": 3})).await;
    let sent: Vec<_> = sent.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let expected = [
        ("HealthCheckPath", "/health/"),
        ("HealthCheckProtocol", "HTTP"),
        ("HealthCheckTimeoutSeconds", "6"),
        ("Matcher.HttpCode", "200-399"),
    ];
    assert_eq!(sent, expected, "what was never declared is left alone");
}

#[tokio::test]
async fn a_target_that_drains_is_in_the_group_no_more() {
    let target = |id: &str, state: &str| {
        format!(
            "<member><Target><Id>{id}</Id><Port>80</Port></Target><TargetHealth><State>{state}</State></TargetHealth>\
             </member>"
        )
    };
    let health = target("i-1", "healthy") + &target("i-2", "draining") + &target("i-3", "unhealthy.draining");
    let (aws, _) = aws(move |sent| match parameter(sent, "Action").unwrap_or_default() {
        "DescribeTargetHealth" => Answer::ok(format!(
            "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions>{health}\
             </TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>"
        )),
        "DescribeTargetGroups" => Answer::ok(
            "<DescribeTargetGroupsResponse><DescribeTargetGroupsResult><TargetGroups><member/></TargetGroups>\
             </DescribeTargetGroupsResult></DescribeTargetGroupsResponse>",
        ),
        _ => Answer::empty(sent),
    });
    let declared = json!({"Targets": [{"Id": "i-1"}]});
    let live = aws.read(&existing(GROUP, "group", declared)).await.unwrap().unwrap();
    // `unhealthy.draining` is a registered target that fails its checks.
    assert_eq!(live.properties["Targets"], json!([{"Id": "i-1"}, {"Id": "i-3", "Port": 80}]));
}

#[tokio::test]
async fn a_target_that_is_only_spelled_otherwise_stays_registered() {
    let group = |targets: Json| json!({"Protocol": "HTTP", "Port": 8080, "Targets": targets});
    for (before, after, added, removed) in [
        (json!([{"Id": "i-1"}]), json!([{"Id": "i-1", "Port": 8080}]), 0, 0),
        (json!([{"Id": "i-1", "Port": 8080}]), json!([{"Id": "i-1"}]), 0, 0),
        (json!([{"Id": "i-1"}]), json!([{"Id": "i-1", "Port": 9090}]), 1, 1),
        (json!([{"Id": "i-1"}]), json!([{"Id": "i-1"}, {"Id": "i-2"}]), 1, 0),
    ] {
        let (aws, log) = aws(Answer::empty);
        let existing = existing(GROUP, "group", group(before.clone()));
        let properties = map(group(after.clone()));
        // The read after it finds nothing in these answers.
        let _ = aws.update(&UpdateRequest { existing, properties, token: TOKEN.into(), incomplete: false }).await;
        assert_eq!(log.count("Action=RegisterTargets"), added, "{before} {after}");
        assert_eq!(log.count("Action=DeregisterTargets"), removed, "{before} {after}");
    }
}

/// Returns the requests of an update that removes one attribute from the program.
async fn taken_out(
    type_name: &str,
    properties: Json,
    list: &str,
    key: &str,
    value: &str,
) -> Result<Log, ProviderError> {
    let (aws, log) = aws(Answer::empty);
    let mut before = properties.clone();
    before[list] = json!([{"Key": key, "Value": value}]);
    let existing = existing(type_name, "arn", before);
    let request = UpdateRequest { existing, properties: map(properties), token: TOKEN.into(), incomplete: false };
    match aws.update(&request).await {
        // The read after it finds nothing in these answers.
        Err(error) if error.class == ErrorClass::Invalid => Err(error),
        _ => Ok(log),
    }
}

#[tokio::test]
async fn an_attribute_that_is_taken_out_of_the_program_goes_back_to_the_default_of_its_kind() {
    let balancer = |more: Json| ("AWS::ElasticLoadBalancingV2::LoadBalancer", "LoadBalancerAttributes", more);
    let group = |protocol: &str, target: &str| {
        let properties = json!({"Protocol": protocol, "TargetType": target});
        (GROUP, "TargetGroupAttributes", properties)
    };
    let listener = |protocol: &str| {
        let properties = json!({"LoadBalancerArn": "lb", "DefaultActions": [], "Protocol": protocol});
        ("AWS::ElasticLoadBalancingV2::Listener", "ListenerAttributes", properties)
    };
    for ((type_name, list, properties), key, before, after) in [
        (balancer(json!({"Type": "network"})), "load_balancing.cross_zone.enabled", "true", "false"),
        (
            balancer(json!({"Type": "network"})),
            "dns_record.client_routing_policy",
            "availability_zone_affinity",
            "any_availability_zone",
        ),
        (balancer(json!({"Scheme": "internal"})), "ipv6.deny_all_igw_traffic", "false", "true"),
        (balancer(json!({})), "ipv6.deny_all_igw_traffic", "true", "false"),
        (group("TCP", "ip"), "preserve_client_ip.enabled", "true", "false"),
        (group("TCP", "instance"), "preserve_client_ip.enabled", "false", "true"),
        (group("UDP", "instance"), "deregistration_delay.connection_termination.enabled", "false", "true"),
        (group("TLS", "ip"), "proxy_protocol_v2.enabled", "true", "false"),
        (group("HTTPS", "ip"), "stickiness.lb_cookie.duration_seconds", "60", "86400"),
        (listener("TCP"), "tcp.idle_timeout.seconds", "60", "350"),
        (listener("HTTPS"), "routing.http.request.x_amzn_tls_version.header_name", "X-Version", "X-Amzn-Tls-Version"),
    ] {
        let log = taken_out(type_name, properties, list, key, before).await.unwrap();
        let set = format!("Attributes.member.1.Key={key}&Attributes.member.1.Value={after}");
        assert_eq!(log.count(&set), 1, "{set} in {:#?}", log.all());
    }
    for ((type_name, list, properties), key, value) in [
        (balancer(json!({"Type": "network"})), "secondary_ips.auto_assigned.per_subnet", "3"),
        (listener("HTTP"), "routing.http.response.x_frame_options.header_value", "DENY"),
    ] {
        let error = taken_out(type_name, properties, list, key, value).await.unwrap_err();
        assert!(error.message.contains(key) && error.message.contains(value), "{error}");
    }
}
