//! `AWS::SecretsManager::Secret`

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput as Live;
use aws_sdk_secretsmanager::types::Tag;
use groundplan_engine::provider::{Accepted, Address, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use zeroize::Zeroizing;

use crate::error::{Error, OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, Removal, accepted, required};
use crate::kms;
use crate::name::NameRules;
use crate::sensitive::Sensitive;
use crate::tags::{self, Tags};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Secret {
    description: Option<String>,
    generate_secret_string: Option<GenerateSecretString>,
    kms_key_id: Option<String>,
    name: Option<String>,
    secret_string: Option<Sensitive>,
    #[serde(default)]
    tags: Tags,
}

/// The generation of a value by AWS: a random password, alone or as one entry of a JSON object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GenerateSecretString {
    exclude_characters: Option<String>,
    exclude_lowercase: Option<bool>,
    exclude_numbers: Option<bool>,
    exclude_punctuation: Option<bool>,
    exclude_uppercase: Option<bool>,
    generate_string_key: Option<String>,
    include_space: Option<bool>,
    password_length: Option<i64>,
    require_each_included_type: Option<bool>,
    secret_string_template: Option<String>,
}

impl Secret {
    fn name(&self, cx: &Context) -> String {
        self.name.clone().unwrap_or_else(|| cx.name(NameRules::letters(512, "/_+=.@")))
    }
}

impl Handler for Secret {
    const TYPE: &'static str = "AWS::SecretsManager::Secret";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let value = match (&self.secret_string, &self.generate_secret_string) {
            (Some(_), Some(_)) => {
                return Err(Error::invalid("SecretString and GenerateSecretString exclude each other"));
            }
            (Some(value), None) => Some(Zeroizing::new(value.expose().to_owned())),
            (None, Some(how)) => Some(generate(cx, how).await?),
            (None, None) => None,
        };
        let name = self.name(cx);
        let created = cx
            .secrets
            .create_secret()
            .name(&name)
            .client_request_token(&cx.token)
            .set_description(self.description.clone())
            .set_kms_key_id(self.kms_key_id.clone())
            .set_secret_string(value.as_ref().map(|value| value.to_string()))
            .set_tags(Some(cx.tags(&self.tags, tag)))
            .send()
            .await;
        let arn = match created.map_err(Error::from) {
            Err(error) if is_scheduled(&error) || error.code() == EXISTS => {
                restore(self, value, &name, error, cx).await?
            }
            created => required(created?.arn, "ARN")?,
        };
        Ok(accepted(&arn, json!({"Id": arn})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        if changes.old.is_none() {
            return Ok(());
        }
        let description = changes.after_create(|secret| &secret.description);
        let key = changes.after_create(|secret| &secret.kms_key_id);
        if description.is_some() || key.is_some() {
            cx.secrets
                .update_secret()
                .secret_id(id)
                .set_description(description.map(|text| text.clone().unwrap_or_default()))
                // An empty one means the key of the account.
                .set_kms_key_id(key.map(|key| key.clone().unwrap_or_default()))
                .send()
                .await?;
        }
        // The recorded properties have no secrets: a value that is given is a value to set.
        let generated = Removal::Keeps("a secret keeps its value until it gets another one");
        let generated = changes.new_value(|secret| &secret.generate_secret_string, generated)?;
        let value = match (&changes.new.secret_string, generated) {
            (Some(value), _) => Some(Zeroizing::new(value.expose().to_owned())),
            (None, Some(how)) => Some(generate(cx, &how).await?),
            (None, None) => None,
        };
        if let Some(value) = value {
            let call = cx.secrets.put_secret_value().secret_id(id).client_request_token(&cx.token);
            match call.secret_string(value.as_str()).send().await.map_err(Error::from) {
                // An earlier attempt of this update has generated another value.
                Err(error) if error.class() == ErrorClass::AlreadyExists => {}
                result => drop(result?),
            }
        }
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let secret = cx.secrets.describe_secret().secret_id(&known.id).send().await?;
        if secret.deleted_date.is_some() {
            return Err(Error::not_found("the secret"));
        }
        let tags = secret.tags.unwrap_or_default();
        let arn = required(secret.arn, "ARN")?;
        let properties = Self {
            description: secret.description,
            generate_secret_string: known.last.generate_secret_string.clone(),
            kms_key_id: declared_key(known.last.kms_key_id.as_deref(), secret.kms_key_id),
            name: secret.name,
            secret_string: None,
            tags: Tags::read_optional(tags.iter().map(|tag| (tag.key(), tag.value()))),
        };
        Ok(Found::ready(properties, json!({"Id": arn})))
    }

    /// Without `delete_data` the value can be restored for thirty days, and the name stays taken.
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let call = cx.secrets.delete_secret().secret_id(&known.id);
        let deleted = call.set_force_delete_without_recovery(cx.delete_data.then_some(true)).send().await;
        match deleted.map_err(Error::from) {
            // "… because it was marked for deletion": an earlier attempt has done it.
            Err(error) if error.code() == "InvalidRequestException" && error.message().contains("deletion") => {
                Ok(Deletion::Gone)
            }
            Err(error) => Err(error),
            Ok(_) => Ok(Deletion::Gone),
        }
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    /// The name is known before, the identifier is not: an ARN with six characters of AWS's choice.
    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let known = Known { id: self.name(cx), last: self.clone() };
        let Some(found) = Self::read(cx, &known).await.or_none()? else { return Ok(Vec::new()) };
        let is_ours = found.properties.tags.token() == Some(cx.token.as_str());
        let arn = found.outputs.get("Id").and_then(Json::as_str).filter(|_| is_ours);
        Ok(arn.map(str::to_owned).into_iter().collect())
    }
}

