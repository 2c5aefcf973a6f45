//! `AWS::SNS::Topic`

use std::collections::BTreeMap;

use aws_sdk_sns::operation::create_topic::CreateTopicError;
use aws_sdk_sns::types::Tag;
use groundplan_engine::Hint;
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::document;
use crate::error::{Error, Meaning, OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, in_declared_shape, required};
use crate::kms;
use crate::name::NameRules;
use crate::tags::Tags;

/// The suffix of the name of a FIFO topic. <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
const FIFO: &str = ".fifo";

/// A topic. Its access policy is `AWS::SNS::TopicInlinePolicy`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Topic {
    archive_policy: Option<Json>,
    content_based_deduplication: Option<bool>,
    data_protection_policy: Option<Json>,
    delivery_status_logging: Option<Vec<DeliveryLogging>>,
    display_name: Option<String>,
    fifo_throughput_scope: Option<String>,
    fifo_topic: Option<bool>,
    kms_master_key_id: Option<String>,
    maximum_message_size: Option<i32>,
    signature_version: Option<String>,
    #[serde(default)]
    tags: Tags,
    topic_name: Option<String>,
    tracing_config: Option<String>,
}

/// The deliveries by one protocol that are logged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DeliveryLogging {
    failure_feedback_role_arn: Option<String>,
    protocol: String,
    success_feedback_role_arn: Option<String>,
    success_feedback_sample_rate: Option<String>,
}

impl Handler for Topic {
    const TYPE: &'static str = "AWS::SNS::Topic";
    const ERRORS: &'static [Meaning] = &[
        // `Invalid parameter: Tags Reason: Topic already exists with different tags`.
        Meaning::of::<CreateTopicError>(
            "InvalidParameter",
            "topic already exists with different",
            ErrorClass::AlreadyExists,
        ),
    ];

    const INSTEAD: &'static [(&'static str, &'static str)] =
        &[("Subscription", "declare an `AWS::SNS::Subscription` for each subscription")];

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let tags: Vec<_> = cx.tags(&self.tags, tag).into_iter().collect::<Result<_>>()?;
        let mut attributes = self.attributes()?;
        if self.is_fifo() {
            attributes.insert("FifoTopic".to_owned(), true.to_string());
        }
        let created = cx
            .sns
            .create_topic()
            .name(self.name(cx))
            .set_attributes((!attributes.is_empty()).then(|| attributes.into_iter().collect()))
            .set_data_protection_policy(self.data_protection_policy.as_ref().map(document::text))
            .set_tags(Some(tags))
            .send()
            .await?;
        let arn = required(created.topic_arn, "TopicArn")?;
        let outputs = outputs(&arn);
        Ok(accepted(arn, outputs))
    }

    /// Each call of SetTopicAttributes takes one attribute.
    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        if let Some(old) = changes.old {
            for (name, value) in changed(&old.attributes()?, &changes.new.attributes()?) {
                let call = cx.sns.set_topic_attributes().topic_arn(id).attribute_name(name);
                call.attribute_value(value).send().await?;
            }
        }
        if let Some(policy) = changes.after_create(|topic| &topic.data_protection_policy) {
            let text = policy.as_ref().map(document::text).unwrap_or_default();
            cx.sns.put_data_protection_policy().resource_arn(id).data_protection_policy(text).send().await?;
        }
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let (id, last) = (known.id.as_str(), &known.last);
        let live = cx.sns.get_topic_attributes().topic_arn(id).send().await?.attributes.unwrap_or_default();
        let attribute = |name: &str| live.get(name).filter(|value| !value.is_empty()).cloned();
        let is = |name: &str| attribute(name).map(|value| value == "true");
        let archive =
            attribute("ArchivePolicy").map(|text| document::parse(&text)).filter(|policy| *policy != json!({}));
        let logging = PROTOCOLS.iter().filter_map(|(protocol, prefix)| {
            let feedback = |part: &str| attribute(&format!("{prefix}{part}"));
            let logging = DeliveryLogging {
                failure_feedback_role_arn: feedback("FailureFeedbackRoleArn"),
                protocol: (*protocol).to_owned(),
                success_feedback_role_arn: feedback("SuccessFeedbackRoleArn"),
                success_feedback_sample_rate: feedback("SuccessFeedbackSampleRate"),
            };
            let logs = logging.failure_feedback_role_arn.is_some() || logging.success_feedback_role_arn.is_some();
            logs.then_some(logging)
        });
        let properties = Self {
            archive_policy: archive.map(|live| declared_policy(last.archive_policy.as_ref(), live)),
            content_based_deduplication: is("ContentBasedDeduplication"),
            data_protection_policy: match &last.data_protection_policy {
                // Not offered to new accounts any more, so only read where it is declared.
                Some(_) => protection(cx, id).await?,
                None => None,
            },
            delivery_status_logging: declared_logging(last.delivery_status_logging.as_deref(), logging.collect()),
            display_name: attribute("DisplayName"),
            fifo_throughput_scope: attribute("FifoThroughputScope"),
            fifo_topic: is("FifoTopic").or(last.fifo_topic.map(|_| false)),
            kms_master_key_id: kms::as_declared(last.kms_master_key_id.as_deref(), attribute("KmsMasterKeyId")),
            maximum_message_size: attribute("MaximumMessageSize").and_then(|size| size.parse().ok()),
            signature_version: attribute("SignatureVersion")
                .or(last.signature_version.as_ref().map(|_| "1".to_owned())),
            tags: read_tags(cx, id).await?,
            topic_name: Some(name_of(id).to_owned()),
            tracing_config: attribute("TracingConfig"),
        };
        Ok(Found::ready(properties, outputs(id)))
    }

    /// Deletes the topic. The call also succeeds if the topic does not exist, so it is read first. It is refused while
    /// the topic archives its messages.
    /// <https://docs.aws.amazon.com/sns/latest/dg/message-archiving-and-replay-topic-owner.html>
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let id = known.id.as_str();
        let live = cx.sns.get_topic_attributes().topic_arn(id).send().await?.attributes.unwrap_or_default();
        if live.get("ArchivePolicy").is_some_and(|policy| !policy.is_empty() && policy != "{}") {
            if !cx.delete_data {
                let name = name_of(id);
                let message = format!("the topic {name} archives messages, which are lost with it");
                return Err(Error::invalid(message).hinting(Hint::AllowDataLoss));
            }
            let call = cx.sns.set_topic_attributes().topic_arn(id).attribute_name("ArchivePolicy");
            call.attribute_value("{}").send().await?;
        }
        cx.sns.delete_topic().topic_arn(id).send().await?;
        Ok(Deletion::Gone)
    }

    fn identifier(&self, cx: &Context) -> Option<String> {
        Some(cx.arn("sns", &self.name(cx)))
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn live_tags(&self, cx: &Context, id: &str) -> Result<Tags> {
        read_tags(cx, id).await
    }
}

