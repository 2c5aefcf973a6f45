//! Cloud Control's answers in the form that AWS documents, and the requests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use groundplan_engine::Provider;
use groundplan_engine::provider::{DeleteRequest, UpdateRequest};
use serde_json::json;

use super::*;
use crate::replay::{Answer, TOKEN, aws, create, existing, map};

const QUEUE: &str = "AWS::SQS::Queue";
const URL: &str = "https://sqs.eu-central-1.amazonaws.com/111122223333/q";
const FUNCTION: &str = "AWS::Lambda::Function";

/// A progress event; `more` is merged into it.
fn event(type_name: &str, operation: &str, status: &str, more: Json) -> Json {
    let mut event = json!({"TypeName": type_name, "Operation": operation, "OperationStatus": status,
        "RequestToken": "request-1", "EventTime": 1_632_506_656.706});
    event.as_object_mut().unwrap().extend(map(more));
    event
}

fn progress(type_name: &str, operation: &str, status: &str, more: Json) -> Answer {
    Answer::ok(json!({"ProgressEvent": event(type_name, operation, status, more)}).to_string())
}

fn described(id: &str, model: Json) -> Answer {
    let description = json!({"Identifier": id, "Properties": model.to_string()});
    Answer::ok(json!({"TypeName": "T", "ResourceDescription": description}).to_string())
}

fn listed(events: &[Json]) -> Answer {
    Answer::ok(json!({"ResourceRequestStatusSummaries": events}).to_string())
}

fn error(code: &str, message: &str) -> Answer {
    let kind = format!("com.amazonaws.cloudapiservice#{code}");
    Answer::Is(400, json!({"__type": kind, "Message": message}).to_string())
}

fn not_found() -> Answer {
    error("ResourceNotFoundException", "Resource of type 'T' with identifier 'i' was not found.")
}

fn asks(sent: &str, call: &str) -> bool {
    sent.contains(&format!("CloudApiService.{call} "))
}

/// The body of the only request of this call.
fn body(log: &crate::replay::Log, call: &str) -> Json {
    let sent: Vec<_> = log.all().into_iter().filter(|sent| asks(sent, call)).collect();
    assert_eq!(sent.len(), 1, "{call} in {:?}", log.all());
    serde_json::from_str(&sent[0][sent[0].find('{').unwrap()..]).unwrap()
}

fn tagged(token: &str) -> Json {
    json!([{"Key": "groundplan:token", "Value": token}])
}

#[test]
fn a_type_is_supported_where_cloud_control_can_create_read_and_delete_it() {
    let (aws, _) = aws(|_| Answer::Lost);
    assert!(aws.behavior(QUEUE).is_some());
    assert!(aws.behavior("AWS::SQS::Nothing").is_none());
    let without = groundplan_schema::all().find(|name| lookup(name).unwrap().handlers.is_empty()).unwrap();
    assert!(aws.behavior(without).is_none());
    let error = aws.check(without, &map(json!({}))).unwrap_err();
    assert!(error.message.starts_with(&format!("{without} is not supported: it has no native handler")), "{error}");
    let error = aws.check("AWS::SNS::TopicPolicy", &map(json!({}))).unwrap_err();
    assert!(error.message.ends_with("use AWS::SNS::TopicInlinePolicy"), "{error}");
    let error = aws.check("AWS::SQS::Nothing", &map(json!({}))).unwrap_err();
    assert_eq!(error.message, "AWS publishes no type AWS::SQS::Nothing");
}

#[test]
fn nearly_all_types_are_supported() {
    let supported = groundplan_schema::all().filter(|name| crate::registry::find(name).is_some()).count();
    assert!(supported > 1_650, "{supported}");
}

#[test]
fn native_handlers_go_first() {
    assert_eq!(crate::registry::find("AWS::EC2::VPC").unwrap().behavior().api, "ec2");
    assert_eq!(crate::registry::find(QUEUE).unwrap().behavior().api, "cloudcontrol");
}