/// The code of the refusal of a name that a secret has.
const EXISTS: &str = "ResourceExistsException";

/// Tag that names the creation that is taking a secret back and has not given it its value yet.
const RESTORING: &str = "groundplan:restoring";

/// Returns whether a name is taken by a secret that is scheduled for deletion.
fn is_scheduled(error: &Error) -> bool {
    error.code() == "InvalidRequestException" && error.message().contains("scheduled for deletion")
}

/// Restores a secret of this name that is scheduled for deletion, if an earlier resource of the same path created it,
/// and sets this value. The secret of another owner is named in an error; if it no longer exists, `refused` is
/// transient. An existing one is adopted only if this create has marked it as the one that it was restoring; any other
/// is in use, and refused. <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RestoreSecret.html>
async fn restore(
    new: &Secret,
    value: Option<Zeroizing<String>>,
    name: &str,
    refused: Error,
    cx: &Context,
) -> Result<String> {
    let Some(live) = cx.secrets.describe_secret().secret_id(name).send().await.or_none()? else { return Err(refused) };
    let tagged =
        |key: &str, value: &str| live.tags().iter().any(|tag| tag.key() == Some(key) && tag.value() == Some(value));
    let Some(date) = live.deleted_date else {
        // One with this token is found by that.
        if !tagged(RESTORING, &cx.token) || tagged(tags::TOKEN, &cx.token) {
            return Err(refused);
        }
        return take(new, value, &live, cx).await;
    };
    let Address { app, path, .. } = &cx.address;
    if !tagged(tags::APP, app) || !tagged(tags::PATH, tags::path_value(path)) {
        return Err(Error::invalid(format!(
            "the secret {name} was deleted on {date} and its name is reserved until the deletion is final; restore it with \
             `aws secretsmanager restore-secret --secret-id {name}`, or delete it now with `aws secretsmanager \
             delete-secret --force-delete-without-recovery --secret-id {name}`"
        )));
    }
    let arn = required(live.arn(), "ARN")?;
    cx.secrets.restore_secret().secret_id(arn).send().await?;
    let mark = tag(RESTORING.to_owned(), cx.token.clone());
    let marked = cx.secrets.tag_resource().secret_id(arn).tags(mark).send().await;
    marked.map_err(|error| Error::from(error).after_making(arn))?;
    take(new, value, &live, cx).await
}