impl Topic {
    fn is_fifo(&self) -> bool {
        self.fifo_topic == Some(true)
    }

    fn name(&self, cx: &Context) -> String {
        let generated = || match self.is_fifo() {
            true => cx.name(NameRules::letters(256 - FIFO.len(), "_")) + FIFO,
            false => cx.name(NameRules::letters(256, "_")),
        };
        self.topic_name.clone().unwrap_or_else(generated)
    }

    /// The attributes that are declared and that can be changed, as SNS takes them.
    fn attributes(&self) -> Result<BTreeMap<String, String>> {
        let text = |value: &Option<bool>| value.map(|value| value.to_string());
        let plain = [
            ("ArchivePolicy", self.archive_policy.as_ref().map(document::text)),
            ("ContentBasedDeduplication", text(&self.content_based_deduplication)),
            ("DisplayName", self.display_name.clone()),
            ("FifoThroughputScope", self.fifo_throughput_scope.clone()),
            ("KmsMasterKeyId", self.kms_master_key_id.clone()),
            ("MaximumMessageSize", self.maximum_message_size.map(|size| size.to_string())),
            ("SignatureVersion", self.signature_version.clone()),
            ("TracingConfig", self.tracing_config.clone()),
        ];
        let plain = plain.into_iter().map(|(name, value)| (name.to_owned(), value));
        let mut attributes: BTreeMap<_, _> = plain.filter_map(|(name, value)| Some((name, value?))).collect();
        for logging in self.delivery_status_logging.iter().flatten() {
            let prefix = prefix_of(&logging.protocol)?;
            let parts = [
                ("FailureFeedbackRoleArn", &logging.failure_feedback_role_arn),
                ("SuccessFeedbackRoleArn", &logging.success_feedback_role_arn),
                ("SuccessFeedbackSampleRate", &logging.success_feedback_sample_rate),
            ];
            for (part, value) in parts {
                if let Some(value) = value {
                    attributes.insert(format!("{prefix}{part}"), value.clone());
                }
            }
        }
        Ok(attributes)
    }
}