#[tokio::test]
async fn a_create_carries_the_client_token_and_the_identity_tags_and_ends_once_the_identifier_is_told() {
    let (aws, log) = aws(|_| progress(QUEUE, "CREATE", "IN_PROGRESS", json!({"Identifier": URL})));
    let properties = json!({"DelaySeconds": "5", "Tags": [{"Key": "Team", "Value": "x"}]});
    let accepted = aws.create(&create(QUEUE, properties)).await.unwrap();
    assert_eq!(accepted.id, URL);
    let sent = body(&log, "CreateResource");
    assert_eq!((&sent["TypeName"], &sent["ClientToken"]), (&json!(QUEUE), &json!(TOKEN)));
    let desired: Json = serde_json::from_str(sent["DesiredState"].as_str().unwrap()).unwrap();
    let tags =
        [("Team", "x"), ("groundplan:app", "shop"), ("groundplan:path", "shop/thing"), ("groundplan:token", TOKEN)];
    let tags: Vec<_> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    assert_eq!(desired, json!({"DelaySeconds": 5, "Tags": tags}));
}

#[tokio::test]
async fn identity_tags_take_the_form_of_the_type() {
    let identity = [("groundplan:app", "shop"), ("groundplan:path", "shop/thing"), ("groundplan:token", TOKEN)];
    let map: serde_json::Map<_, _> = identity.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
    let asg = identity.iter().map(|(key, value)| json!({"Key": key, "Value": value, "PropagateAtLaunch": false}));
    for (type_name, expected) in [
        ("AWS::SSM::Parameter", Json::Object(map)),
        ("AWS::AutoScaling::AutoScalingGroup", asg.collect()),
        ("AWS::Lambda::Permission", Json::Null),
    ] {
        let (aws, log) = aws(move |_| progress(type_name, "CREATE", "SUCCESS", json!({"Identifier": "i"})));
        aws.create(&create(type_name, json!({}))).await.unwrap();
        let desired = body(&log, "CreateResource")["DesiredState"].as_str().unwrap().to_owned();
        let desired: Json = serde_json::from_str(&desired).unwrap();
        assert_eq!(desired["Tags"], expected, "{type_name}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_identifier_that_is_not_told_at_once_is_waited_for() {
    let looks = AtomicUsize::new(0);
    let (aws, log) = aws(move |sent| {
        if asks(sent, "CreateResource") || looks.fetch_add(1, Ordering::SeqCst) < 3 {
            return progress(QUEUE, "CREATE", "IN_PROGRESS", json!({}));
        }
        progress(QUEUE, "CREATE", "IN_PROGRESS", json!({"Identifier": URL}))
    });
    assert_eq!(aws.create(&create(QUEUE, json!({}))).await.unwrap().id, URL);
    assert_eq!((log.count("CreateResource"), log.count("GetResourceRequestStatus")), (1, 4));
}

#[tokio::test(start_paused = true)]
async fn an_identifier_that_is_never_told_leaves_the_outcome_open() {
    let (aws, _) = aws(|_| progress(QUEUE, "CREATE", "IN_PROGRESS", json!({})));
    let error = aws.create(&create(QUEUE, json!({}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::UnknownOutcome, "the engine asks again with the same token");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_looked_at_leaves_the_outcome_open() {
    let (aws, _) = aws(|sent| match asks(sent, "CreateResource") {
        true => progress(QUEUE, "CREATE", "IN_PROGRESS", json!({})),
        false => error("AccessDeniedException", "not authorized to perform: cloudformation:GetResourceRequestStatus"),
    });
    let error = aws.create(&create(QUEUE, json!({}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::UnknownOutcome);
    assert!(error.message.contains("not authorized"));
}

#[tokio::test]
async fn a_failed_request_says_why() {
    let failed = json!({"ErrorCode": "ServiceLimitExceeded", "StatusMessage": "too many queues"});
    let (aws, _) = aws(move |_| progress(QUEUE, "CREATE", "FAILED", failed.clone()));
    let error = aws.create(&create(QUEUE, json!({}))).await.unwrap_err();
    assert_eq!((error.class, &error.partial), (ErrorClass::Invalid, &None));
    let text = "cloudcontrol:CreateResource: ServiceLimitExceeded: too many queues (request request-1)";
    assert_eq!(error.to_string(), text);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_failed_for_a_passing_reason_is_made_anew_under_another_token() {
    let (aws, log) = aws(|sent| match sent.contains(&format!("{TOKEN}-2\"")) {
        true => progress(QUEUE, "CREATE", "SUCCESS", json!({"Identifier": URL})),
        false => {
            progress(QUEUE, "CREATE", "FAILED", json!({"ErrorCode": "Throttling", "StatusMessage": "Rate exceeded"}))
        }
    });
    assert_eq!(aws.create(&create(QUEUE, json!({}))).await.unwrap().id, URL);
    assert_eq!(log.count("CreateResource"), 3);
}

#[tokio::test]
async fn what_a_failed_request_has_made_is_named() {
    let (aws, _) = aws(|sent| match asks(sent, "GetResource") {
        true => described(URL, json!({"QueueUrl": URL})),
        false => progress(QUEUE, "CREATE", "FAILED", json!({"ErrorCode": "NotStabilized", "Identifier": URL})),
    });
    let error = aws.create(&create(QUEUE, json!({}))).await.unwrap_err();
    assert_eq!((error.class, error.partial.as_deref()), (ErrorClass::Invalid, Some(URL)));
}

#[tokio::test]
async fn what_stands_under_the_name_already_is_never_taken_over() {
    let theirs = described("f", json!({"FunctionName": "f", "Tags": tagged("another")}));
    let Answer::Is(status, theirs) = theirs else { panic!("an answer") };
    let (aws, log) = aws(move |_| Answer::Is(status, theirs.clone()));
    let error = aws.create(&create(FUNCTION, json!({"FunctionName": "f"}))).await.unwrap_err();
    assert_eq!((error.class, error.partial), (ErrorClass::AlreadyExists, None));
    assert_eq!(error.message, "the AWS::Lambda::Function `f` exists already; import it, or choose another name");
    assert_eq!(log.count("CreateResource"), 0);
}

#[tokio::test(start_paused = true)]
async fn an_inline_policy_that_exists_is_refused_unless_this_process_has_deleted_it() {
    const POLICY: &str = "AWS::IAM::UserPolicy";
    let properties = json!({"PolicyName": "p", "UserName": "u", "PolicyDocument": {}});
    let (aws, log) = aws(move |sent| match () {
        () if asks(sent, "GetResource") => {
            described("p|u", json!({"PolicyName": "p", "UserName": "u", "PolicyDocument": {}}))
        }
        () if asks(sent, "DeleteResource") => progress(POLICY, "DELETE", "SUCCESS", json!({"Identifier": "p|u"})),
        () => progress(POLICY, "CREATE", "SUCCESS", json!({"Identifier": "p|u"})),
    });
    let request = create(POLICY, properties.clone());
    assert_eq!(aws.create(&request).await.unwrap_err().class, ErrorClass::AlreadyExists);
    assert_eq!(log.count("CreateResource"), 0);
    let existing = existing(POLICY, "p|u", properties);
    aws.delete(&DeleteRequest { existing, delete_data: false, final_snapshot: None }).await.unwrap();
    aws.create(&request).await.unwrap();
    assert_eq!(log.count("CreateResource"), 1);
    assert_eq!(aws.create(&request).await.unwrap_err().class, ErrorClass::AlreadyExists, "it was made again");
}

#[tokio::test]
async fn a_look_before_a_creation_whose_answer_is_lost_leaves_nothing_in_doubt() {
    let (aws, log) = aws(|_| Answer::Lost);
    let error = aws.create(&create(FUNCTION, json!({"FunctionName": "f"}))).await.unwrap_err();
    assert_eq!((error.class, log.count("CreateResource")), (ErrorClass::Transient, 0));
}

#[tokio::test]
async fn what_this_creation_has_made_under_the_name_is_its_own() {
    let (aws, log) = aws(|_| described("f", json!({"FunctionName": "f", "Tags": tagged(TOKEN)})));
    assert_eq!(aws.create(&create(FUNCTION, json!({"FunctionName": "f"}))).await.unwrap().id, "f");
    assert_eq!(log.count("CreateResource"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_believed_only_once_it_cannot_be_somebody_elses() {
    let looks = AtomicUsize::new(0);
    let (aws, _) = aws(move |sent| {
        if asks(sent, "GetResource") {
            return not_found();
        }
        let status = if looks.fetch_add(1, Ordering::SeqCst) < 5 { "IN_PROGRESS" } else { "FAILED" };
        progress(FUNCTION, "CREATE", status, json!({"Identifier": "f", "ErrorCode": "AlreadyExists"}))
    });
    let error = aws.create(&create(FUNCTION, json!({"FunctionName": "f"}))).await.unwrap_err();
    assert_eq!((error.class, error.partial), (ErrorClass::AlreadyExists, None));
}

#[tokio::test(start_paused = true)]
async fn a_named_resource_that_takes_long_is_accepted_after_a_minute() {
    let (aws, log) = aws(|sent| match asks(sent, "GetResource") {
        true => not_found(),
        false => progress(FUNCTION, "CREATE", "IN_PROGRESS", json!({"Identifier": "f"})),
    });
    assert_eq!(aws.create(&create(FUNCTION, json!({"FunctionName": "f"}))).await.unwrap().id, "f");
    assert_eq!(log.count("GetResourceRequestStatus"), 30);
}

#[tokio::test]
async fn a_token_that_is_used_already_leads_to_what_was_made_with_it() {
    let (aws, _) = aws(|sent| match () {
        () if asks(sent, "CreateResource") => error("ClientTokenConflictException", "already been used"),
        () if asks(sent, "ListResourceRequests") => {
            let made = |id| event(QUEUE, "CREATE", "SUCCESS", json!({"Identifier": id}));
            let topic = event("AWS::SNS::Topic", "CREATE", "SUCCESS", json!({"Identifier": "t"}));
            listed(&[made("other"), made(URL), topic])
        }
        () if sent.contains(URL) => described(URL, json!({"Tags": tagged(TOKEN)})),
        () => described("other", json!({"Tags": tagged("another")})),
    });
    assert_eq!(aws.create(&create(QUEUE, json!({}))).await.unwrap().id, URL);
    assert_eq!(aws.find(&create(QUEUE, json!({}))).await.unwrap(), [URL]);
}

#[tokio::test]
async fn a_named_resource_is_found_by_its_name_where_its_tags_or_requests_say_so() {
    let (provider, _) = aws(|_| described("f", json!({"Tags": tagged("another")})));
    assert!(provider.find(&create(FUNCTION, json!({"FunctionName": "f"}))).await.unwrap().is_empty());
    let made_here = |made: bool| {
        aws(move |sent| match asks(sent, "ListResourceRequests") {
            true if made => {
                listed(&[event("AWS::SQS::QueueInlinePolicy", "CREATE", "SUCCESS", json!({"Identifier": "q"}))])
            }
            true => listed(&[]),
            false => described("/a", json!({"Name": "a"})),
        })
        .0
    };
    let untagged = "AWS::SQS::QueueInlinePolicy";
    assert_eq!(lookup(untagged).unwrap().tags, None);
    assert_eq!(made_here(true).find(&create(untagged, json!({"Queue": "q"}))).await.unwrap(), ["q"]);
    assert!(made_here(false).find(&create(untagged, json!({"Queue": "q"}))).await.unwrap().is_empty());
    let (provider, _) = aws(|_| not_found());
    assert!(provider.find(&create(FUNCTION, json!({"FunctionName": "f"}))).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn status_follows_the_request_of_this_run_to_its_end() {
    let looks = AtomicUsize::new(0);
    let (aws, log) = aws(move |sent| match () {
        () if asks(sent, "CreateResource") => progress(QUEUE, "CREATE", "IN_PROGRESS", json!({"Identifier": URL})),
        () if asks(sent, "GetResourceRequestStatus") && looks.fetch_add(1, Ordering::SeqCst) == 0 => {
            progress(QUEUE, "CREATE", "IN_PROGRESS", json!({"Identifier": URL}))
        }
        () if asks(sent, "GetResourceRequestStatus") => {
            progress(QUEUE, "CREATE", "SUCCESS", json!({"Identifier": URL}))
        }
        () => described(URL, json!({"QueueUrl": URL, "Arn": "arn:q", "QueueName": "q", "DelaySeconds": 0})),
    });
    aws.create(&create(QUEUE, json!({}))).await.unwrap();
    let queue = existing(QUEUE, URL, json!({}));
    assert_eq!(aws.status(&queue).await.unwrap(), Status::Pending("IN_PROGRESS".into()));
    let outputs = map(json!({"QueueUrl": URL, "Arn": "arn:q", "QueueName": "q"}));
    assert_eq!(aws.status(&queue).await.unwrap(), Status::Ready(outputs));
    assert_eq!(log.count("ListResourceRequests"), 0);
}

#[tokio::test]
async fn a_creation_that_fails_after_it_was_accepted_is_told() {
    let (aws, _) = aws(|sent| match asks(sent, "CreateResource") {
        true => progress(QUEUE, "CREATE", "IN_PROGRESS", json!({"Identifier": URL})),
        false => {
            progress(QUEUE, "CREATE", "FAILED", json!({"ErrorCode": "NotStabilized", "StatusMessage": "timed out"}))
        }
    });
    aws.create(&create(QUEUE, json!({}))).await.unwrap();
    let status = aws.status(&existing(QUEUE, URL, json!({}))).await.unwrap();
    assert_eq!(status, Status::Failed("NotStabilized: timed out".into()));
}

#[tokio::test]
async fn a_later_run_finds_the_request_of_an_earlier_one() {
    for (operation, state, expected) in [
        ("CREATE", "IN_PROGRESS", Status::Pending("IN_PROGRESS".into())),
        ("UPDATE", "PENDING", Status::Pending("PENDING".into())),
        ("DELETE", "IN_PROGRESS", Status::Deleting("DELETE_IN_PROGRESS".into())),
        ("CREATE", "FAILED", Status::Failed("the request has failed, and AWS does not say why".into())),
        ("UPDATE", "FAILED", Status::Ready(map(json!({"QueueUrl": URL})))),
        ("DELETE", "FAILED", Status::Ready(map(json!({"QueueUrl": URL})))),
    ] {
        let (aws, _) = aws(move |sent| match asks(sent, "ListResourceRequests") {
            true => listed(&[event(QUEUE, operation, state, json!({"Identifier": URL}))]),
            false => described(URL, json!({"QueueUrl": URL})),
        });
        assert_eq!(aws.status(&existing(QUEUE, URL, json!({}))).await.unwrap(), expected, "{operation} {state}");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_read_as_nothing_and_is_not_found_by_a_delete() {
    let (aws, _) = aws(|sent| if asks(sent, "ListResourceRequests") { listed(&[]) } else { not_found() });
    let queue = existing(QUEUE, URL, json!({}));
    assert_eq!(aws.read(&queue).await.unwrap(), None);
    assert_eq!(aws.status(&queue).await.unwrap(), Status::Gone);
    let request = DeleteRequest { existing: queue, delete_data: false, final_snapshot: None };
    assert_eq!(aws.delete(&request).await.unwrap_err().class, ErrorClass::NotFound);
}

#[tokio::test]
async fn a_type_that_a_region_does_not_have_is_not_taken_for_a_resource_that_is_gone() {
    let (aws, _) = aws(|_| error("TypeNotFoundException", "The type 'AWS::SQS::Queue' cannot be found."));
    let error = aws.read(&existing(QUEUE, URL, json!({}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Invalid);
}

#[tokio::test]
async fn reading_gives_what_can_be_declared_and_what_there_is_to_refer_to() {
    let model = json!({"QueueUrl": URL, "Arn": "arn:q", "QueueName": "q", "DelaySeconds": 5, "Tags": tagged(TOKEN)});
    let (aws, _) = aws(move |_| described(URL, model.clone()));
    let live = aws.read(&existing(QUEUE, URL, json!({}))).await.unwrap().unwrap();
    assert_eq!(live.properties, map(json!({"QueueName": "q", "DelaySeconds": 5})));
    assert_eq!(live.outputs, map(json!({"QueueUrl": URL, "Arn": "arn:q", "QueueName": "q"})));
}

fn change(before: Json, after: Json) -> UpdateRequest {
    UpdateRequest {
        existing: existing(QUEUE, URL, before),
        properties: map(after),
        token: TOKEN.into(),
        incomplete: false,
    }
}

#[tokio::test]
async fn an_update_is_a_patch_without_a_token_and_is_followed_by_status() {
    let (aws, log) = aws(|sent| match () {
        () if asks(sent, "GetResource") => described(URL, json!({"QueueUrl": URL, "DelaySeconds": 1})),
        () => progress(QUEUE, "UPDATE", "SUCCESS", json!({"Identifier": URL})),
    });
    let accepted = aws.update(&change(json!({"DelaySeconds": 1}), json!({"DelaySeconds": 9}))).await.unwrap();
    assert_eq!(accepted.id, URL);
    let sent = body(&log, "UpdateResource");
    assert_eq!(sent["Identifier"], json!(URL));
    assert_ne!(sent["ClientToken"], json!(TOKEN));
    let patch: Json = serde_json::from_str(sent["PatchDocument"].as_str().unwrap()).unwrap();
    assert_eq!(patch, json!([{"op": "add", "path": "/DelaySeconds", "value": 9}]));
    let status = aws.status(&existing(QUEUE, URL, json!({}))).await.unwrap();
    assert_eq!(status, Status::Ready(map(json!({"QueueUrl": URL}))));
}

#[tokio::test]
async fn an_update_that_meets_another_one_is_a_conflict_that_the_engine_waits_out() {
    let (aws, _) = aws(|sent| match asks(sent, "GetResource") {
        true => described(URL, json!({})),
        false => error("ConcurrentOperationException", "Another resource operation is being performed"),
    });
    let error = aws.update(&change(json!({}), json!({"DelaySeconds": 9}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Conflict);
}

#[tokio::test]
async fn a_type_that_cannot_be_updated_says_so() {
    let type_name = groundplan_schema::all()
        .find(|name| {
            crate::registry::find(name).is_some()
                && !lookup(name).unwrap().handles(Handler::Update)
                && !lookup(name).unwrap().handlers.is_empty()
        })
        .unwrap();
    let name = *lookup(type_name).unwrap().properties.keys().next().unwrap();
    let (aws, _) = aws(|_| described("i", json!({})));
    let properties = map(json!({name: "new"}));
    let request = UpdateRequest {
        existing: existing(type_name, "i", json!({})),
        properties,
        token: TOKEN.into(),
        incomplete: false,
    };
    let error = aws.update(&request).await.unwrap_err();
    assert_eq!(error.message, format!("AWS can change nothing of an {type_name} in place; replace it"));
}

#[tokio::test]
async fn a_delete_is_pending_until_its_request_has_succeeded() {
    let (aws, log) = aws(|sent| match asks(sent, "DeleteResource") {
        true => progress(QUEUE, "DELETE", "IN_PROGRESS", json!({"Identifier": URL})),
        false => progress(QUEUE, "DELETE", "SUCCESS", json!({"Identifier": URL})),
    });
    let request = DeleteRequest { existing: existing(QUEUE, URL, json!({})), delete_data: false, final_snapshot: None };
    assert_eq!(aws.delete(&request).await.unwrap(), Deletion::Pending);
    assert_eq!(aws.status(&request.existing).await.unwrap(), Status::Gone);
    assert_eq!(log.all().len(), 2);
}

#[tokio::test]
async fn a_delete_that_something_blocks_is_asked_for_again_while_it_is_waited_for() {
    let held = json!({"ErrorCode": "InvalidRequest", "StatusMessage": "'q' has dependencies and cannot be deleted"});
    let (aws, log) = aws(move |sent| match asks(sent, "DeleteResource") {
        true => progress(QUEUE, "DELETE", "IN_PROGRESS", json!({"Identifier": URL})),
        false => progress(QUEUE, "DELETE", "FAILED", held.clone()),
    });
    let request = DeleteRequest { existing: existing(QUEUE, URL, json!({})), delete_data: false, final_snapshot: None };
    aws.delete(&request).await.unwrap();
    let blocked = "'q' has dependencies and cannot be deleted".to_owned();
    assert_eq!(aws.status(&request.existing).await.unwrap(), Status::Pending(blocked.clone()));
    assert_eq!(log.count("DeleteResource"), 1, "a plan that polls deletes nothing");
    assert_eq!(aws.advance(&request.existing, false).await.unwrap(), Status::Deleting(blocked));
    assert_eq!(log.count("DeleteResource"), 2);
}

#[tokio::test(start_paused = true)]
async fn each_call_makes_requests_of_its_own_after_those_that_have_failed() {
    // The role that the function takes is too new for as long as three calls of the engine.
    let made = Arc::new(Mutex::new(BTreeMap::<String, usize>::new()));
    let requests = Arc::clone(&made);
    let (aws, _) = aws(move |sent| {
        if asks(sent, "GetResource") {
            return not_found();
        }
        let too_new = json!({"ErrorCode": "InvalidRequest",
            "StatusMessage": "The role defined for the function cannot be assumed by Lambda."});
        if asks(sent, "GetResourceRequestStatus") {
            return progress(FUNCTION, "CREATE", "FAILED", too_new);
        }
        let body: Json = serde_json::from_str(&sent[sent.find('{').unwrap()..]).unwrap();
        let mut requests = requests.lock().unwrap();
        let token = body["ClientToken"].as_str().unwrap().to_owned();
        let (number, times) = (requests.len(), requests.entry(token).or_default());
        *times += 1;
        match (number, *times) {
            (15.., 1) => progress(FUNCTION, "CREATE", "SUCCESS", json!({"Identifier": "f"})),
            (_, 1) => progress(FUNCTION, "CREATE", "IN_PROGRESS", json!({})),
            _ => progress(FUNCTION, "CREATE", "FAILED", too_new),
        }
    });
    let request = create(FUNCTION, json!({"FunctionName": "f"}));
    let mut refused = 0;
    let accepted = loop {
        match aws.create(&request).await {
            Ok(accepted) => break accepted,
            Err(error) => assert_eq!(error.class, ErrorClass::Propagating),
        }
        refused += 1;
        assert!(refused < 5, "no call makes a new request");
    };
    assert_eq!((accepted.id.as_str(), refused), ("f", 2));
    assert_eq!(made.lock().unwrap().len(), 16);
}

#[tokio::test(start_paused = true)]
async fn a_creation_whose_requests_are_used_up_ends_with_the_error_of_the_last_one() {
    let (aws, log) = aws(|sent| {
        if asks(sent, "GetResource") {
            return not_found();
        }
        let body: Json = serde_json::from_str(&sent[sent.find('{').unwrap()..]).unwrap();
        let failed = json!({"ErrorCode": "InvalidRequest",
            "StatusMessage": "The role defined for the function cannot be assumed by Lambda."});
        // All but the last two had failed before.
        match body["ClientToken"].as_str().is_some_and(|token| token.ends_with("-62") || token.ends_with("-63")) {
            true => progress(FUNCTION, "CREATE", "IN_PROGRESS", json!({})),
            false => progress(FUNCTION, "CREATE", "FAILED", failed),
        }
    });
    let error = aws.create(&create(FUNCTION, json!({"FunctionName": "f"}))).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Propagating);
    assert_eq!(log.count(".CreateResource "), 64);
}

#[tokio::test]
async fn a_deletion_gives_up_the_request_that_is_under_way() {
    let (aws, log) = aws(|sent| match () {
        () if asks(sent, "DeleteResource") => progress(QUEUE, "DELETE", "IN_PROGRESS", json!({"Identifier": URL})),
        () => progress(QUEUE, "CREATE", "IN_PROGRESS", json!({"Identifier": URL})),
    });
    aws.create(&create(QUEUE, json!({}))).await.unwrap();
    let request = DeleteRequest { existing: existing(QUEUE, URL, json!({})), delete_data: false, final_snapshot: None };
    assert_eq!(aws.delete(&request).await.unwrap(), Deletion::Pending);
    assert_eq!(log.count("CancelResourceRequest"), 1);
    // A second look deletes nothing anew and gives up nothing.
    assert_eq!(log.count("DeleteResource"), 1);
}

#[test]
fn what_is_not_read_back_is_repeated_unless_it_cannot_be_changed() {
    let (aws, _) = aws(|_| Answer::Lost);
    assert!(aws.repeats("AWS::ElastiCache::ReplicationGroup", "AuthToken"));
    assert!(aws.repeats("AWS::Events::Connection", "AuthParameters"), "its passwords are not");
    assert!(!aws.repeats(QUEUE, "DelaySeconds"));
    assert!(!aws.repeats("AWS::EC2::VPC", "CidrBlock"), "a native handler sends what differs");
}