/// Makes a secret that was taken back the one of this creation. Its token comes last: what carries it
/// has the value of this creation, too.
async fn take(new: &Secret, value: Option<Zeroizing<String>>, live: &Live, cx: &Context) -> Result<String> {
    let arn = required(live.arn.clone(), "ARN")?;
    let made = |error: Error| error.after_making(&arn);
    let described = cx.secrets.update_secret().secret_id(&arn).client_request_token(&cx.token);
    let described = described
        .description(new.description.as_deref().unwrap_or_default())
        // An empty one means the key of the account.
        .kms_key_id(new.kms_key_id.as_deref().unwrap_or_default())
        .set_secret_string(value.map(|value| value.to_string()));
    match described.send().await.map_err(Error::from) {
        // The interrupted attempt has generated another value under this token.
        Err(error) if error.code() == EXISTS => {}
        described => drop(described.map_err(made)?),
    }
    let wanted = cx.tags(&new.tags, |key, value| (key, value));
    let stale = live.tags.iter().flatten().filter_map(|tag| tag.key());
    let is_kept = |key: &str| key.starts_with("aws:") || key == RESTORING;
    let stale = stale.filter(|key| !is_kept(key) && !wanted.iter().any(|(wanted, _)| wanted == key));
    let untag = async |keys: Vec<String>| {
        let call = cx.secrets.untag_resource().secret_id(&arn).set_tag_keys(Some(keys));
        call.send().await.map_err(Error::from).map_err(made)
    };
    let stale: Vec<_> = stale.map(str::to_owned).collect();
    if !stale.is_empty() {
        untag(stale).await?;
    }
    let wanted = wanted.into_iter().map(|(key, value)| tag(key, value)).collect();
    let call = cx.secrets.tag_resource().secret_id(&arn).set_tags(Some(wanted));
    call.send().await.map_err(Error::from).map_err(made)?;
    untag(vec![RESTORING.to_owned()]).await?;
    Ok(arn)
}

/// The key, which DescribeSecret leaves out where it is the account's own.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html>
fn declared_key(declared: Option<&str>, live: Option<String>) -> Option<String> {
    let own = declared.filter(|key| key.ends_with("alias/aws/secretsmanager"));
    kms::as_declared(declared, live.or(own.map(str::to_owned)))
}

/// A value, made as CloudFormation makes it.
async fn generate(cx: &Context, how: &GenerateSecretString) -> Result<Zeroizing<String>> {
    let answer = cx
        .secrets
        .get_random_password()
        .set_exclude_characters(how.exclude_characters.clone())
        .set_exclude_lowercase(how.exclude_lowercase)
        .set_exclude_numbers(how.exclude_numbers)
        .set_exclude_punctuation(how.exclude_punctuation)
        .set_exclude_uppercase(how.exclude_uppercase)
        .set_include_space(how.include_space)
        .set_password_length(how.password_length)
        .set_require_each_included_type(how.require_each_included_type)
        .send()
        .await?;
    let password = Zeroizing::new(required(answer.random_password, "RandomPassword")?);
    match (&how.secret_string_template, &how.generate_string_key) {
        (None, None) => Ok(password),
        (Some(template), Some(key)) => {
            let mut object: Map<String, Json> = serde_json::from_str(template)
                .map_err(|error| Error::invalid(format!("SecretStringTemplate is not a JSON object: {error}")))?;
            object.insert(key.clone(), Json::String(password.to_string()));
            Ok(Zeroizing::new(Json::Object(object).to_string()))
        }
        _ => Err(Error::invalid("SecretStringTemplate and GenerateStringKey go together")),
    }
}

fn tag(key: String, value: String) -> Tag {
    Tag::builder().key(key).value(value).build()
}

async fn retag(changes: &Changes<'_, Secret>, cx: &Context, id: &str) -> Result<()> {
    let tags = changes.tags();
    if !tags.set.is_empty() {
        let set = tags.set.into_iter().map(|(key, value)| tag(key, value)).collect();
        cx.secrets.tag_resource().secret_id(id).set_tags(Some(set)).send().await?;
    }
    if !tags.removed.is_empty() {
        cx.secrets.untag_resource().secret_id(id).set_tag_keys(Some(tags.removed)).send().await?;
    }
    Ok(())
}
