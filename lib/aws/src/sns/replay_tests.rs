//! Recorded responses of topics that emulators do not reproduce.

use groundplan_engine::provider::{DeleteRequest, Deletion, ErrorClass, UpdateRequest};
use groundplan_engine::{Hint, Provider};
use serde_json::{Value as Json, json};

use crate::replay::{Answer, Log, TOKEN, aws, create, existing, map};
use crate::replay_edge_tests::refused;

const TOPIC: &str = "AWS::SNS::Topic";
const ARN: &str = "arn:aws:sns:eu-central-1:111122223333:alerts";

fn created() -> Answer {
    Answer::ok(format!(
        "<CreateTopicResponse><CreateTopicResult><TopicArn>{ARN}</TopicArn></CreateTopicResult></CreateTopicResponse>"
    ))
}

fn tags(token: &str) -> Answer {
    Answer::ok(format!(
        "<ListTagsForResourceResponse><ListTagsForResourceResult><Tags><member><Key>groundplan:token</Key><Value>{token}\
         </Value></member></Tags></ListTagsForResourceResult></ListTagsForResourceResponse>"
    ))
}

fn attributes(attributes: &[(&str, &str)]) -> Answer {
    let entries: String = attributes
        .iter()
        .map(|(key, value)| format!("<entry><key>{key}</key><value>{value}</value></entry>"))
        .collect();
    Answer::ok(format!(
        "<GetTopicAttributesResponse><GetTopicAttributesResult><Attributes>{entries}</Attributes>\
         </GetTopicAttributesResult></GetTopicAttributesResponse>"
    ))
}

/// The attributes that were set, in order.
fn set(log: &Log) -> Vec<String> {
    let sent = log.all().into_iter().filter(|sent| sent.contains("Action=SetTopicAttributes"));
    let part = |sent: &str, name: &str| {
        let mut parts = sent.split(['&', ' ']);
        parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default().to_owned()
    };
    sent.map(|sent| format!("{}={}", part(&sent, "AttributeName"), part(&sent, "AttributeValue"))).collect()
}

#[tokio::test]
async fn a_fifo_topic_is_created_with_all_its_attributes_under_a_name_that_says_so() {
    let (aws, log) = aws(|sent| match sent.contains("Action=CreateTopic") {
        true => created(),
        false => tags(TOKEN),
    });
    let topic = json!({"FifoTopic": true, "ContentBasedDeduplication": true, "DeliveryStatusLogging": [
        {"Protocol": "http/s", "SuccessFeedbackRoleArn": "arn:role", "SuccessFeedbackSampleRate": "5"}]});
    let accepted = aws.create(&create(TOPIC, topic)).await.unwrap();
    assert_eq!((accepted.id.as_str(), &accepted.outputs["TopicName"]), (ARN, &json!("alerts")));
    let sent = &log.all()[0];
    assert!(sent.contains("Name=shop-thing-0011223344.fifo"), "{sent}");
    for attribute in
        ["FifoTopic", "ContentBasedDeduplication", "HTTPSuccessFeedbackRoleArn", "HTTPSuccessFeedbackSampleRate"]
    {
        assert!(sent.contains(&format!("key={attribute}&")), "{attribute} in {sent}");
    }
    assert_eq!(set(&log), Vec::<String>::new(), "the create call has said all");
}

#[tokio::test(start_paused = true)]
async fn a_topic_of_somebody_else_is_not_taken_over() {
    let topic = || create(TOPIC, json!({"TopicName": "alerts"}));
    let (by_answer, _) = aws(|sent| match sent.contains("Action=CreateTopic") {
        true => created(),
        false => tags("another creation"),
    });
    let error = by_answer.create(&topic()).await.unwrap_err();
    assert_eq!((error.class, error.partial), (ErrorClass::AlreadyExists, None));
    let (by_error, _) = aws(|sent| match sent {
        sent if sent.contains("Action=CreateTopic") => {
            refused(400, "InvalidParameter", "Invalid parameter: Tags Reason: Topic already exists with different tags")
        }
        sent if sent.contains("GetTopicAttributes") => attributes(&[("TopicArn", ARN)]),
        _ => tags("another creation"),
    });
    assert_eq!(by_error.create(&topic()).await.unwrap_err().class, ErrorClass::AlreadyExists);
}