/// The protocols whose deliveries are logged, and what the names of their attributes begin with.
const PROTOCOLS: [(&str, &str); 5] = [
    ("http/s", "HTTP"),
    ("sqs", "SQS"),
    ("lambda", "Lambda"),
    ("firehose", "Firehose"),
    ("application", "Application"),
];

fn prefix_of(protocol: &str) -> Result<&'static str> {
    let known = PROTOCOLS.iter().find(|(name, _)| *name == protocol);
    known.map(|(_, prefix)| *prefix).ok_or_else(|| {
        let names = PROTOCOLS.map(|(name, _)| name).join(", ");
        Error::invalid(format!("deliveries by `{protocol}` cannot be logged; those by {names} can"))
    })
}

/// The attributes to set, with AWS's default for what is no longer declared.
fn changed(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let set = new.iter().filter(|(name, value)| old.get(*name) != Some(value));
    let set = set.map(|(name, value)| (name.clone(), value.clone()));
    let removed = old.keys().filter(|name| !new.contains_key(*name));
    set.chain(removed.map(|name| (name.clone(), default_of(name).to_owned()))).collect()
}

/// <https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>
fn default_of(attribute: &str) -> &'static str {
    match attribute {
        "ArchivePolicy" => "{}",
        "ContentBasedDeduplication" => "false",
        "FifoThroughputScope" => "Topic",
        "MaximumMessageSize" => "262144",
        "SignatureVersion" => "1",
        "TracingConfig" => "PassThrough",
        rate if rate.ends_with("SampleRate") => "0",
        _ => "",
    }
}

/// An archive policy as it is declared, where the period differs only in being a number or a text.
fn declared_policy(declared: Option<&Json>, live: Json) -> Json {
    let period = |policy: &Json| policy.get("MessageRetentionPeriod").map(|it| it.to_string().replace('"', ""));
    match declared {
        Some(declared) if period(declared).is_some() && period(declared) == period(&live) => declared.clone(),
        _ => live,
    }
}

/// Logging in the order and shape of the declaration; the others behind.
fn declared_logging(declared: Option<&[DeliveryLogging]>, live: Vec<DeliveryLogging>) -> Option<Vec<DeliveryLogging>> {
    let is_declared = declared.is_some();
    let declared = declared.unwrap_or_default();
    let of = |live: &DeliveryLogging| declared.iter().position(|other| other.protocol == live.protocol);
    let mut live: Vec<_> = live
        .into_iter()
        .map(|live| match of(&live) {
            Some(position) => (position, in_declared_shape(&declared[position], live)),
            None => (usize::MAX, live),
        })
        .collect();
    live.sort_by_key(|(position, _)| *position);
    (!live.is_empty() || is_declared).then(|| live.into_iter().map(|(_, logging)| logging).collect())
}

async fn protection(cx: &Context, id: &str) -> Result<Option<Json>> {
    let answer = cx.sns.get_data_protection_policy().resource_arn(id).send().await.or_none()?;
    let text = answer.and_then(|answer| answer.data_protection_policy).filter(|text| !text.is_empty());
    Ok(text.map(|text| document::parse(&text)))
}

/// `alerts` of `arn:aws:sns:us-east-1:111122223333:alerts`.
fn name_of(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

fn outputs(arn: &str) -> Json {
    json!({"TopicArn": arn, "TopicName": name_of(arn)})
}

fn tag(key: String, value: String) -> Result<Tag> {
    Ok(Tag::builder().key(key).value(value).build()?)
}

async fn read_tags(cx: &Context, arn: &str) -> Result<Tags> {
    let tags = cx.sns.list_tags_for_resource().resource_arn(arn).send().await?.tags.unwrap_or_default();
    Ok(Tags::read(tags.into_iter().map(|tag| (tag.key, tag.value))))
}

async fn retag(changes: &Changes<'_, Topic>, cx: &Context, arn: &str) -> Result<()> {
    let tags = changes.tags();
    if !tags.set.is_empty() {
        let set = tags.set.into_iter().map(|(key, value)| tag(key, value)).collect::<Result<_>>()?;
        cx.sns.tag_resource().resource_arn(arn).set_tags(Some(set)).send().await?;
    }
    if !tags.removed.is_empty() {
        cx.sns.untag_resource().resource_arn(arn).set_tag_keys(Some(tags.removed)).send().await?;
    }
    Ok(())
}