async fn updated(old: Json, new: Json) -> Vec<String> {
    let (aws, log) = aws(|sent| match sent {
        sent if sent.contains("GetTopicAttributes") => attributes(&[("TopicArn", ARN)]),
        sent if sent.contains("ListTags") => tags(TOKEN),
        sent => Answer::empty(sent),
    });
    let request = UpdateRequest {
        existing: existing(TOPIC, ARN, old),
        properties: map(new),
        token: TOKEN.into(),
        incomplete: false,
    };
    aws.update(&request).await.unwrap();
    set(&log)
}

#[tokio::test]
async fn what_a_topic_no_longer_declares_goes_back_to_the_default() {
    let declared = json!({"DisplayName": "Alerts", "KmsMasterKeyId": "alias/aws/sns", "TracingConfig": "Active",
        "SignatureVersion": "2", "MaximumMessageSize": 2048});
    let sent = updated(declared.clone(), json!({"DisplayName": "Alarms"})).await;
    let expected = [
        "DisplayName=Alarms",
        "KmsMasterKeyId=",
        "MaximumMessageSize=262144",
        "SignatureVersion=1",
        "TracingConfig=PassThrough",
    ];
    assert_eq!(sent, expected);
    assert_eq!(updated(declared.clone(), declared).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_topic_that_archives_messages_goes_only_where_data_may_go() {
    let answer = |sent: &str| match sent.contains("GetTopicAttributes") {
        true => attributes(&[("ArchivePolicy", "{&quot;MessageRetentionPeriod&quot;:&quot;30&quot;}")]),
        false => Answer::empty(sent),
    };
    let request =
        |delete_data| DeleteRequest { existing: existing(TOPIC, ARN, json!({})), delete_data, final_snapshot: None };
    let (aws, log) = aws(answer);
    let error = aws.delete(&request(false)).await.unwrap_err();
    assert_eq!((error.class, &error.hints[..]), (ErrorClass::Invalid, &[Hint::AllowDataLoss][..]), "{error}");
    assert_eq!(log.count("Action=DeleteTopic"), 0);
    assert_eq!(aws.delete(&request(true)).await.unwrap(), Deletion::Gone);
    assert_eq!((set(&log).len(), log.count("Action=DeleteTopic")), (1, 1), "{:#?}", log.all());
}

#[tokio::test]
async fn what_sns_writes_differently_is_no_drift() {
    let (aws, _) = aws(|sent| match sent.contains("GetTopicAttributes") {
        true => attributes(&[
            ("TopicArn", ARN),
            ("ArchivePolicy", "{&quot;MessageRetentionPeriod&quot;:&quot;30&quot;}"),
            ("KmsMasterKeyId", "arn:aws:kms:eu-central-1:111122223333:key/k1"),
            ("FifoTopic", "true"),
            ("SQSFailureFeedbackRoleArn", "arn:role"),
            ("SQSSuccessFeedbackSampleRate", "0"),
        ]),
        false => tags(TOKEN),
    });
    let declared = json!({"TopicName": "alerts", "FifoTopic": true, "ArchivePolicy": {"MessageRetentionPeriod": 30},
        "KmsMasterKeyId": "k1", "DeliveryStatusLogging": [{"Protocol": "sqs", "FailureFeedbackRoleArn": "arn:role"}]});
    let live = aws.read(&existing(TOPIC, ARN, declared.clone())).await.unwrap().unwrap();
    assert_eq!(Json::Object(live.properties), declared);
}

#[test]
fn an_inline_subscription_is_refused_with_what_to_declare_instead() {
    let (aws, _) = aws(|_| Answer::Lost);
    let topic = json!({"Subscription": [{"Endpoint": "a@example.com", "Protocol": "email"}]});
    let error = aws.check(TOPIC, &map(topic)).unwrap_err();
    assert!(error.message.contains("`Subscription` is not supported"), "{error}");
    assert!(error.message.ends_with("declare an `AWS::SNS::Subscription` for each subscription"), "{error}");
}
